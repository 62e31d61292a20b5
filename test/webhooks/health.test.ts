/** HOOK-2: how a receiver is doing, and what that allows. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  allowance,
  asideUntil,
  failed,
  HEALTHY,
  isStrike,
  MOST_FAILURES,
  nextAttemptAt,
  passed,
  resumed,
  statusOf,
  suspended,
  type Health,
  type Launch,
  type Waiting,
} from "../../src/webhooks/health.ts";
import { SCHEDULE } from "../../src/webhooks/wire/schedule.ts";

const NOW = Date.UTC(2030, 0, 1);
const AT = { sentAt: NOW, now: NOW };

function fail(health: Health, eventId: string, launch: Launch, now = NOW, heldUntil: number | null = null): Health {
  return failed(health, { eventId, launch, now, sentAt: now, chance: 0, heldUntil });
}

describe("a receiver", () => {
  it("HOOK-2: that is healthy gets several at a time", () => {
    expect(allowance(HEALTHY, NOW)).toEqual({ send: "several" });
    expect(statusOf(HEALTHY)).toEqual({ status: "healthy", reason: null });
  });

  it("HOOK-2: after one failure is asked at once about another event, by the clock about the same", () => {
    const once = fail(HEALTHY, "a", "open");
    expect(statusOf(once).status).toBe("healthy");
    expect(allowance(once, NOW)).toEqual({ send: "one-untried" });
    expect(allowance(once, NOW + 4999)).toEqual({ send: "one-untried" });
    expect(allowance(once, NOW + 5000)).toEqual({ send: "one", which: "due" });
  });

  it("HOOK-2: is healthy again after one success", () => {
    const down = fail(fail(HEALTHY, "a", "open"), "b", "early");
    expect(passed(down, AT)).toEqual({ ...HEALTHY, lastSuccessAt: NOW, asOf: NOW });
  });

  it("HOOK-2: that refuses two events in a row is unhealthy and probed by the schedule, with any event", () => {
    let health = fail(fail(HEALTHY, "a", "open"), "b", "early");
    expect(statusOf(health)).toEqual({ status: "unhealthy", reason: null });
    let now = NOW;
    for (const wait of SCHEDULE) {
      expect(allowance(health, now)).toEqual({ send: "nothing" });
      expect(allowance(health, now + wait - 1)).toEqual({ send: "nothing" });
      now += wait;
      expect(allowance(health, now)).toEqual({ send: "one", which: "any" });
      expect(health.phase).toBe("failing");
      health = fail(health, "c", "scheduled", now);
    }
    expect(statusOf(health)).toEqual({ status: "suspended", reason: "failing" });
    expect(allowance(health, now + 365 * 86_400_000)).toEqual({ send: "nothing" });
  });

  it("HOOK-2: whose only event fails is suspended after ten tries, at the times of the schedule", () => {
    let health = fail(HEALTHY, "a", "open");
    let tries = 1;
    for (let now = NOW; health.phase !== "suspended"; tries += 1) {
      now = nextAttemptAt(health, { untried: false, inLine: false, asideAt: now }, now) ?? Number.NaN;
      expect(now).toBe(health.retryAt);
      health = fail(health, "a", "scheduled", now);
      expect(health.failures).toBe(tries + 1);
    }
    expect(tries).toBe(MOST_FAILURES);
  });

  it("HOOK-2: an answer says nothing of it where that to a later letter has come already", () => {
    const older = { sentAt: NOW - 1, now: NOW + 1 };
    const failing = fail(HEALTHY, "a", "open");
    expect(passed(failing, older)).toEqual({ ...failing, lastSuccessAt: NOW + 1 });
    const fine = passed(HEALTHY, AT);
    const late = { ...older, eventId: "a", launch: "open", chance: 0, heldUntil: null } as const;
    expect(failed(fine, late)).toEqual(fine);
    // The event moves aside all the same, and what the receiver asked for holds.
    expect(isStrike(fine, late)).toBe(true);
    expect(failed(fine, { ...late, heldUntil: NOW + 60_000 })).toEqual({ ...fine, heldUntil: NOW + 60_000 });
  });

  it("HOOK-2: what was on its way when the first one failed says nothing new", () => {
    const once = fail(HEALTHY, "a", "open");
    for (const id of ["b", "c", "d", "e", "f"]) expect(fail(once, id, "open")).toEqual(once);
    expect(passed(once, AT)).toEqual({ ...HEALTHY, lastSuccessAt: NOW, asOf: NOW });
  });

  it("HOOK-2: an event alone is to blame until another fails", () => {
    const once = fail(HEALTHY, "a", "open");
    const again = fail(once, "a", "scheduled", NOW + 5000);
    expect(again.blamed).toBe("a");
    // Hours later one that was never tried is still sent at once.
    expect(allowance(again, NOW + 6000)).toEqual({ send: "one-untried" });
    expect(fail(again, "b", "early", NOW + 6000).blamed).toBeNull();
    expect(fail(again, "b", "early", NOW + 6000).retryAt).toBe(again.retryAt);
  });

  it("HOOK-2: Retry-After holds everybody back, and shortens nothing", () => {
    const held = fail(HEALTHY, "a", "open", NOW, NOW + 60_000);
    expect(allowance(held, NOW + 59_999)).toEqual({ send: "nothing" });
    expect(allowance(held, NOW + 60_000)).toEqual({ send: "one", which: "due" });
    const short = fail(fail(HEALTHY, "a", "open"), "b", "early", NOW, NOW + 1000);
    expect(allowance(short, NOW + 4999)).toEqual({ send: "nothing" });
    expect(allowance(short, NOW + 5000)).toEqual({ send: "one", which: "any" });
    // Neither one that was on its way and passes ends it, nor is one forgotten that asks for more time.
    expect(allowance(passed(held, AT), NOW + 59_999)).toEqual({ send: "nothing" });
    expect(allowance(passed(held, AT), NOW + 60_000)).toEqual({ send: "several" });
    expect(allowance(fail(held, "b", "open", NOW, NOW + 90_000), NOW + 60_000)).toEqual({ send: "nothing" });
  });

  it("HOOK-2: that is suspended stays so until somebody asks, whatever still lands", () => {
    for (const reason of ["failing", "gone", "backlog-full"] as const) {
      const stopped = suspended(fail(HEALTHY, "a", "open"), reason);
      expect(statusOf(passed(stopped, AT))).toEqual({ status: "suspended", reason });
      expect(statusOf(fail(stopped, "b", "open"))).toEqual({ status: "suspended", reason });
      expect(resumed(passed(stopped, AT))).toEqual({ ...HEALTHY, lastSuccessAt: NOW, asOf: NOW, begun: 1 });
    }
  });
});

describe("an event", () => {
  it("HOOK-2: is charged with a failure among others, or as the only one, and not with its receiver's", () => {
    const failure = { ...AT, chance: 0, heldUntil: null };
    const once = fail(HEALTHY, "a", "open");
    expect(isStrike(HEALTHY, { ...failure, eventId: "a", launch: "open" })).toBe(true);
    expect(isStrike(once, { ...failure, eventId: "b", launch: "open" })).toBe(true);
    expect(isStrike(once, { ...failure, eventId: "a", launch: "scheduled" })).toBe(true);
    expect(isStrike(once, { ...failure, eventId: "b", launch: "early" })).toBe(false);
    const down = fail(once, "b", "early");
    expect(isStrike(down, { ...failure, eventId: "a", launch: "scheduled" })).toBe(false);
    expect(isStrike(HEALTHY, { ...failure, eventId: "a", launch: "open", heldUntil: NOW + 1 })).toBe(false);
  });

  it("HOOK-2: aside has a schedule of its own, and an end of it", () => {
    SCHEDULE.forEach((wait, index) => expect(asideUntil(index + 1, NOW, 0)).toBe(NOW + wait));
    expect(asideUntil(SCHEDULE.length + 1, NOW, 0)).toBeNull();
  });
});

const result = fc.record({
  eventId: fc.constantFrom("a", "b", "c"),
  launch: fc.constantFrom<Launch>("open", "early", "scheduled"),
  later: fc.integer({ min: 0, max: 100_000_000 }),
  chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  hold: fc.option(fc.integer({ min: 1, max: 86_400_000 })),
  passes: fc.boolean(),
});

describe("any life of a receiver", () => {
  it("HOOK-2: keeps what it promises", () => {
    fc.assert(
      fc.property(fc.array(result, { maxLength: 60 }), (results) => {
        let health = HEALTHY;
        let now = NOW;
        for (const { eventId, launch, later, chance, hold, passes } of results) {
          now += later;
          const before = health;
          const heldUntil = hold === null ? null : now + hold;
          health = passes
            ? passed(before, { sentAt: now, now })
            : failed(before, { eventId, launch, sentAt: now, now, chance, heldUntil });
          if (before.phase === "suspended") expect(health.phase).toBe("suspended");
          else if (passes) expect(health.phase).toBe("healthy");
          else expect(health.phase).not.toBe("healthy");
          if (health.phase === "failing" && heldUntil !== null && !passes) {
            expect(allowance(health, heldUntil - 1)).toEqual({ send: "nothing" });
          }
          expect(health.phase === "healthy").toBe(health.failures === 0);
          expect(health.step).toBeLessThanOrEqual(SCHEDULE.length);
          expect(health.reason === null).toBe(health.phase !== "suspended");
        }
      }),
    );
  });

  it("HOOK-2: the alarm rings when something may be sent, and not before", () => {
    const facts = fc.record({
      least: fc.constantFrom(null, 0, 3),
      aside: fc.option(fc.integer({ min: -5, max: 90_000_000 })),
    });
    fc.assert(
      fc.property(fc.array(result, { maxLength: 25 }), facts, (results, { least, aside }) => {
        let health = HEALTHY;
        let now = NOW;
        for (const { eventId, launch, later, chance, hold, passes } of results) {
          now += later;
          const heldUntil = hold === null ? null : now + hold;
          health = passes
            ? passed(health, { sentAt: now, now })
            : failed(health, { eventId, launch, sentAt: now, now, chance, heldUntil });
        }
        const waiting = { untried: least === 0, inLine: least !== null, asideAt: aside === null ? null : now + aside };
        const at = nextAttemptAt(health, waiting, now);
        if (at === null) {
          for (const ahead of [0, 1e6, 1e8, 1e12]) expect(maySend(health, waiting, now + ahead)).toBe(false);
        } else {
          expect(maySend(health, waiting, at)).toBe(true);
          if (at > now) expect(maySend(health, waiting, at - 1)).toBe(false);
          if (at > now) expect(maySend(health, waiting, now)).toBe(false);
        }
      }),
    );
  });
});

/** What the courier does with an allowance. */
function maySend(health: Health, { untried, inLine, asideAt }: Waiting, now: number): boolean {
  const allowed = allowance(health, now);
  const isDue = asideAt !== null && asideAt <= now;
  switch (allowed.send) {
    case "nothing":
      return false;
    case "several":
      return inLine || isDue;
    case "one-untried":
      return untried;
    case "one":
      return inLine || (allowed.which === "any" ? asideAt !== null : isDue);
  }
}
