/** CON-27: how much a step and a run of the cron take on, by the test's clock; and what a retry leaves alone. */

import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { STEP_LICENSES } from "../../src/domain/license/job.ts";
import { openDeployment, type Deployment } from "../../src/operations/deployment.ts";
import { goOnWithJobs, stepJob } from "../../src/operations/license/step-job.ts";
import { jsonOf, license, productId, read, v3, type Json } from "../support/management.ts";

/** Licenses that there are none of. */
const nobodys = (count: number) =>
  Array.from({ length: count }, (_, at) => `0193f3a4-0000-8000-8000-000000000${String(100 + at)}`);

beforeEach(async () => {
  await env.DB.batch(["jobs", "job_parts", "job_failures"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

async function opened(): Promise<Deployment> {
  const answer = await openDeployment(env, { now: Date.now(), waitUntil: () => undefined });
  if (!answer.ok) throw new Error(answer.detail);
  return answer.deployment;
}

async function begun(ids: readonly string[], act = "suspend"): Promise<Json> {
  return await jsonOf(await v3("POST", "/license-jobs", { body: { act, ids } }), 202);
}

async function sold(count: number): Promise<readonly string[]> {
  const product = await productId();
  const ids: string[] = [];
  while (ids.length < count) ids.push(String((await license({ productId: product })).id));
  return ids;
}

const suspended = async (ids: readonly string[]) =>
  await Promise.all(ids.map(async (id) => (await read(`/licenses/${id}`)).suspended));

it("CON-27: a step begins with no other license after ten seconds, and the next goes on behind its last", async () => {
  const ids = await sold(12);
  const job = await begun(ids);
  const deployment = await opened();
  // Whoever asks this clock for the time spends a second.
  let now = Date.now();
  const slow = () => (now += 1_000);
  const first = await stepJob(deployment, String(job.id), "step", slow);
  const done = first?.done ?? 0;
  expect(first).toMatchObject({ state: "running", failed: 0 });
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(10);
  expect(await suspended(ids)).toEqual(ids.map((_, at) => at < done));
  const standing = now;
  expect(await stepJob(deployment, String(job.id), "step", () => standing)).toMatchObject({ state: "done", done: 12 });
  expect(await suspended(ids)).toEqual(ids.map(() => true));
  const events = await env.DB.prepare(
    "SELECT count(*) AS n FROM management_log WHERE type = 'license.updated' AND actor LIKE ?",
  )
    .bind(`%${job.id}%`)
    .first<{ n: number }>();
  expect(events?.n).toBe(12);
});

it("CON-27, LIM-2: one run of the cron takes a hundred licenses and no more, of several jobs in turn", async () => {
  const deployment = await opened();
  const long = await begun(nobodys(4 * STEP_LICENSES + 10));
  const later = Date.now() + 30_000;
  await goOnWithJobs(deployment, () => later);
  expect(await read(`/license-jobs/${long.id}`)).toMatchObject({ state: "running", failed: 100 });
  // Somebody has just taken a step of it.
  await goOnWithJobs(deployment, () => later);
  expect(await read(`/license-jobs/${long.id}`)).toMatchObject({ failed: 100 });
  const others = await Promise.all(["lift", "revoke"].map((act) => begun(nobodys(3 * STEP_LICENSES), act)));
  await goOnWithJobs(deployment, () => later + 30_000);
  const [lifted, revoked] = await Promise.all(others.map(({ id }) => read(`/license-jobs/${String(id)}`)));
  expect(await read(`/license-jobs/${long.id}`)).toMatchObject({ state: "done", failed: 110 });
  expect(Number(lifted?.failed) + Number(revoked?.failed)).toBe(3 * STEP_LICENSES);
  expect(Math.min(Number(lifted?.failed), Number(revoked?.failed))).toBeGreaterThan(0);
});

it("CON-27: a retry of a cancelled job tries what failed, and leaves alone what the job had not come to", async () => {
  const [rest = ""] = await sold(1);
  const job = await begun([...nobodys(STEP_LICENSES), rest]);
  const path = `/license-jobs/${job.id}`;
  expect(await jsonOf(await v3("POST", `${path}/step`), 200)).toMatchObject({ failed: STEP_LICENSES });
  await jsonOf(await v3("POST", `${path}/cancel`), 200);
  expect(await jsonOf(await v3("POST", `${path}/retry`), 200)).toMatchObject({ state: "running", failed: 0 });
  const end = await jsonOf(await v3("POST", `${path}/step`), 200);
  expect(end).toMatchObject({ state: "done", done: 0, failed: STEP_LICENSES });
  expect(await suspended([rest])).toEqual([false]);
});
