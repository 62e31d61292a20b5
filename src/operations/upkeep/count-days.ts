/** What charts show: events and refusals by day, and how many there are of each thing now. */

import { COUNT_LIMIT } from "../../registry/find/page.ts";
import {
  countEvents,
  countNow,
  firstUnfolded,
  foldDay,
  HOUR_MS,
  stepTally,
  wholeCounts,
  type Numbers,
  type Tally,
} from "../../registry/upkeep/analytics.ts";
import type { EventType } from "../../domain/license/event.ts";
import type { Deployment } from "../deployment.ts";
import { say } from "../../log/line.ts";

/** THE TABLE: what is counted by day, and of which event. */
export const METRICS = {
  activationsCreated: "activation.created",
  activationsEnded: "activation.deleted",
  leasesExpired: "activation.lease-expired",
  licensesCreated: "license.created",
  licensesActivated: "license.first-activated",
  licensesRenewed: "license.renewed",
  licensesExtended: "license.extended",
  licensesExpired: "license.expired",
  licensesDeleted: "license.deleted",
  limitsReached: "license.activation.limit-reached",
  overages: "license.activation.overage",
  trialsStarted: "trialActivation.created",
  usersCreated: "user.created",
} as const satisfies Readonly<Record<string, EventType>>;

export type Metric = keyof typeof METRICS;

const HOURS = 24;
const DAY_MS = HOURS * HOUR_MS;
/** For so many days hours are kept apart. */
const DAYS_OF_HOURS = 32;
/** Rows of one step of a count that is too large to be made at once. */
const STEP = 100_000;

/**
 * The cron's part: the hour that runs, one of the day before it in turn, one old day into one row, and one step of the
 * large counts. Never rejects.
 */
export async function countDays({ db }: Pick<Deployment, "db">, now: number): Promise<void> {
  try {
    const hour = Math.floor(now / HOUR_MS);
    const minute = Math.floor(now / 60_000);
    await countEvents(db, hour, Object.values(METRICS));
    await countEvents(db, hour - 1 - (minute % HOURS), Object.values(METRICS));
    const old = await firstUnfolded(db, Math.floor(now / DAY_MS) - DAYS_OF_HOURS);
    if (old !== null) await foldDay(db, old);
    await stepTally(db, STEP, now);
  } catch (error) {
    say("days were not counted", {}, error);
  }
}

/** One number of now. */
export interface CountedNow {
  readonly count: number;
  /** False: there are more than are counted while somebody waits. */
  readonly isExact: boolean;
  /** Epoch ms. */
  readonly countedAt: number;
}

const TALLY_OF: Readonly<Record<keyof Numbers, Tally>> = {
  activations: "activations",
  users: "users",
  ...{ licenses: "licenses", expired: "licenses", suspended: "licenses", revoked: "licenses" },
};

/** Exact up to 10,000; beyond that as the cron has counted last, or 10,000 where it has not yet. */
export async function numbersOfNow(
  { db }: Pick<Deployment, "db">,
  now: number,
): Promise<Readonly<Record<keyof Numbers, CountedNow>>> {
  const numbers = await countNow(db, COUNT_LIMIT + 1, now);
  const isMore = Object.values(numbers).some((n) => n > COUNT_LIMIT);
  const whole = isMore ? await wholeCounts(db) : new Map<string, never>();
  const entries = (Object.keys(TALLY_OF) as (keyof Numbers)[]).map((name) => {
    const count = numbers[name];
    if (count <= COUNT_LIMIT) return [name, { count, isExact: true, countedAt: now }] as const;
    const counted = whole.get(TALLY_OF[name]);
    const last = { count: counted?.counted[name] ?? COUNT_LIMIT, countedAt: counted?.countedAt ?? now };
    return [name, { count: Math.max(last.count, COUNT_LIMIT), isExact: false, countedAt: last.countedAt }] as const;
  });
  return Object.fromEntries(entries) as Readonly<Record<keyof Numbers, CountedNow>>;
}
