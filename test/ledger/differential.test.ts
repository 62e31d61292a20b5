/** The same random life of a license over maps and over SQL: the same answers, and the same rows left behind. */

import * as fc from "fast-check";
import { expect, it } from "vitest";

import type { NewLicense } from "../../src/domain/license/creation.ts";
import { CREATED, license } from "../domain/samples.ts";
import { lives, play, type Move } from "../support/moves.ts";
import { World } from "../support/world.ts";
import { mapSubject, sqlSubject, type Subject } from "./subjects.ts";

const OFFLINE = { serverSyncInterval: 600, serverSyncGracePeriod: 1200 };
const KINDS: readonly Partial<NewLicense>[] = [
  { ...OFFLINE, type: "hosted-floating", leaseDuration: 900, allowClientLeaseDuration: true, maxLeaseDuration: 3600 },
  { ...OFFLINE, type: "hosted-floating", leaseDuration: 300, leaseGracePeriod: 600, seatRelease: "after-token" },
  { type: "node-locked", allowedDeactivations: 3, validity: 3600 },
  { type: "node-locked", expirationStrategy: "rolling", validity: 2000, seatRelease: "after-token" },
  { type: "node-locked", expirationStrategy: "delayed", validity: 4000, duplicateActivation: "reject" },
];

interface Life {
  readonly kind: Partial<NewLicense>;
  readonly limit: number;
  readonly moves: readonly Move[];
}

const life: fc.Arbitrary<Life> = fc.record({
  kind: fc.constantFrom(...KINDS),
  limit: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 50, max: 200 })),
  moves: lives(40),
});

interface Side {
  readonly world: World;
  readonly subject: Subject;
  readonly sessions: string[];
  /** Events' ids are random on either side: each stands as the place of its first appearance. */
  plain(told: unknown): unknown;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

function sideOf(subject: Subject): Side {
  const met = new Map<string, string>();
  const named = (id: string): string => {
    const name = met.get(id) ?? `id ${met.size}`;
    met.set(id, name);
    return name;
  };
  let born = 0;
  // LEASE-7: when a device should come back depends on its session's id, which has to be the same on either side.
  const newActivationId = () => `00000000-0000-8000-8000-${String((born += 1)).padStart(12, "0")}`;
  Object.defineProperty(subject.ledger, "newActivationId", { value: newActivationId });
  return {
    world: new World(subject.ledger, CREATED + 1000),
    subject,
    sessions: [],
    plain: (told) => JSON.parse(JSON.stringify(told).replaceAll(UUID, named)) as unknown,
  };
}

function left({ world, subject, plain }: Side): unknown {
  const { ledger } = world;
  const blocks = Array.from({ length: (ledger.tally().nextSeq >> 6) + 1 }, (_, block) => ledger.floor(block));
  const devices = Array.from({ length: 220 }, (_, number) => ledger.rollingMemory(ledger.digest(`device ${number}`)));
  return plain([ledger.license(), ledger.tally(), world.rows(), blocks, devices, ledger.renewals(), subject.outbox()]);
}

function liveThrough({ kind, limit, moves }: Life): void {
  const first = license({ ...kind, allowedActivations: limit });
  const sides = [sideOf(mapSubject(first)), sideOf(sqlSubject(first))] as const;
  for (const move of moves) {
    const [one, other] = sides.map((side) => side.plain(play(side.world, move, side.sessions)));
    expect(other).toEqual(one);
  }
  expect(left(sides[1])).toEqual(left(sides[0]));
}

it("the object's SQL and maps answer every life alike, and leave the same rows", { timeout: 60_000 }, () => {
  fc.assert(fc.property(life, liveThrough), { numRuns: 60 });
});
