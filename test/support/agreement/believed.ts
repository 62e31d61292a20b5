/**
 * What answers of /v3 have told about licenses and users, said plainly and apart from the product: a change that was
 * answered is there, one that was refused is not, and one that was left without an answer is there wholly or not at
 * all. So each thing has a set of states that it may be in.
 */

import type { Json } from "../management.ts";

/** A license as far as calls change it. Ends are epoch ms. */
export interface Facts {
  readonly key: string;
  readonly userId: string | null;
  readonly notes: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly revoked: boolean;
  readonly suspended: boolean;
  readonly allowedActivations: number;
  readonly allowedDeactivations: number;
  /** The period that renewing adds; 0 = none. */
  readonly days: number;
  readonly end: number | null;
}

export const DAY = 86_400_000;

/** Null = it is not there. */
export type Believed<T> = readonly (T | null)[];
/** What a call makes of a thing; `refused` = it is answered with a no. */
export type Effect<T> = (state: T | null) => T | null | "refused";

export class Contradiction extends Error {}

/** How a call ended. `excused`: a no that other things may be the reason of. */
export type Ending = "yes" | "no" | "excused" | "unknown";

export function endingOf(status: number, excuses: readonly number[] = []): Ending {
  if (status < 300) return "yes";
  if (status === 429 || status >= 500) return "unknown";
  return excuses.includes(status) ? "excused" : "no";
}

export function after<T>(what: string, before: Believed<T>, effect: Effect<T>, ending: Ending): Believed<T> {
  const made = before.flatMap((state) => {
    const next = effect(state);
    return next === "refused" ? [] : [next];
  });
  const kept = before.filter((state) => effect(state) === "refused");
  const left = { yes: made, no: kept, excused: before, unknown: [...before, ...made] }[ending];
  if (left.length === 0) throw new Contradiction(`${what} was answered ${ending}, and was ${JSON.stringify(before)}`);
  return distinct(left);
}

/** Of the states, those that a resource shows; null = it was said not to be there. */
export function seen<T extends object>(what: string, before: Believed<T>, shown: T | null): Believed<T> {
  const left = before.filter((state) => same(state, shown));
  if (left.length === 0)
    throw new Contradiction(`${what} is ${JSON.stringify(shown)}, and should be one of ${JSON.stringify(before)}`);
  return left;
}

export function certain<T>(believed: Believed<T>): T | null {
  return believed.length === 1 ? (believed[0] ?? null) : null;
}

export function isThere<T>(believed: Believed<T>): boolean {
  return !believed.includes(null);
}

export function factsOf(resource: Json): Facts {
  const interval = /^P(\d+)D$/.exec(String(resource.subscriptionInterval ?? ""));
  const metadata = resource.metadata as readonly { readonly key: string; readonly value: string }[];
  return {
    key: String(resource.key),
    userId: (resource.user as { readonly id: string } | null)?.id ?? null,
    notes: resource.notes as string | null,
    metadata: Object.fromEntries(metadata.map(({ key, value }) => [key, value])),
    revoked: resource.revoked === true,
    suspended: resource.suspended === true,
    allowedActivations: Number(resource.allowedActivations),
    allowedDeactivations: Number(resource.allowedDeactivations),
    days: interval === null ? 0 : Number(interval[1]),
    end: typeof resource.expiresAt === "string" ? Date.parse(resource.expiresAt) : null,
  };
}

/** A body of PATCH as facts say it. */
export function patched(body: Json): Effect<Facts> {
  const { metadata, subscriptionInterval, ...members } = body;
  return (state) => {
    if (state === null) return "refused";
    const interval = subscriptionInterval === undefined ? {} : { days: daysIn(String(subscriptionInterval)) };
    const items = metadata === undefined ? {} : { metadata: factsOf({ metadata }).metadata };
    return { ...state, ...members, ...items, ...interval };
  };
}

/** EXP-4, EXP-7: a period more, of a license that has one and an end, and is not revoked. */
export const renewed: Effect<Facts> = (state) => {
  if (state === null || state.revoked || state.end === null || state.days === 0) return "refused";
  return { ...state, end: state.end + state.days * DAY };
};

/** EXP-8. */
export function extended(days: number): Effect<Facts> {
  return (state) =>
    state === null || state.revoked || state.end === null ? "refused" : { ...state, end: state.end + days * DAY };
}

/** EXP-8: an end that a license has been given for good; null = perpetual. */
export function ended(end: number | null): Effect<Facts> {
  return (state) => {
    if (state === null) return "refused";
    return { ...state, end, days: end === null ? 0 : state.days };
  };
}

/** DEL-1. */
export function gone<T>(state: T | null): null | "refused" {
  return state === null ? "refused" : null;
}

function daysIn(interval: string): number {
  return interval === "" ? 0 : Number(interval.slice(1, -1));
}

function distinct<T>(states: Believed<T>): Believed<T> {
  return states.filter((state, index) => states.findIndex((other) => same(state, other)) === index);
}

function same(one: unknown, other: unknown): boolean {
  return text(one) === text(other);
}

/** JSON with members in the order of their names. */
function text(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}
