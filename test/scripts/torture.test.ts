/** What the torture finds, on histories and files made by hand: its own runs must find nothing. */

import { describe, expect, it } from "vitest";

import { Claim } from "../../scripts/torture/claim.ts";
import { Dossier, type Session } from "../../scripts/torture/dossier.ts";
import { type Stored, unrest } from "../../scripts/torture/storage.ts";
import { eventFaults } from "../../scripts/torture/told.ts";
import { tornIn } from "../../scripts/torture/torn.ts";

const ID = "00000000-0000-8001-8000-000000000001";

describe("a claim", () => {
  it("allows what is sure, and what was sent since and given up", () => {
    const claim = new Claim(1);
    claim.doubt(2);
    expect([1, 2, 3].map((value) => claim.allows(value))).toEqual([true, true, false]);
    claim.settle(3);
    expect([1, 2, 3].map((value) => claim.allows(value))).toEqual([false, false, true]);
  });
});

describe("seats granted above the limit", () => {
  /** `grantedBy`: of v3, whose token does not tell the instant. */
  function session(id: string, grantedFrom: number, leaseEnd = Infinity, grantedBy = grantedFrom): Session {
    const unused = { device: id, token: "", checkOutSentAt: Infinity, checkedOut: false };
    return { ...unused, id, grantedFrom, grantedBy, provedAt: grantedFrom, leaseEnd };
  }

  function overIssued(sessions: readonly Session[], change: (dossier: Dossier) => void = () => undefined): string[] {
    const dossier = new Dossier("order", "key", 1);
    for (const each of sessions) dossier.sessions.set(each.id, each);
    change(dossier);
    return dossier.overIssued().map(({ id }) => id);
  }

  it("SEAT-1: are found where the one before surely held its seat", () => {
    expect(overIssued([session("a", 10), session("b", 20)])).toEqual(["b"]);
    expect(overIssued([session("a", 10, 20), session("b", 20)])).toEqual([]);
    expect(overIssued([session("a", 10, 21), session("b", 20)])).toEqual(["b"]);
  });

  it("SEAT-1: are found between two instants only where the one before surely held it all the while", () => {
    expect(overIssued([session("a", 10), session("b", 20, Infinity, 25)])).toEqual(["b"]);
    expect(overIssued([session("a", 10, 24), session("b", 20, Infinity, 25)])).toEqual([]);
    expect(overIssued([session("a", 10, Infinity, 20), session("b", 20, Infinity, 25)])).toEqual([]);
  });

  it("SEAT-1: are not what a check-out, a revocation or another limit may have allowed", () => {
    const two = () => [session("a", 10), session("b", 20)];
    const checkedOut = [{ ...session("a", 10), checkOutSentAt: 15 }, session("b", 20)];
    expect(overIssued(checkedOut)).toEqual([]);
    expect(overIssued(two(), ({ revocations }) => revocations.push({ sentAt: 15, doneAt: 17, at: null }))).toEqual([]);
    expect(overIssued(two(), ({ revocations }) => revocations.push({ sentAt: 5, doneAt: 9, at: 9 }))).toEqual(["b"]);
    expect(overIssued(two(), ({ limits }) => limits.push({ value: 2, sentAt: 20, doneAt: Infinity }))).toEqual([]);
    expect(overIssued(two(), ({ limits }) => limits.push({ value: 2, sentAt: 21, doneAt: 22 }))).toEqual(["b"]);
  });

  it("SEAT-1: are found where a session was proved alive after the check-out that was given up", () => {
    const kept = { ...session("a", 10), checkOutSentAt: 15, provedAt: 25 };
    expect(overIssued([kept, session("b", 20)])).toEqual(["b"]);
  });
});

describe("what is stored", () => {
  const EVENT = { id: "e1", type: "activation.created", subject_id: ID, sequence: 1, request_id: "", body: "{}" };
  const TERMS = '{"externalReference":"order"}';
  const CREATED = { ...EVENT, id: "e0", type: "license.created", sequence: 0 };
  const WHOLE: Stored = {
    licenses: [
      {
        ...{ id: ID, key: "K", revision: 1, terms: TERMS, fence: 1, user_id: null },
        ...{ total_activations: 1, total_deactivations: 0 },
      },
    ],
    keys: [{ key: "K", license_id: ID }],
    references: [{ reference: "order", license_id: ID }],
    activations: [{ id: "a1", license_id: ID }],
    events: [CREATED, EVENT],
    deleted: [],
    users: [],
    waiting: 0,
    objects: [
      {
        file: "object",
        license: { id: ID, key: "K", birth_key: "K", revision: 1, terms: TERMS },
        tally: {
          ...{ activations_taken: 1, seats_taken: 1, deactivations: 0, dead_upto: 0, next_seq: 2 },
          ...{ event_seq: 1, fence: 1, fence_confirmed: 1 },
        },
        activations: [{ seq: 1, id: "a1", lease_end: null, released: 0, owner: null }],
        blocks: [],
        tombstones: [],
        references: 0,
        outbox: 0,
        stuck: 0,
      },
    ],
  };
  const [OBJECT] = WHOLE.objects;
  if (OBJECT === undefined) throw new Error("there is one object");

  it("EVT-3: is whole where nothing is wrong", () => {
    expect(tornIn(WHOLE)).toEqual([]);
    expect(unrest(WHOLE, { sweeps: true })).toEqual([]);
  });

  it("SEAT-2: is whole where a person's devices share a seat, and torn where they are counted each", () => {
    const [row] = OBJECT.activations;
    const second = { ...row, seq: 2, id: "a2" };
    const sharing = (holders: readonly string[], seats: number): Stored => ({
      ...WHOLE,
      licenses: WHOLE.licenses.map((license) => ({ ...license, total_activations: 2 })),
      activations: [...WHOLE.activations, { id: "a2", license_id: ID }],
      objects: [
        {
          ...OBJECT,
          tally: { ...OBJECT.tally, activations_taken: 2, seats_taken: seats, next_seq: 3 },
          activations: [row, second].map((each, at) => ({ ...each, holder: holders[at] ?? null })),
        },
      ],
    });
    expect(tornIn(sharing(["una", "una"], 1))).toEqual([]);
    expect(tornIn(sharing(["una", "vic"], 2))).toEqual([]);
    expect(tornIn(sharing([], 2))).toEqual([]);
    expect(tornIn(sharing(["una", "una"], 2)).join()).toContain("1 seats, counted otherwise");
  });

  it.for<[string, Partial<Stored>, string]>([
    ["a count", { objects: [{ ...OBJECT, tally: { ...OBJECT.tally, seats_taken: 2 } }] }, "counted otherwise"],
    ["an event", { events: [CREATED] }, "D1's events"],
    ["an activation in D1", { activations: [] }, "D1's activations"],
    ["a key", { keys: [] }, "has no key"],
    ["a reference", { references: [] }, "has no reference"],
    ["the event of a creation", { events: [EVENT] }, "no event of its creation"],
    ["an object", { objects: [] }, "has lost its object"],
    ["the license of a key", { licenses: [], objects: [] }, "a key is left"],
    ["the counters of an object", { objects: [{ ...OBJECT, tally: null }] }, "without its counters"],
  ])("EVT-3: is torn without %s", ([, change, fault]) => {
    expect(tornIn({ ...WHOLE, ...change }).join("\n")).toContain(fault);
  });

  it("EVT-3: is restless while events, e-mails or a fence wait", () => {
    expect(unrest({ ...WHOLE, waiting: 1 }, { sweeps: false })).toHaveLength(1);
    expect(unrest({ ...WHOLE, objects: [{ ...OBJECT, outbox: 1 }] }, { sweeps: false })).toHaveLength(1);
    const behind = { ...OBJECT, tally: { ...OBJECT.tally, fence: 2 } };
    expect(unrest({ ...WHOLE, objects: [behind] }, { sweeps: false })).toHaveLength(1);
  });

  it("EVT-1: tells of every acknowledged change, each from where the one before ended", () => {
    const dossier = new Dossier("order", "K", 1);
    dossier.id = ID;
    const noted = (sequence: number, before: string | null, after: string) => ({
      ...{ id: `n${sequence}`, type: "license.updated", subject_id: ID, sequence, request_id: "" },
      body: JSON.stringify({ changes: { notes: { before, after } }, data: {} }),
    });
    const created = { ...CREATED, body: JSON.stringify({ changes: {}, data: {} }) };
    const faults = (...events: ReturnType<typeof noted>[]) =>
      eventFaults({ ...WHOLE, events: [created, ...events] }, [dossier]);
    dossier.acknowledgedNotes.add("second");
    expect(faults(noted(1, null, "first"), noted(2, "first", "second"))).toEqual([]);
    expect(faults(noted(1, null, "first"))).toHaveLength(1);
    expect(faults(noted(1, null, "lost"), noted(2, "first", "second"))).toHaveLength(1);
  });
});
