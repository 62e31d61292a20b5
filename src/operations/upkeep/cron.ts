/** What the cron does each minute: bounded work of each kind, the most awaited first. */

import { forgetDeleted } from "../../registry/object/deleted-licenses.ts";
import { noteCron } from "../../registry/upkeep/gauges.ts";
import { carryEmails } from "./carry-emails.ts";
import { countDays } from "./count-days.ts";
import { forgetAnswers } from "../create-once.ts";
import type { Deployment } from "../deployment.ts";
import { forgetEvents } from "./forget-events.ts";
import { handOver } from "../webhook/hand-over.ts";
import { rewrapAll } from "./rewrap.ts";
import { goOnWithJobs } from "../license/step-job.ts";
import { sweepUnborn } from "./sweep-unborn.ts";

/** `now` in epoch ms. */
export async function runCron(deployment: Deployment, now: number): Promise<void> {
  await handOver(deployment, now);
  await sweepUnborn(deployment, now);
  await carryEmails(deployment, now);
  await goOnWithJobs(deployment, Date.now);
  await rewrapAll(deployment);
  await forgetEvents(deployment, now);
  await forgetAnswers(deployment, now);
  await countDays(deployment, now);
  // Last, because these alone reject where D1 fails.
  await forgetDeleted(deployment.db, now);
  await noteCron(deployment.db, now);
}
