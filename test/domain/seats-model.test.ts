/** Random lives of a license against a naive list of holders: seats, leases, holds and the clock. */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Grant } from "../../src/domain/license/calls.ts";
import type { NewLicense } from "../../src/domain/license/creation.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { look } from "../../src/domain/commands/follow-up.ts";
import { blockOf, inUse, isDead } from "../../src/domain/seats/seats.ts";
import { MapLedger } from "../support/map-ledger.ts";
import { lives, meant, play, wishOf, type Move } from "../support/moves.ts";
import { SeatModel, type Answer } from "../support/seat-model.ts";
import { CheckingWorld } from "../support/checking-world.ts";
import { sessionCall, type World } from "../support/world.ts";
import { license } from "./samples.ts";

const OFFLINE = { serverSyncInterval: 600, serverSyncGracePeriod: 1200 };
const LEASED: Partial<NewLicense> = {
  ...OFFLINE,
  type: "hosted-floating",
  leaseDuration: 900,
  allowClientLeaseDuration: true,
  maxLeaseDuration: 3600,
};
const UNLEASED: Partial<NewLicense> = { ...OFFLINE, type: "node-locked" };

interface Life {
  readonly leased: boolean;
  readonly limit: number;
  readonly afterToken: boolean;
  /** Seconds (LEASE-8). */
  readonly grace: number;
  /** Whether something counts after every move, so that counts are remembered between moves. */
  readonly watched: boolean;
  readonly moves: readonly Move[];
}

const life: fc.Arbitrary<Life> = fc.record({
  leased: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
  limit: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 50, max: 200 })),
  afterToken: fc.boolean(),
  grace: fc.constantFrom(0, 0, 300, 2000),
  watched: fc.boolean(),
  moves: lives(60),
});

/** SEAT-9. Of the limit, so that seeds keep the lives that they are known for. */
function overageOf(limit: number): number {
  return Math.max(0, limit) % 3;
}

function opened({ leased, limit, afterToken, grace }: Life): World {
  const members: Partial<NewLicense> = {
    ...(leased ? LEASED : UNLEASED),
    allowedActivations: limit,
    allowedOverage: overageOf(limit),
    leaseGracePeriod: grace,
    seatRelease: afterToken ? "after-token" : "at-once",
  };
  return new CheckingWorld(new MapLedger(license(members)));
}

function modelOf({ leased, limit, afterToken, grace }: Life): SeatModel {
  const lease = leased ? 900 : 0;
  return new SeatModel({ lease, longest: 3600, grace, offline: 1800, overage: overageOf(limit) }, limit, afterToken);
}

/** What the model says to a move, in the order of the answers. */
function foretold(model: SeatModel, move: Move, born: number, clock: number): readonly (Answer | null)[] {
  const sessions = Array.from({ length: born }, (_, index) => index);
  switch (move.kind) {
    case "activate":
      return Array.from({ length: move.count }, (_, index) =>
        model.activate(`device ${move.first + index}`, wishOf(move, index)),
      );
    case "renew":
    case "check-in":
      return meant(sessions, move.nth, move.count).map((session) =>
        model.contact(session, move.kind === "renew" ? "renew" : "check-in"),
      );
    case "check-out":
      return meant(sessions, move.nth, move.count).map((session) => model.checkOut(session));
    case "end":
      return meant(sessions, move.nth, move.count).map((session) => model.end(session));
    case "end-time":
      model.endTime(clock - move.from * 1000, clock - move.below * 1000);
      return [null];
    case "limit":
      model.limit = move.limit;
      return [null];
    case "release":
      model.setRule(move.release === "after-token");
      return [null];
    case "revoke":
      model.revoke();
      return [null];
    case "restore":
      model.revoked = false;
      return [null];
    case "suspend":
    case "lift":
      model.suspended = move.kind === "suspend";
      return [null];
    default:
      return [];
  }
}

function check(answer: Outcome<Partial<Grant>>, told: Answer, sessions: readonly string[], now: number): void {
  if ("granted" in told) {
    expect(answer).toMatchObject({ ok: true, value: { activationId: sessions[told.granted] } });
    // What checks in gets no token that would say so.
    if (answer.ok && answer.value.overLimit !== undefined) expect(answer.value.overLimit).toBe(told.over);
    const leaseEnd = answer.ok ? answer.value.leaseExpiresAt : null;
    if (leaseEnd !== undefined) expect(leaseEnd).toBe(told.end);
    return;
  }
  expect(answer.ok).toBe(false);
  if (answer.ok) return;
  if (told.refused === "unknown") expect(answer.refusal.code).toBe("session-unknown");
  if (told.refused === "standing") expect(["license-revoked", "license-suspended"]).toContain(answer.refusal.code);
  if (told.refused !== "full") return;
  expect(answer.refusal).toMatchObject({ code: "seats-exhausted", used: told.used });
  if (answer.refusal.code !== "seats-exhausted" || told.firstEnd === null) return;
  // SEAT-4: a lower bound, rounded up to whole seconds.
  expect(answer.refusal.retryAfterSeconds).toBeGreaterThanOrEqual(1);
  expect(answer.refusal.retryAfterSeconds).toBeLessThanOrEqual(Math.ceil((told.firstEnd - now) / 1000));
}

/** 0025-count-by-reading.md: a block but the youngest has a bound at or below the ends of its living rows. */
function checkFloors(world: World): void {
  const { nextSeq } = world.tally();
  for (let block = 0; block < blockOf(nextSeq - 1); block += 1) {
    const ends = world.glimpse((turn) =>
      turn.ledger.block(block).flatMap((row) => (isDead(turn, row) || row.leaseEnd === null ? [] : [row.leaseEnd])),
    );
    if (ends.length > 0) expect(world.ledger.floor(block) ?? Number.NaN).toBeLessThanOrEqual(Math.min(...ends));
  }
}

function liveThrough(story: Life): void {
  const world = opened(story);
  const model = modelOf(story);
  const sessions: string[] = [];
  for (const [nth, move] of story.moves.entries()) {
    // What an instance only answered is nowhere stored, what it did is: a change keeps the instant for the next one.
    if (move.kind === "evict") world.patch({ notes: `evicted ${nth}` });
    const born = sessions.length;
    const answers = play(world, move, sessions);
    const called = answers.length > 0 || move.kind === "tidy" || move.kind === "evict";
    if (called) model.at(world.clock);
    const told = foretold(model, move, born, world.clock);
    told.forEach((answer, index) => {
      if (answer !== null) check(answers[index] as Outcome<Partial<Grant>>, answer, sessions, model.now);
      else expect(answers[index]).toMatchObject({ ok: true });
    });
    const counted = model.counts();
    if (called) expect(world.glimpse(inUse)).toEqual(counted);
    if (called && story.watched) expect(world.run(inUse)).toEqual(counted);
    checkFloors(world);
  }
  world.patch({ revoked: false });
  model.at(world.clock);
  sessions.forEach((id, session) => {
    expect(world.glimpse((turn) => look(turn, sessionCall(id))).ok).toBe(model.live(session) !== undefined);
  });
}

describe("a license's seats", () => {
  it(
    "CALL-2, SEAT-1, SEAT-3, SEAT-5, SEAT-6, SEAT-9, SEAT-10, LEASE-1, LEASE-3, LEASE-4, LEASE-5, LEASE-8, CNT-1, CLOCK-1, STAND-2, STAND-3: mean what a naive list of holders means",
    { timeout: 60_000 },
    () => {
      fc.assert(fc.property(life, liveThrough), { numRuns: 400 });
    },
  );

  it("SEAT-10: do so in the lives that once told an unswept lapse by the rule of now", { timeout: 60_000 }, () => {
    fc.assert(fc.property(life, liveThrough), { numRuns: 400, seed: -1_905_576_237 });
  });

  it("SEAT-4, CALL-2: a check that counted before a lapse was met may say an earlier instant, never a later one", () => {
    liveThrough({
      leased: true,
      limit: 1,
      afterToken: false,
      grace: 0,
      watched: false,
      moves: [
        { kind: "limit", limit: 0 },
        { kind: "activate", first: 0, count: 1, wish: 1, step: 0 },
        { kind: "activate", first: 110, count: 2, wish: 61, step: 0 },
        { kind: "pass", seconds: 60 },
        { kind: "activate", first: 110, count: 1, wish: 1, step: 0 },
        { kind: "limit", limit: 1 },
        { kind: "renew", nth: 95, count: 1 },
        { kind: "activate", first: 0, count: 1, wish: 1, step: 0 },
      ],
    });
  });
});
