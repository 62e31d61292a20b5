/** The pure parts of the benchmarks: ratios of rounds, verdicts, the report and its picture, options. */

import { FLOOR_NAMES, OUR_NAMES } from "../../bench/names.ts";
import { describe, expect, it } from "vitest";
import { chart } from "../../bench/chart.ts";
import { parseOptions } from "../../bench/options.ts";
import { brief, report } from "../../bench/report.ts";
import type { Results, RoundsResult } from "../../bench/results.ts";
import { percentile, ratios, spreadOf } from "../../bench/stats.ts";
import { verdicts } from "../../bench/targets.ts";

const origin = {
  machine: {
    processor: "Abacus",
    cores: 2,
    memoryGib: 8,
    system: "linux 6",
    node: "24.0.0",
    workerd: "1.0.0",
    miniflare: "5.0.0",
  },
  at: "2026-01-01T00:00:00.000Z",
  commit: "abcdef0",
  flush: { median: 0.2, min: 0.1, max: 3 },
};

/** By name; a floor of 1000 a second with the insert and the signature, 2000 without. */
function rounds(rates: Readonly<Record<string, readonly number[]>>): RoundsResult & { readonly origin: typeof origin } {
  const floors = { [FLOOR_NAMES.insertAndSign]: [1000, 1000, 1000], [FLOOR_NAMES.insert]: [2000, 2000, 2000] };
  const subjects = Object.entries({ ...floors, ...rates }).map(([name, perSecond]) => {
    return { name, perSecond, serverMicroseconds: 1_000_000 / (perSecond[0] ?? 1), generatorBusy: 0.1 };
  });
  return { turnMs: 500, connections: 16, licenses: 1, subjects, origin };
}

const SIGNED = FLOOR_NAMES.insertAndSign;
const CALLS = Object.values(OUR_NAMES);

const KEPT = {
  [OUR_NAMES.activate]: [700, 690, 900],
  [OUR_NAMES.resume]: [700, 700, 700],
  [OUR_NAMES.renew]: [699, 100, 699],
  [OUR_NAMES.checkIn]: [1600, 1600, 1600],
  [OUR_NAMES.refuse]: [1400, 1400, 1400],
};

describe("ratios", () => {
  it("the spread is the median with the least and the greatest, of odd and even counts", () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spreadOf([10, 2, 3, 4])).toEqual({ median: 3.5, min: 2, max: 10 });
    expect(() => spreadOf([])).toThrow("no values");
    const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);
    expect([percentile(hundred, 99), percentile(hundred, 50), percentile([7], 99)]).toEqual([99, 50, 7]);
    expect(() => percentile([], 99)).toThrow("no values");
  });

  it("are taken round by round, not of medians", () => {
    expect(ratios([10, 400], [20, 400])).toEqual([0.5, 1]);
    expect(() => ratios([1], [1, 2])).toThrow("different rounds");
  });
});

describe("verdicts", () => {
  it("a target is met where the median reaches it", () => {
    const met = verdicts({ one: rounds(KEPT) }).map(({ what, met: isMet }) => [what.split(",")[0], isMet]);
    expect(met).toEqual([
      [OUR_NAMES.activate, true],
      [OUR_NAMES.resume, true],
      [OUR_NAMES.renew, false],
      [OUR_NAMES.checkIn, true],
      [OUR_NAMES.refuse, true],
    ]);
  });

  it("a floor that shared a call's turns comes before one of the same rounds", () => {
    const result = rounds(KEPT);
    const shared = { [FLOOR_NAMES.insertAndSign]: [800, 800, 800], [FLOOR_NAMES.insert]: [1800, 1800, 1800] };
    const one = { ...result, subjects: result.subjects.map((subject) => ({ ...subject, beside: shared })) };
    expect(verdicts({ one }).map(({ measured }) => measured.split(" ")[0])).toEqual([
      "0.88",
      "0.88",
      "0.87",
      "0.89",
      "2.00",
    ]);
  });

  it("what a call waits is held against its floor's wait in the same turn, at most so many times", () => {
    const unloaded = {
      ...rounds({}),
      subjects: CALLS.map((name) => ({
        ...{ name, perSecond: [1], serverMicroseconds: null, generatorBusy: 0 },
        waits: { medians: [1.2, 5, 1.3], p99: 9, beside: { [SIGNED]: [1, 5, 1], [FLOOR_NAMES.insert]: [1, 5, 1] } },
      })),
    };
    const told = verdicts({ unloaded }).map(({ what, measured, met }) => [what.split(",")[0], measured, met]);
    expect(told).toEqual([
      [OUR_NAMES.activate, "1.20 (1.00 to 1.30)", true],
      [OUR_NAMES.resume, "1.20 (1.00 to 1.30)", false],
      [OUR_NAMES.renew, "1.20 (1.00 to 1.30)", false],
      [OUR_NAMES.checkIn, "1.20 (1.00 to 1.30)", true],
      [OUR_NAMES.refuse, "1.20 (1.00 to 1.30)", false],
      [OUR_NAMES.see, "1.20 (1.00 to 1.30)", true],
      [OUR_NAMES.birth, "1.20 (1.00 to 1.30)", true],
    ]);
    expect(report({ unloaded })).toMatch(/\| renew +\| 1\.30 +\| 9\.00 +\| 1\.20 \(1\.00 to 1\.30\) /);
    expect(brief({ unloaded })).toMatch(
      /7 targets, 3 missed\n  activate \(same device\), .*\n.*\n  refused activation, [^\n]*$/,
    );
    expect(() => verdicts({ unloaded: rounds(KEPT) })).toThrow("was not measured");
  });

  it("the first answer after a start has at most so many milliseconds, and stands beside a bare Worker's", () => {
    const start = { first: [4, 5, 9], eleventh: [0.3, 0.4, 0.5], bareFirst: [1, 1, 2], bareEleventh: [0.1, 0.2, 0.3] };
    const told = verdicts({ start: { ...start, origin } });
    expect(told).toMatchObject([{ target: "at most 5", measured: "5.00 (4.00 to 9.00)", met: true }]);
    expect(verdicts({ start: { ...start, first: [4, 5.1, 9], origin } })).toMatchObject([{ met: false }]);
    const row = /\| a bare Worker +\| 1\.00 \(1\.00 to 2\.00\) +\| 0\.20 \(0\.10 to 0\.30\) +\|/;
    for (const text of [report({ start: { ...start, origin } }), brief({ start: { ...start, origin } })]) {
      expect(text).toMatch(row);
    }
  });

  it("growth is that between the fastest and the slowest, heap that of the last minute to the first", () => {
    const results: Results = {
      growth: {
        connections: 16,
        volley: 10,
        seats: [10, 1000],
        perSecond: { renew: [[100], [131]], "activate (new device)": [[120], [100]] },
        origin,
      },
      heap: { minutes: 3, calls: 1, byMinute: [100, 900, 119], origin },
    };
    expect(verdicts(results).map(({ measured, met }) => [measured, met])).toEqual([
      ["1.31", false],
      ["1.20", true],
      ["1.19", true],
    ]);
  });

  it("one seat too many is a target missed; without rivals there is no such line", () => {
    const race = { name: "Leasehold", licenses: 1, seats: 5, parallel: 64, granted: 6, tooMany: 1 };
    const rivals = { postgres: "15", one: null, many: null, overIssue: [race], origin };
    expect(verdicts({ rivals })).toEqual([{ what: "seats over-issued by us", target: "0", measured: "1", met: false }]);
    expect(verdicts({ rivals: { ...rivals, overIssue: [] } })).toEqual([]);
  });
});

describe("the report", () => {
  it("tells of the machine, of each target and of what was measured", () => {
    const text = report({ one: rounds(KEPT) });
    expect(text).toContain("2 × Abacus");
    expect(text).toMatch(/\| renew, one license, to .* \| 0\.70 \(0\.10 to 0\.70\) +\| \*\*no\*\* \|/);
    expect(text).toMatch(/\| check-in +\| 1600 \(1600 to 1600\) +\| 625 /);
    expect(text).toContain("busy at most 10 %");
    expect(text).not.toContain("## Rivals");
  });

  it("says that the rivals were skipped where PostgreSQL is not there", () => {
    const rivals = { postgres: null, one: null, many: null, overIssue: [], origin };
    expect(report({ rivals })).toContain("Not measured: PostgreSQL was not there.");
  });

  it("the picture has a bar for each of our calls, marked where it is below its target, and nothing outside it", () => {
    const picture = chart({ one: rounds(KEPT), thousand: rounds(KEPT) });
    expect(picture.match(/class="bar"/g)).toHaveLength(8);
    expect(picture.match(/class="below"/g)).toHaveLength(2);
    expect(picture.match(/class="target"/g)).toHaveLength(6);
    for (const [, x] of picture.matchAll(/ x[12]?="([\d.]+)"/g)) expect(Number(x)).toBeLessThanOrEqual(760);
    expect(chart({})).toMatch(/^<svg .*<\/svg>\n$/s);
  });
});

it("the options: all but the heap, one section, the heap for some minutes; anything else is not understood", () => {
  const sections = ["one", "unloaded", "trips", "start", "growth", "rivals", "thousand", "lists"];
  expect(parseOptions([])).toMatchObject({ quick: false, sections });
  expect(parseOptions(["--quick", "--only", "rivals"])).toMatchObject({ quick: true, sections: ["rivals"] });
  expect(parseOptions(["--heap"])).toMatchObject({ sections: ["heap"], heapMinutes: 10 });
  expect(parseOptions(["--heap=3", "--only", "one"])).toMatchObject({ sections: ["one", "heap"], heapMinutes: 3 });
  for (const bad of [["--only"], ["--only", "all"], ["--heap=0"], ["--fast"]]) expect(parseOptions(bad)).toBeNull();
});
