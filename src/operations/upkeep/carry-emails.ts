/** Carries changed e-mails to the objects of the users' licenses (SNAP-1): right after the change, and by the cron. */

import type { Reached, UserEmail } from "../../domain/license/calls.ts";
import { objectOf } from "../../license/stub.ts";
import {
  endEmailJob,
  isReserved,
  nextEmailJob,
  saveEmailJob,
  staleLicenses,
  type UserEmailJob,
} from "../../registry/rows/user-email-jobs.ts";
import type { Deployment } from "../deployment.ts";
import { say } from "../../log/line.ts";

type Stores = Pick<Deployment, "db" | "licenses">;

/** Licenses called at once. */
const STEP = 20;
/** Steps of one run: together less than half of the calls that the platform allows an invocation. */
const STEPS = 20;
/** After a pass that missed licenses (ms): doubled each time, up to an hour. */
const PAUSE_FIRST = 30_000;
const PAUSE_MOST = 3_600_000;

/**
 * Bounded work on the jobs that are due at `now` (epoch ms), the longest waiting first. Repeating it is free of effect:
 * an object ignores what is not newer. Never rejects: what is left waits for the cron.
 */
export async function carryEmails(stores: Stores, now: number): Promise<void> {
  try {
    for (let step = 0; step < STEPS; step += 1) {
      const job = await nextEmailJob(stores.db, now);
      if (job === null) return;
      await advance(stores, job, now);
    }
  } catch (error) {
    say("changed e-mails wait to be carried", {}, error);
  }
}

/** One step of a pass. A license that cannot be reached is left to the next pass, so that it holds up no other. */
async function advance(stores: Stores, job: UserEmailJob, now: number): Promise<void> {
  const { db } = stores;
  const reserved = job.cursor === "" && (await isReserved(db, job.userId));
  const licenseIds = await staleLicenses(db, job, STEP);
  const told = await Promise.all(licenseIds.map((id) => tell(stores, id, job)));
  const missed = job.missed + (reserved ? 1 : 0) + told.filter((isTold) => !isTold).length;
  const last = licenseIds.at(-1);
  // Due from now on, as others are: a user with many licenses takes turns with them.
  if (last !== undefined && licenseIds.length === STEP)
    return await saveEmailJob(db, { ...job, cursor: last, missed }, now);
  if (missed === 0) return await endEmailJob(db, job);
  say("licenses wait for a changed e-mail", { count: missed });
  const pause = Math.min(PAUSE_MOST, PAUSE_FIRST * 2 ** job.attempts);
  await saveEmailJob(db, { ...job, cursor: "", missed: 0, attempts: job.attempts + 1 }, now + pause);
}

/** False: the license may still have an older e-mail. */
async function tell(stores: Stores, licenseId: string, { userId, email, revision }: UserEmail): Promise<boolean> {
  try {
    const object = objectOf(stores, licenseId);
    if (object === null) throw new Error("a license's id carries its locator");
    return isDone(await object.setUserEmail(licenseId, { userId, email, revision }));
  } catch (error) {
    // A bug in one object must not hold up the others for ever.
    say("a license did not take a changed e-mail", { license: licenseId }, error);
    return false;
  }
}

/** A license that is no longer there needs no e-mail. */
function isDone(answer: Reached<null>): boolean {
  return answer.reached !== "license" || answer.outcome.ok || answer.outcome.refusal.code === "license-unknown";
}
