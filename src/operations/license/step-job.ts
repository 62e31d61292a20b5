/**
 * Steps of license jobs (CON-27): each license's own call, in the name of who began the job. What makes a job do
 * nothing twice is not here: renewals and extensions have a reference (EXP-11), the other acts change nothing then.
 */

import { v7 as uuidv7 } from "uuid";
import type { Actor, Caller } from "../../domain/license/calls.ts";
import {
  LONGEST_RUN,
  referenceOf,
  STEP_LICENSES,
  type Job,
  type JobAct,
  type JobEnd,
  type JobFailure,
} from "../../domain/license/job.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { currentRequestId } from "../../log/about.ts";
import { say } from "../../log/line.ts";
import { findJob, forgetJob, idleJobs } from "../../registry/jobs/jobs.ts";
import { endStep, goingOn, leaseJob, type JobLease } from "../../registry/jobs/steps.ts";
import type { Deployment } from "../deployment.ts";
import { licenseEntityTag } from "../entity-tag.ts";
import { extendLicense, patchLicense, renewLicense } from "./change-license.ts";
import { readLicense } from "./read-license.ts";

/** Licenses at once. A step begins with no other after so long, and is taken for dead after the other (ms). */
const AT_ONCE = 6;
const STEP_MS = 10_000;
const LEASE_MS = 60_000;
/** A change of the license between reading and changing its tags: so often. */
const TAG_TRIES = 3;

/** Steps of one run of the cron, and how long nobody else has taken one before it does (ms). */
const CRON_STEPS = 4;
const IDLE_MS = 30_000;
/** How long jobs are kept, and how many of one run are forgotten. */
const KEPT_MS = 30 * 86_400_000;
const FORGOTTEN = 10;

export type Clock = () => number;

/**
 * At most 25 licenses, begun within ten seconds. The job as it is afterwards; null = there is none. Where it does not
 * run, or another step is under way, nothing is done.
 */
export async function stepJob(
  deployment: Deployment,
  id: string,
  requestId: string,
  clock: Clock,
): Promise<Job | null> {
  await step(deployment, id, requestId, clock);
  return await findJob(deployment.db, id);
}

async function step(deployment: Deployment, id: string, requestId: string, clock: Clock): Promise<void> {
  const startedAt = clock();
  const until = startedAt + LEASE_MS;
  const held = await leaseJob(deployment.db, id, { lease: uuidv7(), now: startedAt, until, most: STEP_LICENSES });
  if (held === null) return;
  const isOld = startedAt - held.runningSince >= LONGEST_RUN;
  const taken = isOld
    ? { failures: [], taken: 0, why: "too-old" as const }
    : await takeAll(deployment, held, requestId, clock);
  await endStep(deployment.db, held, taken, clock());
}

interface Taken {
  readonly taken: number;
  readonly failures: readonly JobFailure[];
  readonly why: JobEnd | null;
}

/** In their order, so that those that were begun are the first ones. */
async function takeAll(deployment: Deployment, held: JobLease, requestId: string, clock: Clock): Promise<Taken> {
  const startedAt = clock();
  const failures: JobFailure[] = [];
  let taken = 0;
  let why: JobEnd | null = null;
  let isOver = false;
  const takeSome = async () => {
    while (!isOver && taken < held.licenseIds.length && clock() - startedAt < STEP_MS) {
      const going = await goingOn(deployment.db, held, clock());
      if (going !== "on") {
        isOver = true;
        if (going === "credential-ended") why = going;
      }
      const licenseId = isOver ? undefined : held.licenseIds[taken];
      if (licenseId === undefined) return;
      taken += 1;
      const outcome = await act(deployment, held.job, licenseId, requestId);
      if (!outcome.ok) failures.push({ licenseId, refusal: outcome.refusal, at: clock() });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, takeSome));
  return { taken, failures, why };
}

/** A bug in one license's object must not hold up the others for ever. */
async function act(deployment: Deployment, job: Job, licenseId: string, requestId: string): Promise<Outcome<unknown>> {
  try {
    return await ACTS[job.act](deployment, licenseId, job, { actor: actorOf(job), requestId });
  } catch (error) {
    say("a license of a job did not take its change", { license: licenseId }, error);
    return no({ code: "storage-unavailable" });
  }
}

function actorOf({ actor, id }: Job): Actor {
  return actor.type === "token" || actor.type === "user" ? { ...actor, job: id } : actor;
}

type Act = (deployment: Deployment, licenseId: string, job: Job, caller: Caller) => Promise<Outcome<unknown>>;

const ACTS: Readonly<Record<JobAct, Act>> = {
  renew: (deployment, id, job, caller) => renewLicense(deployment, id, { ...caller, ...lengthening(job) }),
  extend: (deployment, id, job, caller) =>
    extendLicense(deployment, id, { ...caller, ...lengthening(job), seconds: job.parameters.extensionLength ?? 0 }),
  suspend: (deployment, id, _, caller) => patchLicense(deployment, id, { suspended: true }, caller),
  lift: (deployment, id, _, caller) => patchLicense(deployment, id, { suspended: false }, caller),
  revoke: (deployment, id, _, caller) => patchLicense(deployment, id, { revoked: true }, caller),
  tag: (deployment, id, { parameters: { tags = [] } }, caller) =>
    retag(deployment, id, caller, (names) => [...new Set([...names, ...tags])]),
  untag: (deployment, id, { parameters: { tags = [] } }, caller) =>
    retag(deployment, id, caller, (names) => names.filter((name) => !tags.includes(name))),
};

function lengthening({ id, parameters }: Job) {
  return { from: parameters.from ?? "expiry", renewalReference: referenceOf(id), idempotency: null } as const;
}

/** A tag that was deleted is on no license any more, and is left out of what is written. */
async function retag(
  deployment: Deployment,
  id: string,
  caller: Caller,
  change: (names: readonly string[]) => readonly string[],
): Promise<Outcome<unknown>> {
  for (let attempt = 1; ; attempt += 1) {
    const found = await readLicense(deployment, id);
    if (!found.ok) return found;
    const { license, names } = found.value;
    const before = license.terms.tags.flatMap(({ id: tag, name }) => {
      const current = names.tags.get(tag);
      return current === undefined ? [name] : (current ?? []);
    });
    const after = change(before);
    if (after.length === before.length && after.every((name, at) => name === before[at])) return yes(null);
    const ifMatch = [await licenseEntityTag(license)];
    const patched = await patchLicense(deployment, id, { tagNames: after }, { ...caller, ifMatch });
    const isOutrun = !patched.ok && patched.refusal.code === "precondition-failed";
    if (!isOutrun || attempt === TAG_TRIES) return patched;
  }
}

/** For the cron: what nobody takes a step of, a hundred licenses in all. Never rejects. `clock` in epoch ms. */
export async function goOnWithJobs(deployment: Deployment, clock: Clock): Promise<void> {
  const requestId = currentRequestId() ?? "cron";
  try {
    const ids = await idleJobs(deployment.db, clock() - IDLE_MS);
    for (let steps = 0; steps < CRON_STEPS; steps += 1) {
      const id = ids[steps % ids.length];
      if (id !== undefined) await step(deployment, id, requestId, clock);
    }
    for (let gone = 0; gone < FORGOTTEN; gone += 1) {
      if (!(await forgetJob(deployment.db, clock() - KEPT_MS))) return;
    }
  } catch (error) {
    say("license jobs wait to go on", {}, error);
  }
}
