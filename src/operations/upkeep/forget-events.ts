/** Keeps the event log within its age and its number (EVT-4): bounded work for the cron. */

import { forgetBeyond, forgetOlder } from "../../registry/events/event-log-age.ts";
import type { Deployment } from "../deployment.ts";
import { say } from "../../log/line.ts";

const DAY = 86_400_000;
/** Events of one statement. */
const STEP = 1_000;
/** Statements of one run, of each kind and table: fourteen million events a day, more than one D1 can log. */
const STEPS = 10;

/** Never rejects: what is left waits for the next run. `now` in epoch ms. */
export async function forgetEvents({ config, db }: Pick<Deployment, "config" | "db">, now: number): Promise<void> {
  const tables = { event_log: config.eventLog, management_log: config.managementLog } as const;
  try {
    for (const table of ["event_log", "management_log"] as const) {
      const { days, events } = tables[table];
      await repeat(() => forgetOlder(db, table, now - days * DAY, STEP));
      await repeat(() => forgetBeyond(db, table, events, STEP));
    }
  } catch (error) {
    say("the event log waits to be shortened", {}, error);
  }
}

async function repeat(forget: () => Promise<number>): Promise<void> {
  for (let step = 0; step < STEPS; step += 1) {
    if ((await forget()) < STEP) return;
  }
}
