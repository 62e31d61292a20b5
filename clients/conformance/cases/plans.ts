/** Features, renewal times and which token is newer: FEA-1, SCH-1, STO-3. */

import type { Case, Expected, MergeClaims, ScheduleInput } from "../format.ts";
import { DAY, HOUR, SESSION, T, YEAR } from "../mint.ts";
import { at } from "./judge.ts";

export function plans(): readonly Case[] {
  return [...features(), ...schedules(), ...merges()];
}

function features(): readonly Case[] {
  const held = '{"pdf":true,"seats":5,"off":false,"":"nameless","__proto__":"own"}';
  const feature = (name: string, has: boolean, value: string | number | boolean | null, among = held): Case => {
    return {
      name: `feature-${name}`,
      rule: "FEA-1",
      kind: "feature",
      input: { features: among, name },
      expect: { has, value },
    };
  };
  return [
    feature("pdf", true, true),
    feature("seats", true, 5),
    feature("off", true, false),
    feature("pdf2", false, null),
    feature("constructor", false, null),
    feature("__proto__", false, null, '{"pdf":true}'),
    { ...feature("__proto__", true, "own"), name: "feature-__proto__-of-its-own" },
    feature("toString", false, null),
    feature("", true, "nameless"),
    { ...feature("pdf", false, null, "{}"), name: "feature-absent" },
  ];
}

function schedules(): readonly Case[] {
  const lease = { iat: T - 300, server_time: T, refresh_after: T + HOUR / 2, exp: T + HOUR };
  const schedule = (name: string, given: Partial<ScheduleInput>, expect: Expected, rule = "SCH-1"): Case => {
    const input = { claims: lease, receivedAt: at(0), now: at(0), r: 0.5, ...given };
    return { name: `schedule-${name}`, rule, kind: "schedule", input, expect };
  };
  const tight = { ...lease, refresh_after: T + HOUR - 60 };
  const month = { iat: T - 300, server_time: T, refresh_after: T + 60 * DAY };
  const short = { iat: T - 300, server_time: T, refresh_after: T + 30, exp: T + 60 };
  return [
    schedule("half-life", {}, { due: at(1_800), sleep: 60_000 }),
    schedule("jitter-low", { r: 0 }, { due: at(1_620) }),
    schedule("jitter-high", { r: 0.999 }, { due: at(1_979.64) }),
    schedule("never-after-nine-tenths", { claims: tight, r: 0.999 }, { due: at(3_240) }),
    schedule("no-refresh", { claims: { iat: T - 300, server_time: T } }, { due: null, sleep: null }),
    schedule("over-24-days-sleeps-in-pieces", { claims: month }, { due: at(60 * DAY), sleep: 60_000 }),
    schedule("a-short-lease", { claims: short, r: 0.999 }, { due: at(30), sleep: 30_000 }),
    schedule("measured-from-receipt", { receivedAt: at(YEAR), now: at(YEAR) }, { due: at(YEAR + 1_800) }),
    schedule("overdue-is-now", { now: at(DAY) }, { due: at(1_800), sleep: 0 }, "SCH-2"),
  ];
}

function merges(): readonly Case[] {
  const held: MergeClaims = { sid: SESSION, iat: T - 300, server_time: T, gen: 3 };
  const merge = (name: string, stored: MergeClaims | null, incoming: MergeClaims, kept: string): Case => {
    return { name: `merge-${name}`, rule: "STO-3", kind: "merge", input: { stored, incoming }, expect: { kept } };
  };
  const later = { ...held, iat: T - 299, server_time: T + 1 };
  const other = { ...held, sid: "another" };
  return [
    merge("the-later-iat-of-one-session", held, later, "incoming"),
    merge("the-earlier-iat-does-not-count", later, held, "stored"),
    merge("the-higher-gen-on-a-tie", held, { ...held, gen: 4 }, "incoming"),
    merge("another-session-by-iat", held, { ...other, server_time: T + 1 }, "incoming"),
    merge("another-session-has-another-gen", held, { ...other, gen: 9 }, "stored"),
    merge("nothing-loses", null, held, "incoming"),
    merge("a-tie-keeps-what-is-stored", held, held, "stored"),
    merge("by-server-time", { ...held, iat: T }, { ...held, iat: T - 600, server_time: T + 1, gen: 1 }, "incoming"),
  ];
}
