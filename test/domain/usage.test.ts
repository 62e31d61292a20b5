/** Use of a license: seats, the most of a day, and refusals, without a write for each (USE-1). */

import { describe, expect, it } from "vitest";

import { noteDenial } from "../../src/domain/turn/denials.ts";
import { settlePeak, usageOf, type Usage } from "../../src/domain/seats/usage.ts";
import { CREATED, DAY, value } from "./samples.ts";
import { floating, HOUR, MINUTE, nodeLocked, START, type MapWorld } from "./worlds.ts";

const TODAY = Math.floor(START / DAY);

function usage(world: MapWorld, days = 30): Usage {
  return world.run((turn) => usageOf(turn, days));
}

function deny(world: MapWorld, times: number): void {
  for (let time = 0; time < times; time += 1) world.run((turn) => noteDenial(turn, "license-suspended"));
}

describe("denials", () => {
  it("USE-1: a flood of refusals is written once a minute, and nothing is lost", () => {
    const world = nodeLocked();
    deny(world, 1000);
    expect(world.maps.usage(0)).toEqual([]);
    world.pass(MINUTE);
    deny(world, 1);
    expect(world.maps.usage(0)).toEqual([{ day: TODAY, peak: 0, denials: { "license-suspended": 1001 } }]);
    deny(world, 5);
    expect(world.maps.usage(0)[0]?.denials).toEqual({ "license-suspended": 1001 });
    expect(usage(world).days[0]?.denials).toEqual({ "license-suspended": 1006 });
  });

  it("USE-1: what waits goes along with the next change", () => {
    const world = nodeLocked();
    deny(world, 3);
    value(world.activate("a"));
    expect(world.maps.usage(0)[0]?.denials).toEqual({ "license-suspended": 3 });
  });

  it("counts by the day and the reason", () => {
    const world = nodeLocked();
    deny(world, 2);
    world.pass(DAY);
    deny(world, 1);
    world.run((turn) => noteDenial(turn, "wrong-user"));
    expect(usage(world).days).toEqual([
      { day: TODAY + 1, peak: 0, denials: { "license-suspended": 1, "wrong-user": 1 } },
      { day: TODAY, peak: 0, denials: { "license-suspended": 2 } },
    ]);
    expect(usage(world, 1).days).toHaveLength(1);
  });
});

describe("the peak", () => {
  it("is the most seats at once of each day, those that were given back since included", () => {
    const world = floating({ allowedActivations: 10 });
    const sessions = ["a", "b", "c"].map((device) => value(world.activate(device)).activationId);
    for (const session of sessions) value(world.checkOut(session));
    value(world.activate("d"));
    expect(usage(world)).toEqual({ used: 1, limit: 10, days: [{ day: TODAY, peak: 3, denials: {} }] });
  });

  it("does not count seats that had lapsed, though nobody had swept them", () => {
    const world = floating({ allowedActivations: 10 });
    for (const device of ["a", "b", "c"]) value(world.activate(device));
    world.run((turn) => settlePeak(turn, "late"));
    world.pass(2 * HOUR);
    value(world.activate("d"));
    expect(usage(world).days[0]).toMatchObject({ peak: 3 });
    world.pass(DAY);
    value(world.activate("e"));
    expect(usage(world).days[0]).toMatchObject({ day: TODAY + 1, peak: 1 });
  });

  it("USE-1: is counted once a minute at most while seats are being taken, and the alarm counts the rest", () => {
    const world = floating({ allowedActivations: 100 });
    const settled = () => world.run((turn) => settlePeak(turn, "soon"));
    for (let device = 0; device < 50; device += 1) {
      value(world.activate(`device ${device}`));
      settled();
    }
    expect(world.maps.tally()).toMatchObject({ peakDay: TODAY, peakUsed: 1 });
    world.pass(MINUTE);
    settled();
    expect(world.maps.tally()).toMatchObject({ peakDay: TODAY, peakUsed: 50 });
    value(world.activate("one more"));
    world.tidy();
    expect(world.maps.tally()).toMatchObject({ peakDay: TODAY, peakUsed: 51 });
    expect(world.maps.usage(0)).toEqual([]);
  });

  it("USE-1: becomes a row when seats are granted on a later day, and is told of until then", () => {
    const world = floating({ allowedActivations: 10, allowedDeactivations: -1 });
    const one = value(world.activate("a")).activationId;
    value(world.activate("b"));
    world.tidy();
    deny(world, 1);
    world.pass(2 * DAY);
    const first = { day: TODAY, peak: 2, denials: { "license-suspended": 1 } };
    expect(usage(world).days).toEqual([{ day: TODAY + 2, peak: 0, denials: {} }, first]);
    expect(world.maps.usage(0)).toEqual([{ ...first, peak: 0 }]);
    // Nobody's memory is needed for it.
    const again = floating({ allowedActivations: 10 });
    again.maps.saveTally(world.maps.tally());
    expect(usage(again).days).toEqual([{ day: TODAY, peak: 2, denials: {} }]);
    world.checkOut(one);
    value(world.activate("c"));
    expect(usage(world).days).toEqual([{ day: TODAY + 2, peak: 1, denials: {} }, first]);
    expect(world.maps.usage(0)).toEqual([first]);
    expect(usage(world, 1).days).toHaveLength(1);
  });

  it("keeps a year and a day", () => {
    const world = floating({ allowedActivations: 100, allowedDeactivations: -1 });
    value(world.activate("a"));
    world.tidy();
    world.clock = CREATED + 400 * DAY;
    value(world.activate("b"));
    world.tidy();
    world.pass(DAY);
    value(world.activate("c"));
    world.tidy();
    expect(world.maps.usage(0)).toEqual([expect.objectContaining({ peak: 1 })]);
    world.pass(366 * DAY);
    value(world.activate("d"));
    world.tidy();
    expect(world.maps.usage(0)).toEqual([]);
  });
});
