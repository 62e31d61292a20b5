/**
 * Random sends, repetitions, other bodies, clock jumps and evictions against an oracle that knows MGMT-4 and nothing
 * else, over maps and over the object's SQL.
 */

import * as fc from "fast-check";
import { expect, it } from "vitest";

import type { Changed, Grant } from "../../src/domain/license/calls.ts";
import type { Activation, Ledger, IdempotencyCounts } from "../../src/domain/turn/ledger.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { MOST_RECORDS } from "../../src/domain/commands/idempotency.ts";
import { isLive } from "../../src/domain/seats/seats.ts";
import { CREATED, DAY, license } from "../domain/samples.ts";
import { keyed, World } from "../support/world.ts";
import { mapSubject, sqlSubject, type Subject } from "./subjects.ts";

const HOUR = 3_600_000;
/** Seconds. */
const PERIOD = 40 * 86_400;

type Move =
  | { readonly kind: "renew" | "extend"; readonly key: number; readonly body: number }
  | { readonly kind: "activate"; readonly key: number; readonly device: number }
  | { readonly kind: "check-out"; readonly device: number }
  | { readonly kind: "plain-renew" | "evict" | "tidy" }
  | { readonly kind: "clock"; readonly by: number };

const key = fc.integer({ min: 0, max: 1 });
const small = fc.integer({ min: 0, max: 1 });
const jumps = [1, 1000, HOUR, 11 * HOUR, DAY - 1, DAY, DAY + 1, 3 * DAY, -HOUR];

const moves: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom("renew", "extend"), key, body: small }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("activate"), key, device: small }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("check-out"), device: small }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("plain-renew", "evict", "tidy") }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("clock"), by: fc.constantFrom(...jumps) }) },
  ) as fc.Arbitrary<Move>,
  { maxLength: 60 },
);

interface Known {
  readonly at: number;
  readonly body: number;
  readonly answer: unknown;
}

class Oracle {
  /** ms that were added. */
  added = 0;
  readonly #known = new Map<string, Known>();
  readonly #room: number;

  /** `room`: live records in either budget. */
  constructor(room: number) {
    this.#room = room;
  }

  /** Whether the budget of this name has room for one more. */
  hasRoom(name: string, now: number): boolean {
    const isActivation = name.startsWith("activate");
    const live = [...this.#known].filter(
      ([other, { at }]) => other.startsWith("activate") === isActivation && at > now - DAY,
    );
    return live.length < this.#room;
  }

  /** What a call under this name must come to: its effect, the kept answer, or a refusal. */
  expects(name: string, body: number, now: number): "effect" | "reused" | Known {
    const known = this.#known.get(name);
    if (known === undefined || known.at <= now - DAY) return "effect";
    return known.body === body ? known : "reused";
  }

  keeps(name: string, known: Known): void {
    this.#known.set(name, known);
  }
}

class Run {
  readonly #world: World;
  readonly #oracle: Oracle;
  readonly #sessions = new Map<number, string>();

  constructor({ ledger }: Subject, room: number) {
    fillUpTo(room, ledger);
    this.#world = new World(ledger, CREATED + 1000);
    this.#oracle = new Oracle(room);
  }

  make(move: Move): void {
    const world = this.#world;
    if (move.kind === "renew") this.#lengthen(`renew ${move.key}`, move.body, PERIOD * 1000);
    else if (move.kind === "extend") this.#lengthen(`extend ${move.key}`, move.body, (move.body + 1) * 1000);
    else if (move.kind === "activate") this.#activate(`activate ${move.key}`, move.device);
    else if (move.kind === "check-out") world.checkOut(this.#sessions.get(move.device) ?? "none");
    else if (move.kind === "evict") world.evict();
    else if (move.kind === "tidy") world.tidy();
    else if (move.kind === "clock") world.clock += move.by;
    else if (world.renewLicense().ok) this.#oracle.added += PERIOD * 1000;
    const end = world.glimpse(({ license: { terms } }) => terms.end?.anchorAt);
    expect(end).toBe(CREATED + PERIOD * 1000 + this.#oracle.added);
  }

  #lengthen(name: string, body: number, adds: number): void {
    const world = this.#world;
    const now = world.glimpse((turn) => turn.now);
    const expected = this.#oracle.expects(name, body, now);
    const idempotency = keyed(name, body);
    const outcome: Outcome<Changed> = name.startsWith("renew")
      ? world.renewLicenseOnce(idempotency)
      : world.extendLicenseOnce(idempotency, body + 1);
    if (expected === "reused") return expect(outcome).toMatchObject({ refusal: { code: "idempotency-key-reused" } });
    if (expected !== "effect") return expect(outcome).toEqual({ ok: true, value: expected.answer });
    if (!this.#oracle.hasRoom(name, now)) {
      return expect(outcome).toMatchObject({ refusal: { code: "too-many-requests" } });
    }
    expect(outcome.ok).toBe(true);
    this.#oracle.added += adds;
    this.#oracle.keeps(name, { at: now, body, answer: outcome.ok ? outcome.value : null });
  }

  #activate(name: string, device: number): void {
    const world = this.#world;
    const now = world.glimpse((turn) => turn.now);
    const expected = this.#oracle.expects(name, device, now);
    const before = world.rows();
    const resumable = before.find(
      (row) => row.id === this.#sessions.get(device) && world.glimpse((turn) => isLive(turn, row)),
    );
    const outcome = world.activateOnce(keyed(name, device), `device ${device}`);
    if (expected === "reused") return expect(outcome).toMatchObject({ refusal: { code: "idempotency-key-reused" } });
    if (expected !== "effect") return this.#repeated(expected, outcome, before.length);
    if (!this.#oracle.hasRoom(name, now)) return this.#unkept(resumable, outcome, before.length);
    if (!outcome.ok) return expect(["seats-exhausted", "license-expired"]).toContain(outcome.refusal.code);
    expect(outcome.value.repeated).toBeUndefined();
    this.#sessions.set(device, outcome.value.activationId);
    this.#oracle.keeps(name, { at: now, body: device, answer: outcome.value.activationId });
  }

  /** A device that is there is served, and no other. */
  #unkept(resumable: Activation | undefined, outcome: Outcome<Grant>, rowsBefore: number): void {
    expect(this.#world.rows().length).toBeLessThanOrEqual(rowsBefore);
    if (outcome.ok || resumable !== undefined) {
      const resumed = { activationId: resumable?.id, generation: Number(resumable?.generation) + 1 };
      return expect(outcome).toMatchObject(outcome.ok ? { value: resumed } : { refusal: { code: "license-expired" } });
    }
    expect(["too-many-requests", "license-expired"]).toContain(outcome.refusal.code);
  }

  /** The same session, with the lease that it has; or it has ended, for good. */
  #repeated({ answer }: Known, outcome: Outcome<Grant>, rowsBefore: number): void {
    const row = this.#world.rows().find(({ id }) => id === answer);
    expect(this.#world.rows().length).toBeLessThanOrEqual(rowsBefore);
    if (!outcome.ok) {
      expect(["activation-ended", "license-expired"]).toContain(outcome.refusal.code);
      if (outcome.refusal.code === "activation-ended") expect(row).toBeUndefined();
      return;
    }
    expect(outcome.value).toMatchObject({ activationId: answer, repeated: true, leaseExpiresAt: row?.leaseEnd });
    expect(row).toMatchObject({ generation: outcome.value.generation, tokenRefreshAt: outcome.value.token.refreshAt });
  }
}

/** From now on the ledger counts as many records more as leave so much room in either budget. */
function fillUpTo(room: number, { idempotency: records }: Ledger): void {
  const since = records.since.bind(records);
  const more = ({ live, oldestAt }: IdempotencyCounts["vendor"]) => ({ live: live + MOST_RECORDS - room, oldestAt });
  records.since = (after) => {
    const { devices, vendor } = since(after);
    return { devices: more(devices), vendor: more(vendor) };
  };
}

it.each([
  ["maps", mapSubject, MOST_RECORDS, 600],
  ["SQLite", sqlSubject, MOST_RECORDS, 150],
  ["full maps", mapSubject, 1, 600],
  ["full SQLite", sqlSubject, 1, 150],
] as const)(
  "MGMT-4: over %s, no order of sends, clock jumps and evictions makes an effect twice",
  (_, open, room, numRuns) => {
    const first = license({ type: "hosted-floating", leaseDuration: 7200, allowedActivations: 2, validity: PERIOD });
    const live = (made: readonly Move[]) => {
      const run = new Run(open(first), room);
      for (const move of made) run.make(move);
    };
    fc.assert(fc.property(moves, live), { numRuns });
  },
);
