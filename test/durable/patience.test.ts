/** Waiting at most so long: with a timer that goes off when the test says so. */

import { describe, expect, it } from "vitest";
import { atMost, type StartTimer } from "../../src/durable/patience.ts";

function clockwork(): { readonly start: StartTimer; readonly asked: number[]; cancelled: number; goOff(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = {
    asked: [] as number[],
    cancelled: 0,
    goOff: () => resolve(),
    start: (ms: number) => {
      timer.asked.push(ms);
      return { over: promise, cancel: () => void (timer.cancelled += 1) };
    },
  };
  return timer;
}

describe("waiting at most so long", () => {
  it("answers what the work answers, and leaves no timer", async () => {
    const timer = clockwork();
    expect(await atMost(70, timer.start, async () => "done")).toBe("done");
    expect([timer.asked, timer.cancelled]).toEqual([[70], 1]);
  });

  it("fails as the work fails, also where it fails at once, and leaves no timer", async () => {
    const timer = clockwork();
    await expect(atMost(70, timer.start, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    const fails = (): Promise<never> => {
      throw new Error("at once");
    };
    await expect(atMost(70, timer.start, fails)).rejects.toThrow("at once");
    expect(timer.cancelled).toBe(2);
  });

  it("says so when it is late, tells the work, and hears of no later failure", async () => {
    const timer = clockwork();
    const { promise, reject } = Promise.withResolvers<never>();
    const told: (() => boolean)[] = [];
    const waited = atMost(70, timer.start, (late) => {
      told.push(late);
      return promise;
    });
    expect(told.map((isLate) => isLate())).toEqual([false]);
    timer.goOff();
    expect(await waited).toBe("late");
    expect([...told.map((isLate) => isLate()), timer.cancelled]).toEqual([true, 1]);
    reject(new Error("long after"));
    await promise.catch(() => undefined);
  });
});
