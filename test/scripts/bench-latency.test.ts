/** What the page on latency is computed by: paths of round trips, distances, and the page itself. */

import { describe, expect, it } from "vitest";
import { latencyPage } from "../../bench/latency/page.ts";
import { CITIES, kilometres, nearest, type Place, regionOf, roundTripMs } from "../../bench/latency/places.ts";
import { longestPath, pathText, type Route, type Trip } from "../../bench/latency/trips.ts";
import { FLOOR_NAMES, OUR_NAMES } from "../../bench/names.ts";
import type { Results } from "../../bench/results.ts";

const TO_OBJECT = "worker to object";
const TO_D1 = "worker to D1";
const OF_OBJECT = "object to D1";

function trip(route: Route, begunAt: number, endedAt: number): Trip {
  return { route, begunAt, endedAt };
}

describe("round trips", () => {
  it("those that began after another ended follow it; what ran beside costs nothing more", () => {
    const inSequence = [trip(TO_D1, 1, 2), trip(TO_D1, 3, 4), trip(TO_OBJECT, 5, 6)];
    expect(pathText(inSequence)).toBe("D1, D1, object");
    const beside = [trip(TO_OBJECT, 1, 4), trip(TO_D1, 2, 3), trip(TO_D1, 5, 6)];
    expect(pathText(beside)).toBe("object, D1; beside: 1 D1");
    expect(pathText([])).toBe("none");
  });

  it("which of two that ran beside each other counts is a matter of what they cost", () => {
    const beside = [trip(TO_OBJECT, 1, 3), trip(TO_D1, 2, 4)];
    const path = (object: number) => longestPath(beside, (route) => (route === TO_OBJECT ? object : 50));
    expect(path(80)).toMatchObject({ cost: 80, steps: [{ route: TO_OBJECT }] });
    expect(path(20)).toMatchObject({ cost: 50, steps: [{ route: TO_D1 }] });
  });

  it("what an object asks before it answers is part of asking it; what it asks afterwards is not", () => {
    const trips = [trip(TO_D1, 1, 2), trip(TO_OBJECT, 3, 8), trip(OF_OBJECT, 4, 5), trip(OF_OBJECT, 6, 7)];
    expect(pathText(trips)).toBe("D1, object (D1, D1)");
    expect(longestPath(trips, (route) => (route === OF_OBJECT ? 100 : 1)).cost).toBe(202);
    expect(pathText([...trips, trip(OF_OBJECT, 7.5, 9)])).toBe("D1, object (D1, D1); beside: 1 D1");
  });
});

describe("distances", () => {
  const city = (name: string) => CITIES.find((one) => one.name === name) ?? raise(name);

  it("are great circles: a quarter of the globe, and two cities as atlases have them", () => {
    const at = (latitude: number, longitude: number): Place => ({ name: "", latitude, longitude });
    expect(kilometres(at(0, 0), at(0, 90))).toBeCloseTo((6371 * Math.PI) / 2, 6);
    expect(kilometres(at(90, 0), at(-90, 77))).toBeCloseTo(6371 * Math.PI, 6);
    expect(kilometres(city("London"), city("New York"))).toBeGreaterThan(5_550);
    expect(kilometres(city("London"), city("New York"))).toBeLessThan(5_590);
  });

  it("make milliseconds by the rule of Y.1541, without a jump where its factor changes", () => {
    const atKm = (km: number): Place => ({ name: "", latitude: 0, longitude: (km / 6371) * (180 / Math.PI) });
    const waits = [0, 500, 1000, 1100, 1200, 8000].map((km) => roundTripMs(atKm(0), atKm(km)));
    for (const [at, ms] of [0, 7.5, 15, 15, 15, 100].entries()) expect(waits[at]).toBeCloseTo(ms, 6);
  });

  it("objects are made in the nearest region", () => {
    expect([nearest(city("São Paulo")).hint, nearest(city("Mumbai")).hint]).toEqual(["enam", "apac-se"]);
    expect(() => regionOf("mars")).toThrow("no region mars");
  });
});

describe("the page", () => {
  it("says that nothing was measured, or what a device waits from each city", () => {
    expect(latencyPage({})).toContain("Not measured yet");
    const subject = (name: string) => ({ name, perSecond: [1], serverMicroseconds: null, generatorBusy: 0 });
    const subjects = [...Object.values(FLOOR_NAMES), ...Object.values(OUR_NAMES)].map((name) => ({
      ...subject(name),
      waits: { medians: [1, 2, 3], p99: 9 },
    }));
    const warm = [trip(TO_OBJECT, 1, 2)];
    const cold = [trip(TO_D1, 1, 2), trip(TO_OBJECT, 3, 4)];
    const calls = Object.values(OUR_NAMES).map((name) => ({ name, warm, cold, coldMs: [40] }));
    const measured = { unloaded: { subjects }, trips: { calls } } as unknown as Results;
    const page = latencyPage(measured);
    const [, renew = ""] = page.split("### renew\n");
    // 1 ms to its own region and 195 to Ashburn: 10 + 1 + 2, 30 + 1 + 2, 30 + 195 + 1 + 40; the server's 10 + 194 + 3
    // and 3 * (10 + 194) + 3.
    expect(renew).toMatch(/\| Singapore +\| 13 +\| 33 +\| 266 +\| 207 +\| 615 +\|/);
    expect(renew.split("\n").filter((line) => /^\| (?!device|-)/.test(line)).length).toBeGreaterThanOrEqual(10);
    expect(page).toContain("Computed, not measured");
    expect(page).toContain("### renew, where the license was first used elsewhere");
  });
});

function raise(what: string): never {
  throw new Error(`no ${what}`);
}
