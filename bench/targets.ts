/** What is asked of the numbers, and whether they keep it. Pure. A target holds for the median. */

import { FLOOR_NAMES, OUR_NAMES } from "./names.ts";
import type { Results, RoundsResult } from "./results.ts";
import type { Measured } from "./rounds.ts";
import { ratios, spreadOf, type Spread } from "./stats.ts";

export interface Verdict {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
}

/** Of the rate of the floor, under load. */
export const LEAST_OF_FLOOR = { activate: 0.65, resume: 0.7, renew: 0.7, checkIn: 0.65 };
/** Of what its floor waits, with one connection. */
const MOST_UNLOADED = [
  [OUR_NAMES.activate, FLOOR_NAMES.insertAndSign, 1.35],
  [OUR_NAMES.resume, FLOOR_NAMES.insertAndSign, 1.1],
  [OUR_NAMES.renew, FLOOR_NAMES.insertAndSign, 1.15],
  [OUR_NAMES.checkIn, FLOOR_NAMES.insert, 1.2],
  [OUR_NAMES.refuse, FLOOR_NAMES.insertAndSign, 0.75],
  [OUR_NAMES.see, FLOOR_NAMES.insertAndSign, 1.6],
  [OUR_NAMES.birth, FLOOR_NAMES.insertAndSign, 6],
] as const;
/** Milliseconds of the first answer after a start. */
const MOST_FIRST = 5;
const LEAST_REFUSALS = 2;
const MOST_GROWTH = 1.3;
const MOST_HEAP = 1.2;
/** Over a million licenses; a catalogue in the middle may walk more of its rows. */
const MOST_OF_LISTS = { large: 1.3, middle: 2 };
const LARGE_CATALOGUE = 1_000_000;

/** How the heap's last minute stands to its first. */
export function heapGrowth(byMinute: readonly number[]): number {
  return (byMinute.at(-1) ?? Number.NaN) / (byMinute[0] ?? Number.NaN);
}

/** Of one call: how far apart the numbers of seats are, each by the median of its ratios to the first one. */
export function growthOf(perSecond: readonly (readonly number[])[]): number {
  const [first = []] = perSecond;
  const medians = perSecond.map((rates) => spreadOf(ratios(rates, first)).median);
  return Math.max(...medians) / Math.min(...medians);
}

export function subjectNamed({ subjects }: RoundsResult, name: string): Measured {
  const found = subjects.find((subject) => subject.name === name);
  if (found === undefined) throw new Error(`"${name}" was not measured`);
  return found;
}

/** To a floor that shared its turns, else to one of the same rounds. */
export function ratioOf(result: RoundsResult, name: string, floor: string): Spread {
  const subject = subjectNamed(result, name);
  return spreadOf(ratios(subject.perSecond, subject.beside?.[floor] ?? subjectNamed(result, floor).perSecond));
}

/** What a call waits, to what its floor waited in the slices between its own. */
export function waitRatio(result: RoundsResult, name: string, floor: string): Spread {
  const { waits } = subjectNamed(result, name);
  const beside = waits?.beside?.[floor] ?? (name === floor ? waits?.medians : undefined);
  if (waits === undefined || beside === undefined) throw new Error(`what "${name}" waits was not measured`);
  return spreadOf(ratios(waits.medians, beside));
}

/** How much faster one of ours is than another: by what both were of the same floor, round by round. */
function ratioBetween(result: RoundsResult, name: string, other: string): Spread {
  const ofFloor = (of: string): readonly number[] => {
    const { perSecond, beside } = subjectNamed(result, of);
    const floor = beside?.[FLOOR_NAMES.insertAndSign];
    return floor === undefined ? perSecond : ratios(perSecond, floor);
  };
  return spreadOf(ratios(ofFloor(name), ofFloor(other)));
}

export function verdicts(results: Results): readonly Verdict[] {
  return [
    ...(results.one === undefined ? [] : ofRounds(results.one)),
    ...ofUnloaded(results),
    ...ofStart(results),
    ...(results.thousand === undefined ? [] : ofRounds(results.thousand)),
    ...ofGrowth(results),
    ...ofLists(results),
    ...ofHeap(results),
    ...ofRivals(results),
  ];
}

/** Over how many licenses something was measured, in words. */
export function overText({ licenses }: RoundsResult): string {
  return licenses === 1 ? "one license" : `${licenses.toLocaleString("en")} licenses`;
}

function ofRounds(result: RoundsResult): readonly Verdict[] {
  const over = overText(result);
  const atLeast = (name: string, floor: string, least: number): Verdict => {
    const isFloor = Object.values<string>(FLOOR_NAMES).includes(floor);
    const ratio = isFloor ? ratioOf(result, name, floor) : ratioBetween(result, name, floor);
    return {
      what: `${name}, ${over}, to "${floor}"`,
      target: `at least ${least}`,
      measured: spreadText(ratio),
      met: ratio.median >= least,
    };
  };
  return [
    atLeast(OUR_NAMES.activate, FLOOR_NAMES.insertAndSign, LEAST_OF_FLOOR.activate),
    atLeast(OUR_NAMES.resume, FLOOR_NAMES.insertAndSign, LEAST_OF_FLOOR.resume),
    atLeast(OUR_NAMES.renew, FLOOR_NAMES.insertAndSign, LEAST_OF_FLOOR.renew),
    atLeast(OUR_NAMES.checkIn, FLOOR_NAMES.insert, LEAST_OF_FLOOR.checkIn),
    atLeast(OUR_NAMES.refuse, OUR_NAMES.activate, LEAST_REFUSALS),
  ];
}

/** One connection: the median that a call waits, to its floor's. */
function ofUnloaded({ unloaded }: Results): readonly Verdict[] {
  if (unloaded === undefined) return [];
  return MOST_UNLOADED.map(([name, floor, most]) => {
    const ratio = waitRatio(unloaded, name, floor);
    return {
      what: `${name}, unloaded: wait to that of "${floor}"`,
      target: `at most ${most}`,
      measured: spreadText(ratio),
      met: ratio.median <= most,
    };
  });
}

function ofStart({ start }: Results): readonly Verdict[] {
  if (start === undefined) return [];
  const measured = spreadOf(start.first);
  return [
    {
      what: "first answer after a start, milliseconds",
      target: `at most ${MOST_FIRST}`,
      measured: spreadText(measured),
      met: measured.median <= MOST_FIRST,
    },
  ];
}

function ofGrowth({ growth }: Results): readonly Verdict[] {
  if (growth === undefined) return [];
  return Object.entries(growth.perSecond).map(([name, perSecond]) => {
    const measured = growthOf(perSecond);
    const what = `${name} at ${growth.seats.map((seats) => seats.toLocaleString("en")).join(", ")} live seats`;
    return { what, target: `within ${MOST_GROWTH}`, measured: measured.toFixed(2), met: measured <= MOST_GROWTH };
  });
}

function ofLists({ lists }: Results): readonly Verdict[] {
  if (lists === undefined) return [];
  const most = lists.licenses[1] >= LARGE_CATALOGUE ? MOST_OF_LISTS.large : MOST_OF_LISTS.middle;
  const [few, many] = lists.licenses.map((count) => count.toLocaleString("en"));
  return Object.entries(lists.perSecond).map(([name, [ofFew = [], ofMany = []]]) => {
    const measured = spreadOf(ratios(ofFew, ofMany));
    const what = `list of licenses, ${name}: time at ${many} to ${few}`;
    return {
      what,
      target: `at most ${most}`,
      measured: spreadText(measured),
      met: measured.median <= most,
    };
  });
}

function ofHeap({ heap }: Results): readonly Verdict[] {
  if (heap === undefined) return [];
  const measured = heapGrowth(heap.byMinute);
  const what = `heap of one isolate, minute ${heap.minutes} to minute 1`;
  return [{ what, target: `at most ${MOST_HEAP}`, measured: measured.toFixed(2), met: measured <= MOST_HEAP }];
}

function ofRivals({ rivals }: Results): readonly Verdict[] {
  const [ours] = rivals?.overIssue ?? [];
  if (ours === undefined) return [];
  return [{ what: "seats over-issued by us", target: "0", measured: String(ours.tooMany), met: ours.tooMany === 0 }];
}

export function spreadText({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
}
