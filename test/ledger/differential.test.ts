/** The same random life of a license over maps and over SQL: the same answers, and the same rows left behind. */

import * as fc from "fast-check";
import { expect, it } from "vitest";

import type { NewLicense } from "../../src/domain/license/creation.ts";
import { CREATED, license } from "../domain/samples.ts";
import { lives, meant, play, type Move } from "../support/moves.ts";
import type { ActivateCall, CheckedOut, FollowUpCall, Grant } from "../../src/domain/license/calls.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { keyed, MANAGER, person, World } from "../support/world.ts";
import { mapSubject, sqlSubject, type Subject } from "./subjects.ts";

const OFFLINE = { serverSyncInterval: 600, serverSyncGracePeriod: 1200 };
const KINDS: readonly Partial<NewLicense>[] = [
  { ...OFFLINE, type: "hosted-floating", leaseDuration: 900, allowClientLeaseDuration: true, maxLeaseDuration: 3600 },
  { ...OFFLINE, type: "hosted-floating", leaseDuration: 300, leaseGracePeriod: 600, seatRelease: "after-token" },
  { type: "node-locked", allowedDeactivations: 3, validity: 3600 },
  { type: "node-locked", expirationStrategy: "rolling", validity: 2000, seatRelease: "after-token" },
  { type: "node-locked", expirationStrategy: "delayed", validity: 4000, duplicateActivation: "reject" },
  { ...OFFLINE, type: "hosted-floating", leaseDuration: 900, fingerprintMatchingStrategy: "loose" },
  { ...OFFLINE, type: "hosted-floating", leaseDuration: 600, leasingStrategy: "per-user", seatRelease: "after-token" },
  { ...OFFLINE, type: "hosted-floating", leaseDuration: 600, leasingStrategy: "per-instance" },
];

/** Four people whose devices have parts in common, and a vendor who acts on their sessions. */
class Crowd extends World {
  override activate(device: string, more: Partial<ActivateCall> = {}): Outcome<Grant> {
    const nth = Number(device.split(" ")[1]);
    const fingerprint = nth % 5 === 0 ? device : `disk=${nth >> 1};net=${nth >> 2};board=${nth >> 3};os=linux`;
    return super.activate(fingerprint, { principal: person(`nr. ${nth % 4}`), ...more });
  }

  override renew(activationId: string, more: Partial<FollowUpCall> = {}): Outcome<Grant> {
    return super.renew(activationId, { principal: MANAGER, ...more });
  }

  override checkOut(activationId: string, more: Partial<FollowUpCall> = {}): Outcome<CheckedOut> {
    return super.checkOut(activationId, { principal: MANAGER, ...more });
  }
}

/** v3's client calls and what they count, with idempotency keys: one after a move, or none (METER-1, MGMT-4). */
interface ClientMove {
  readonly kind: "activate" | "sync" | "count" | "deactivate" | "reset";
  readonly nth: number;
  readonly meter: "pages" | "tabs";
  readonly increment: number;
  /** A few keys, so that calls come again with them; null = none. */
  readonly key: number | null;
}

const METERS = ["pages", "tabs"].map((name) => ({
  ...{ id: name, name, allowedUses: 20, floating: name === "tabs", viewPermissions: ["activation"] },
}));

const clientMove: fc.Arbitrary<ClientMove> = fc.record({
  kind: fc.constantFrom(
    "activate" as const,
    "sync" as const,
    "count" as const,
    "deactivate" as const,
    "reset" as const,
  ),
  nth: fc.nat(40),
  meter: fc.constantFrom("pages" as const, "tabs" as const),
  increment: fc.integer({ min: -3, max: 6 }),
  key: fc.option(fc.nat(3)),
});

function playClient(world: World, move: ClientMove, sessions: string[]): unknown {
  const { kind, nth, meter, increment, key } = move;
  const [id = "nobody's"] = meant(sessions, nth, 1);
  const fingerprint = world.rows().find((row) => row.id === id)?.facts.fingerprint ?? "device 0";
  const uses = [{ name: meter, increment }];
  const idempotency = key === null ? null : keyed(`${kind} ${key}`);
  switch (kind) {
    case "activate": {
      const wish = { admitsEnded: true, uses };
      const answer =
        idempotency === null
          ? world.activate(`device ${nth}`, wish)
          : world.activateOnce(idempotency, `device ${nth}`, wish);
      if (answer.ok && !sessions.includes(answer.value.activationId)) sessions.push(answer.value.activationId);
      return answer;
    }
    case "sync":
      return world.sync(id, fingerprint, { principal: MANAGER, uses });
    case "count":
      return world.countUses(id, meter, increment, { principal: MANAGER, idempotency });
    case "deactivate":
      return world.deactivate(id, fingerprint, { principal: MANAGER });
    case "reset":
      return world.resetUses(meter, idempotency);
  }
}

interface Life {
  readonly kind: Partial<NewLicense>;
  readonly limit: number;
  readonly isCrowd: boolean;
  readonly moves: readonly Move[];
  readonly calls: readonly (ClientMove | null)[];
}

const life: fc.Arbitrary<Life> = fc.record({
  kind: fc.constantFrom(...KINDS),
  limit: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 50, max: 200 })),
  isCrowd: fc.boolean(),
  moves: lives(40),
  calls: fc.array(fc.option(clientMove), { minLength: 20, maxLength: 40 }),
});

interface Side {
  readonly world: World;
  readonly subject: Subject;
  readonly sessions: string[];
  /** Events' ids are random on either side: each stands as the place of its first appearance. */
  plain(told: unknown): unknown;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

function sideOf(subject: Subject, isCrowd: boolean): Side {
  const met = new Map<string, string>();
  const named = (id: string): string => {
    const name = met.get(id) ?? `id ${met.size}`;
    met.set(id, name);
    return name;
  };
  let born = 0;
  // LEASE-7: when a device should come back depends on its session's id, which has to be the same on either side.
  const newLocatedId = () => `00000000-0000-8000-8000-${String((born += 1)).padStart(12, "0")}`;
  Object.defineProperty(subject.ledger, "newLocatedId", { value: newLocatedId });
  return {
    world: isCrowd ? new Crowd(subject.ledger, CREATED + 1000) : new World(subject.ledger, CREATED + 1000),
    subject,
    sessions: [],
    plain: (told) => JSON.parse(JSON.stringify(told).replaceAll(UUID, named)) as unknown,
  };
}

function left({ world, subject, plain }: Side): unknown {
  const { ledger } = world;
  const blocks = Array.from({ length: (ledger.tally().nextSeq >> 6) + 1 }, (_, block) => ledger.floor(block));
  const devices = Array.from({ length: 220 }, (_, number) => ledger.rollingMemory(ledger.digest(`device ${number}`)));
  return plain([
    ledger.license(),
    ledger.tally(),
    world.rows(),
    ledger.meters.all(),
    blocks,
    devices,
    ledger.renewals(),
    subject.outbox(),
  ]);
}

function liveThrough({ kind, limit, isCrowd, moves, calls }: Life): void {
  const first = license({ ...kind, allowedActivations: limit, meterAttributes: METERS });
  const sides = [sideOf(mapSubject(first), isCrowd), sideOf(sqlSubject(first), isCrowd)] as const;
  for (const [at, move] of moves.entries()) {
    const call = calls[at] ?? null;
    const [one, other] = sides.map((side) => {
      const told = play(side.world, move, side.sessions);
      return side.plain([told, call === null ? null : (playClient(side.world, call, side.sessions) ?? null)]);
    });
    expect(other).toEqual(one);
  }
  expect(left(sides[1])).toEqual(left(sides[0]));
}

it(
  "METER-1, MGMT-4: the object's SQL and maps answer every life alike, and leave the same rows",
  { timeout: 60_000 },
  () => {
    fc.assert(fc.property(life, liveThrough), { numRuns: 45 });
  },
);
