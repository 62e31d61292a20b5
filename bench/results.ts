/** What a run has measured, as it is kept in `bench/results.json`; the report is made from nothing else. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Trip } from "./latency/trips.ts";
import type { Machine } from "./machine.ts";
import type { Measured } from "./rounds.ts";
import type { Spread } from "./stats.ts";

const FILE = "bench/results.json";

/** Where and when a section was measured. */
export interface Origin {
  readonly machine: Machine;
  /** RFC 3339. */
  readonly at: string;
  /** Of the Worker that was measured. */
  readonly commit: string;
  /** Milliseconds of a flush of one page to the disk, just before. */
  readonly flush: Spread;
}

/** Rounds of floors and of what stands on them, together. */
export interface RoundsResult {
  readonly turnMs: number;
  readonly connections: number;
  readonly licenses: number;
  readonly subjects: readonly Measured[];
}

/** The round trips of one call before its answer. */
export interface CallTrips {
  readonly name: string;
  /** Where it was not the first. */
  readonly warm: readonly Trip[];
  /** The first call of a Worker that has just been started; its object is asleep. */
  readonly cold: readonly Trip[];
  /** Milliseconds of such a first call beside its trips, start by start. */
  readonly coldMs: readonly number[];
}

export interface TripsResult {
  readonly calls: readonly CallTrips[];
}

/** Milliseconds of a Worker's first and eleventh answer, start by start, and of a bare Worker's. */
export interface StartResult {
  readonly first: readonly number[];
  readonly eleventh: readonly number[];
  readonly bareFirst: readonly number[];
  readonly bareEleventh: readonly number[];
}

/** One call at several numbers of live seats. */
export interface GrowthResult {
  readonly connections: number;
  /** Untimed check-outs between so many activations keep the number of live seats. */
  readonly volley: number;
  readonly seats: readonly number[];
  /** By call, then by number of seats, then by round. */
  readonly perSecond: Readonly<Record<string, readonly (readonly number[])[]>>;
}

/** Pages of the list of licenses, over few and over many. */
export interface ListsResult {
  readonly licenses: readonly [number, number];
  /** By what is asked for: over few and over many licenses, by round. */
  readonly perSecond: Readonly<Record<string, readonly (readonly number[])[]>>;
}

/** Bytes in use after a forced collection, in order of time. */
export interface HeapResult {
  readonly minutes: number;
  readonly calls: number;
  /** Median of each minute's samples. */
  readonly byMinute: readonly number[];
}

export interface OverIssue {
  readonly name: string;
  readonly licenses: number;
  readonly seats: number;
  readonly parallel: number;
  readonly granted: number;
  readonly tooMany: number;
}

export interface RivalsResult {
  /** Null: why there is nothing to tell. */
  readonly postgres: string | null;
  readonly one: RoundsResult | null;
  readonly many: RoundsResult | null;
  readonly overIssue: readonly OverIssue[];
}

export interface Sections {
  readonly one: RoundsResult;
  /** One connection, and what each call waited. */
  readonly unloaded: RoundsResult;
  readonly trips: TripsResult;
  readonly start: StartResult;
  readonly thousand: RoundsResult;
  readonly growth: GrowthResult;
  readonly heap: HeapResult;
  readonly lists: ListsResult;
  readonly rivals: RivalsResult;
}

export type SectionName = keyof Sections;
/** A section that was not measured is absent. */
export type Results = { readonly [Name in SectionName]?: Sections[Name] & { readonly origin: Origin } };

export function readResults(): Results {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : {};
}

export function writeResults(results: Results): void {
  writeFileSync(FILE, `${JSON.stringify(results, rounded)}\n`);
}

/** Four digits are more than any of these is good for. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
