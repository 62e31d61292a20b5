/**
 * The simulator: a fixed set of seeds and a fresh one break none of the rules that
 * test/models/simulator/invariants.ts says in words, and everything that can happen did.
 */

import { describe, expect, it } from "vitest";

import { simulate } from "./simulate.ts";

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];
const EVENTS = 12_000;

/** Must have happened somewhere in the fixed seeds: kind, and what. */
const MUST_HAPPEN: readonly (readonly [string, readonly string[]])[] = [
  ["steps", ["evict", "jump", "leap", "exact", "d1", "setBack", "snapshot", "lateBatch", "email", "create"]],
  ["network", ["late", "twice", "reply-lost", "lost"]],
  ["faults", ["crash-before", "crash-after", "throw", "token not signed", "D1 set back"]],
  ["alarms", ["alarm", "alarm early", "doubleAlarm", "loseAlarm"]],
  ["batches", ["waits", "shown", "well", "flying", "before", "after", "late", "applied late"]],
  ["reservations", ["well", "before", "after"]],
  ["removals", ["well", "before"]],
  [
    "activate",
    [
      "yes",
      "seats-exhausted",
      "device-already-activated",
      "license-revoked",
      "license-suspended",
      "license-expired",
      "license-not-yet-effective",
      "license-unknown",
      "authentication-required",
      "wrong-user",
      "email-not-verified",
      "invalid-member",
      "not-session-owner",
      "product-mismatch",
      "country-not-allowed",
      "ip-address-not-allowed",
      "vm-not-allowed",
      "container-not-allowed",
      "version-not-allowed",
      "uses-exhausted",
      "idempotency-key-reused",
      "activation-ended",
      "no answer",
    ],
  ],
  [
    "sync",
    [
      "yes",
      "wrong-key",
      "license-revoked",
      "license-not-yet-effective",
      "session-unknown",
      "not-session-owner",
      "fingerprint-mismatch",
      "invalid-member",
      "authentication-required",
      "wrong-user",
      "country-not-allowed",
      "container-not-allowed",
      "version-not-allowed",
      "uses-exhausted",
    ],
  ],
  [
    "count",
    [
      "yes",
      "uses-exhausted",
      "meter-unknown",
      "session-unknown",
      "not-session-owner",
      "idempotency-key-reused",
      "activation-ended",
    ],
  ],
  ["reset", ["yes", "meter-unknown"]],
  ["maintain", ["yes", "invalid-member"]],
  ["repeated", ["activate", "count"]],
  ["keyed", ["reset", "maintain", "renew-license"]],
  ["deactivate", ["yes", "not-session-owner", "fingerprint-mismatch", "deactivation-limit-reached"]],
  ["seats", ["per-instance", "per-user", "alike", "on behalf", "above the limit", "of an ended license"]],
  ["renew", ["yes", "session-unknown", "not-session-owner", "fingerprint-mismatch", "license-suspended"]],
  ["check-in", ["yes", "credentials-required", "license-expired"]],
  ["check-out", ["yes", "deactivation-limit-reached", "session-unknown"]],
  ["look", ["yes", "session-unknown"]],
  ["patch", ["yes", "activations-live", "invalid-member", "already-exists"]],
  ["renew-license", ["yes", "license-perpetual", "no-period", "license-revoked"]],
  ["email", ["yes"]],
  ["view", ["yes"]],
  ["delete", ["yes"]],
  ["end", ["yes", "session-unknown"]],
  ["end-time", ["yes"]],
];

const RULES =
  "CLOCK-1, KEY-2, DEL-1, EXP-1, EXP-2, EXP-3, EXP-4, EXP-5, EXP-6, EXP-7, EXP-9, EXP-11, STAND-1, STAND-2, STAND-3, STAND-4, FP-1, SEAT-1, SEAT-2, SEAT-3, SEAT-4, SEAT-5, SEAT-8, SEAT-9, SEAT-10, LEASE-1, LEASE-3, LEASE-4, LEASE-5, AUTH-3, AUTH-4, AUTH-6, AUTH-7, CNT-1, SNAP-1, NET-1, REL-1, MAINT-1, MAINT-2, METER-1, MGMT-4, TOK-3, TOK-6, EVT-1, EVT-3, MGMT-2, OPS-1";

describe(`under a virtual clock, with everything failing: ${RULES}`, () => {
  const runs = SEEDS.map((seed) => ({ seed, run: () => simulate(seed, EVENTS) }));
  const happened = new Map<string, number>();

  it.for(runs)("seed $seed breaks no rule", ({ run }) => {
    const { broken, counts } = run();
    expect(broken ?? "").toBe("");
    for (const [kind, whats] of MUST_HAPPEN) {
      for (const what of whats) {
        const name = `${kind}: ${what}`;
        happened.set(name, (happened.get(name) ?? 0) + counts.of(kind, what));
      }
    }
  });

  it("everything that may happen has happened", () => {
    const never = [...happened].flatMap(([name, count]) => (count === 0 ? [name] : []));
    expect(never).toEqual([]);
  });

  it("a fresh seed breaks no rule", () => {
    const seed = 1_000_000 + (Date.now() % 1_000_000_000);
    console.log(`fresh seed ${seed}`);
    expect(simulate(seed, 2 * EVENTS).broken ?? "").toBe("");
  });

  it("a seed replays exactly", () => {
    const [one, other] = [simulate(11, 3000), simulate(11, 3000)];
    expect(one.counts.lines()).toEqual(other.counts.lines());
    expect(one.counts.lines().length).toBeGreaterThan(5);
  });
});
