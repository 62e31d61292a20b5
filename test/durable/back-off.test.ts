/** Waits between tries: the figures that both objects go by. */

import { describe, expect, it } from "vitest";
import { BackOff } from "../../src/durable/back-off.ts";

function waits(backOff: BackOff, failures: number): readonly number[] {
  return Array.from({ length: failures }, () => backOff.failed(1_000_000) - 1_000_000);
}

describe("a back-off", () => {
  it("EVT-3: waits five seconds, then twice as long each time, five minutes at most", () => {
    expect(waits(new BackOff(), 8)).toEqual([5, 10, 20, 40, 80, 160, 300, 300].map((seconds) => seconds * 1000));
    expect(waits(new BackOff(30_000), 5)).toEqual([30, 60, 120, 240, 300].map((seconds) => seconds * 1000));
  });

  it("EVT-3: lets nothing be tried before its time", () => {
    const backOff = new BackOff();
    expect([backOff.retryAt, backOff.mayTry(0)]).toEqual([null, true]);
    expect(backOff.failed(100)).toBe(5100);
    expect([backOff.retryAt, backOff.mayTry(5099), backOff.mayTry(5100)]).toEqual([5100, false, true]);
  });

  it("EVT-3: begins anew after a success, but not where a wait was merely lifted", () => {
    const backOff = new BackOff();
    waits(backOff, 3);
    backOff.lift();
    expect([backOff.retryAt, backOff.mayTry(0)]).toEqual([null, true]);
    expect(waits(backOff, 1)).toEqual([40_000]);
    backOff.passed();
    expect(backOff.mayTry(0)).toBe(false);
    expect(waits(backOff, 1)).toEqual([5000]);
  });
});
