/** Random lives of a license: what devices, the vendor, the alarm and the clock may do, one after the other. */

import * as fc from "fast-check";

import type { EndStep, Range } from "../../src/domain/seats/activation-view.ts";
import { yes, type Outcome } from "../../src/domain/outcome.ts";
import type { World } from "./world.ts";

export type Move =
  /** `count` devices from number `first` on, each with a longer wish than the one before. */
  | {
      readonly kind: "activate";
      readonly first: number;
      readonly count: number;
      readonly wish: number;
      readonly step: number;
    }
  /** `count` sessions from the `nth` on, around the list. */
  | { readonly kind: "renew" | "check-in" | "check-out" | "look" | "end"; readonly nth: number; readonly count: number }
  /** The vendor ends those that were made between so many seconds ago. */
  | { readonly kind: "end-time"; readonly from: number; readonly below: number }
  | { readonly kind: "limit"; readonly limit: number }
  | { readonly kind: "release"; readonly release: "at-once" | "after-token" }
  | { readonly kind: "revoke" | "restore" | "suspend" | "lift" | "renew-license" | "tidy" | "view" | "evict" }
  /** The machine's clock moves by so many seconds, back too. */
  | { readonly kind: "pass"; readonly seconds: number };

export type MoveKind = Move["kind"];

/** One device's wish (s) within an `activate`. */
export function wishOf(move: Extract<Move, { kind: "activate" }>, index: number): number {
  return move.wish + index * move.step;
}

/** The sessions that a move means, of all that were ever granted, in the order of their births. */
export function meant<T>(sessions: readonly T[], nth: number, count: number): readonly T[] {
  const from = sessions.length === 0 ? 0 : nth % sessions.length;
  return [...sessions, ...sessions].slice(from, from + Math.min(count, sessions.length));
}

const few = fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 90 }));
const nth = fc.nat(400);

const activations = fc.record({
  kind: fc.constant("activate" as const),
  first: fc.nat(120),
  count: few,
  wish: fc.integer({ min: 1, max: 4000 }),
  step: fc.integer({ min: 0, max: 60 }),
});
const sessionMoves = fc.record({
  kind: fc.constantFrom("renew" as const, "check-in" as const, "check-out" as const, "look" as const, "end" as const),
  nth,
  count: few,
});
const times = fc.record({
  kind: fc.constant("end-time" as const),
  from: fc.nat(6000),
  below: fc.integer({ min: -10, max: 3000 }),
});
const limits = fc.record({
  kind: fc.constant("limit" as const),
  limit: fc.oneof(fc.integer({ min: -1, max: 4 }), fc.nat(150)),
});
const releases = fc.record({
  kind: fc.constant("release" as const),
  release: fc.constantFrom("at-once" as const, "after-token" as const),
});
const others = fc.record({
  kind: fc.constantFrom(
    "revoke" as const,
    "restore" as const,
    "restore" as const,
    "suspend" as const,
    "lift" as const,
    "lift" as const,
    "renew-license" as const,
    "tidy" as const,
    "view" as const,
    "evict" as const,
  ),
});
const passes = fc.record({
  kind: fc.constant("pass" as const),
  seconds: fc.oneof(
    fc.integer({ min: 0, max: 90 }),
    fc.integer({ min: 0, max: 5000 }),
    fc.integer({ min: -3000, max: 0 }),
  ),
});

/** At most so many moves. */
export function lives(most: number): fc.Arbitrary<readonly Move[]> {
  const move: fc.Arbitrary<Move> = fc.oneof(
    { weight: 5, arbitrary: activations },
    { weight: 5, arbitrary: sessionMoves },
    { weight: 4, arbitrary: passes },
    { weight: 1, arbitrary: limits },
    { weight: 1, arbitrary: times },
    { weight: 1, arbitrary: releases },
    { weight: 2, arbitrary: others },
  );
  return fc.array(move, { maxLength: most, size: "max" });
}

/** Makes the move; new sessions are added to `sessions`. Answers what the callers were told. */
export function play(world: World, move: Move, sessions: string[]): readonly unknown[] {
  switch (move.kind) {
    case "activate":
      return Array.from({ length: move.count }, (_, index) => {
        const answer = world.activate(`device ${move.first + index}`, { requestedLeaseSeconds: wishOf(move, index) });
        if (answer.ok && !sessions.includes(answer.value.activationId)) sessions.push(answer.value.activationId);
        return answer;
      });
    case "renew":
      return meant(sessions, move.nth, move.count).map((id) => world.renew(id));
    case "check-in":
      return meant(sessions, move.nth, move.count).map((id) => world.checkIn(id));
    case "check-out":
      return meant(sessions, move.nth, move.count).map((id) => world.checkOut(id));
    case "look":
      return meant(sessions, move.nth, move.count).map((id) => world.look(id));
    case "end":
      return meant(sessions, move.nth, move.count).map((id) => world.endActivation(id));
    case "end-time":
      return endAll(world, { from: world.clock - move.from * 1000, below: world.clock - move.below * 1000 });
    case "limit":
      return [world.patch({ allowedActivations: move.limit })];
    case "release":
      return [world.patch({ seatRelease: move.release })];
    case "revoke":
    case "restore":
      return [world.patch({ revoked: move.kind === "revoke" })];
    case "suspend":
    case "lift":
      return [world.patch({ suspended: move.kind === "suspend" })];
    case "renew-license":
      return [world.renewLicense()];
    case "tidy":
      world.tidy();
      return [];
    case "view":
      return [world.view()];
    case "evict":
      world.evict();
      return [];
    case "pass":
      world.clock += move.seconds * 1000;
      return [];
  }
}

/** All steps, each a yes. */
function endAll(world: World, created: Range): readonly Outcome<EndStep>[] {
  const steps = [world.endActivations({ created })];
  for (let next = steps[0]?.next ?? null; next !== null; next = steps.at(-1)?.next ?? null) {
    steps.push(world.endActivations({ created, cursor: next }));
  }
  return steps.map(yes);
}
