/** CON-27: one act on the licenses that matched, each once, in steps that anybody may take. */

import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { runCron } from "../../src/operations/upkeep/cron.ts";
import { openDeployment } from "../../src/operations/deployment.ts";
import { STEP_LICENSES, type Job } from "../../src/domain/license/job.ts";
import { cancelJob, insertJob } from "../../src/registry/jobs/jobs.ts";
import { endStep, goingOn, leaseJob } from "../../src/registry/jobs/steps.ts";
import { created, jsonOf, license, listOf, mint, productId, read, v3, type Json } from "../support/management.ts";

const DAY = 86_400_000;
let product = "";

beforeEach(async () => {
  await env.DB.batch(["jobs", "job_parts", "job_failures"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  product = await productId();
});

async function sold(count: number, members: Json = {}): Promise<readonly string[]> {
  const ids: string[] = [];
  const wanted = { productId: product, validity: 3600, ...members };
  while (ids.length < count) ids.push(String((await license(wanted)).id));
  return ids;
}

async function begun(body: Json, token?: string): Promise<Json> {
  return await jsonOf(await v3("POST", "/license-jobs", token === undefined ? { body } : { body, token }), 202);
}

const stepped = async ({ id }: Json) => await jsonOf(await v3("POST", `/license-jobs/${id}/step`), 200);

async function ended(job: Json): Promise<Json> {
  for (;;) {
    const now = await stepped(job);
    if (now.state !== "running") return now;
  }
}

async function eventsOf(id: string, event: string): Promise<readonly Json[]> {
  return await listOf(await v3("GET", `/event-logs?resourceId=${id}&event=${event}`));
}

const TOKENS = new Map<string, string>();
/** A step's licenses that there are none of. */
const NOBODYS = Array.from({ length: STEP_LICENSES }, (_, at) => `0193f3a4-0000-8000-8000-0000000000${10 + at}`);

it("CON-27: suspends what the filter matched and nothing that came later, with the job in each event", async () => {
  const ids = await sold(3);
  // So many values that their rows have to be put together.
  const filter = { productId: [product, ...NOBODYS.slice(0, 6)] };
  const job = await begun({ act: "suspend", filter, expected: 3 });
  expect(job).toMatchObject({ state: "running", total: 3, done: 0, failed: 0, filter, why: null, endedAt: null });
  const [later = ""] = await sold(1);
  const end = await stepped(job);
  expect(end).toMatchObject({ state: "done", done: 3, failed: 0 });
  expect(end.endedAt).not.toBeNull();
  expect(await stepped(job)).toEqual(end);
  for (const id of ids) expect(await read(`/licenses/${id}`)).toMatchObject({ suspended: true });
  expect(await read(`/licenses/${later}`)).toMatchObject({ suspended: false });
  const [event, ...more] = await eventsOf(ids[0] ?? "", "license.updated");
  expect(more).toEqual([]);
  expect(event?.actor).toMatchObject({ type: "token", job: job.id });
  expect(await listOf(await v3("GET", "/license-jobs?act=suspend"))).toEqual([end]);
});

it("CON-27: does not begin where another number matches than was seen, and says both", async () => {
  await sold(2);
  const body = { act: "revoke", filter: { productId: product }, expected: 3 };
  expect(await jsonOf(await v3("POST", "/license-jobs", { body }), 409)).toMatchObject({
    code: "COUNT_DIFFERS",
    expected: 3,
    matched: 2,
  });
  expect(await listOf(await v3("GET", "/license-jobs"))).toEqual([]);
});

it.each<[string, Json, string]>([
  ["no act", { ids: NOBODYS }, "/act"],
  ["neither filter nor ids", { act: "lift" }, "/filter"],
  ["a filter whose matches nobody counted", { act: "lift", filter: {} }, "/expected"],
  ["a misspelt filter", { act: "lift", filter: { productID: "x" }, expected: 1 }, "/filter/productID"],
  ["no length", { act: "extend", ids: NOBODYS }, "/parameters/extensionLength"],
  ["no tags", { act: "tag", ids: NOBODYS }, "/parameters/tags"],
  ["what the act does not take", { act: "revoke", ids: NOBODYS, parameters: { from: "now" } }, "/parameters/from"],
  ["no such tag", { act: "tag", ids: NOBODYS, parameters: { tags: ["nobody's"] } }, "/parameters/tags/0"],
  ["an empty list", { act: "lift", filter: {}, expected: 0, ids: [] }, "/ids"],
])("CON-27: %s is 400, and nothing begins", async (_, body, pointer) => {
  const { errors } = await jsonOf(await v3("POST", "/license-jobs", { body }), 400);
  expect(errors).toMatchObject([{ pointer }]);
  expect(await listOf(await v3("GET", "/license-jobs"))).toEqual([]);
});

it("CON-27, LIM-2: more than 10,000 licenses are 400 and ask for a narrower filter", async () => {
  const plant = env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001)
     INSERT INTO licenses (id, key, product_id, revision, terms, created_at, updated_at)
     SELECT printf('%08x-0000-8000-8000-000000000000', i), 'planted-' || i, 'planted', 1, '{}', i, i FROM n`,
  );
  await plant.run();
  const body = { act: "revoke", filter: { "createdAt[lt]": "1971-01-01T00:00:00Z" }, expected: 10_001 };
  const { errors } = await jsonOf(await v3("POST", "/license-jobs", { body }), 400);
  expect(errors).toMatchObject([{ pointer: "/filter" }]);
  await env.DB.prepare("DELETE FROM licenses WHERE created_at = 10001").run();
  const job = await begun({ ...body, expected: 10_000 });
  const parts = await env.DB.prepare(
    "SELECT count(*) AS n, max(json_array_length(ids)) AS most FROM job_parts",
  ).first();
  expect({ total: job.total, parts }).toEqual({ total: 10_000, parts: { n: 20, most: 500 } });
  await jsonOf(await v3("POST", `/license-jobs/${job.id}/cancel`), 200);
  await env.DB.prepare("DELETE FROM licenses WHERE product_id = 'planted'").run();
});

it("CON-27, EXP-11: a step whose outcome was lost is taken again, and extends nobody twice", async () => {
  const ids = await sold(3);
  const before = await Promise.all(
    ids.map(async (id) => Date.parse(String((await read(`/licenses/${id}`)).expiresAt))),
  );
  const parameters = { extensionLength: 600 };
  const job = await begun({ act: "extend", ids, parameters });
  await env.DB.prepare(
    "CREATE TRIGGER lost BEFORE UPDATE OF done ON jobs BEGIN SELECT RAISE(ABORT, 'lost'); END",
  ).run();
  expect((await v3("POST", `/license-jobs/${job.id}/step`)).status).toBeGreaterThanOrEqual(500);
  await env.DB.prepare("DROP TRIGGER lost").run();
  // The step that died holds the job for a while.
  expect(await stepped(job)).toMatchObject({ state: "running", done: 0 });
  await env.DB.prepare("UPDATE jobs SET leased_until = 0").run();
  expect(await stepped(job)).toMatchObject({ state: "done", done: 3, failed: 0 });
  const after = await Promise.all(ids.map(async (id) => Date.parse(String((await read(`/licenses/${id}`)).expiresAt))));
  expect(after).toEqual(before.map((at) => at + 600_000));
  for (const id of ids) expect(await eventsOf(id, "license.extended")).toHaveLength(1);
});

it("CON-27: two steps at once take no license twice and lose none", async () => {
  const ids = await sold(8);
  const job = await begun({ act: "renew", ids, parameters: { from: "now" } });
  const steps = await Promise.all([stepped(job), stepped(job), stepped(job)]);
  expect(steps.filter(({ state }) => state === "done").length).toBeGreaterThanOrEqual(1);
  expect(await ended(job)).toMatchObject({ state: "done", done: 8, failed: 0 });
  for (const id of ids) expect(await eventsOf(id, "license.renewed")).toHaveLength(1);
});

it("CON-27: a step that was taken for dead puts down nothing once another has its licenses", async () => {
  const job: Job = {
    ...{ id: "0193f3a4-0000-7000-8000-00000000000a", act: "lift", parameters: {}, filter: null, state: "running" },
    ...{ why: null, total: 3, done: 0, failed: 0, actor: { type: "token", id: "t" }, principal: "[]", tokenId: null },
    ...{ startedAt: 1, updatedAt: 1, endedAt: null },
  };
  expect(await insertJob(env.DB, job, ["a", "b", "c"])).toBeNull();
  const slow = await leaseJob(env.DB, job.id, { lease: "slow", now: 10, until: 20, most: 2 });
  expect(slow?.licenseIds).toEqual(["a", "b"]);
  expect(await leaseJob(env.DB, job.id, { lease: "early", now: 19, until: 29, most: 2 })).toBeNull();
  const quick = await leaseJob(env.DB, job.id, { lease: "quick", now: 20, until: 30, most: 2 });
  if (slow === null || quick === null) throw new Error("both were leased");
  expect(quick.licenseIds).toEqual(slow.licenseIds);
  await endStep(
    env.DB,
    slow,
    { taken: 2, failures: [{ licenseId: "a", refusal: { code: "license-lost" }, at: 21 }], why: null },
    21,
  );
  expect(await env.DB.prepare("SELECT cursor, done, failed FROM jobs").first()).toEqual({
    cursor: 0,
    done: 0,
    failed: 0,
  });
  expect((await env.DB.prepare("SELECT 1 FROM job_failures").all()).results).toEqual([]);
  await endStep(env.DB, quick, { taken: 2, failures: [], why: null }, 22);
  const last = await leaseJob(env.DB, job.id, { lease: "last", now: 23, until: 33, most: 2 });
  if (last === null) throw new Error("one license is left");
  expect(last.licenseIds).toEqual(["c"]);
  expect(await goingOn(env.DB, quick, 24)).toBe("over");
  expect(await goingOn(env.DB, last, 24)).toBe("on");
  await cancelJob(env.DB, job.id, 25);
  expect(await goingOn(env.DB, last, 26)).toBe("over");
});

it("CON-27: failures are listed with code and words, and retried alone under the same reference", async () => {
  const [good = "", revoked = "", ...others] = await sold(4);
  await jsonOf(await v3("PATCH", `/licenses/${revoked}`, { body: { revoked: true } }), 200);
  const nobody = "0193f3a4-0000-8000-8000-000000000000";
  const job = await begun({ act: "renew", ids: [good, revoked, nobody, ...others] });
  expect(await ended(job)).toMatchObject({ state: "done", done: 3, failed: 2, total: 5 });
  const failures = await listOf(await v3("GET", `/license-jobs/${job.id}/failures`));
  expect(failures.map(({ licenseId, code }) => [licenseId, code]).toSorted()).toEqual(
    [
      [revoked, "REVOKED_LICENSE"],
      [nobody, "NOT_FOUND"],
    ].toSorted(),
  );
  expect(failures.every(({ detail }) => String(detail).length > 10)).toBe(true);
  const page = await v3("GET", `/license-jobs/${job.id}/failures?limit=1`);
  expect(page.headers.get("Pagination-Count")).toBe("2");
  const next = /<\/v3([^>]+)>/.exec(page.headers.get("Link") ?? "")?.[1] ?? "";
  expect([...(await listOf(page)), ...(await listOf(await v3("GET", next)))]).toEqual(failures);
  await jsonOf(await v3("PATCH", `/licenses/${revoked}`, { body: { revoked: false } }), 200);
  expect(await jsonOf(await v3("POST", `/license-jobs/${job.id}/retry`), 200)).toMatchObject({
    state: "running",
    failed: 0,
  });
  expect(await ended(job)).toMatchObject({ state: "done", done: 4, failed: 1, total: 5 });
  expect(await eventsOf(revoked, "license.renewed")).toHaveLength(1);
  expect(await eventsOf(good, "license.renewed")).toHaveLength(1);
});

it("CON-27: a step takes 25, and a cancelled job begins with no other license", async () => {
  const [last = ""] = await sold(1);
  const job = await begun({ act: "revoke", ids: [...NOBODYS, last] });
  expect(await stepped(job)).toMatchObject({ state: "running", done: 0, failed: STEP_LICENSES });
  expect(await jsonOf(await v3("POST", `/license-jobs/${job.id}/cancel`), 200)).toMatchObject({ state: "cancelled" });
  expect(await stepped(job)).toMatchObject({ state: "cancelled", failed: STEP_LICENSES });
  expect(await read(`/licenses/${last}`)).toMatchObject({ revoked: false });
});

it("CON-27: stops, and says so, once the access token behind it is revoked, and after a day", async () => {
  const ids = await sold(2);
  const token = await mint(["license:write", "license:read"]);
  const job = await begun({ act: "suspend", ids }, token);
  const [{ id: tokenId } = {}] = (await listOf(
    await v3("GET", "/personal-access-tokens?sort=-createdAt"),
  )) as readonly Json[];
  await jsonOf(await v3("PATCH", `/personal-access-tokens/${tokenId}`, { body: { revoked: true } }), 200);
  expect(await stepped(job)).toMatchObject({ state: "stopped", why: "credential-ended", done: 0 });
  const other = await begun({ act: "suspend", ids });
  await env.DB.prepare("UPDATE jobs SET running_since = ? WHERE id = ?")
    .bind(Date.now() - DAY, other.id)
    .run();
  expect(await stepped(other)).toMatchObject({ state: "stopped", why: "too-old", done: 0 });
  for (const id of ids) expect(await read(`/licenses/${id}`)).toMatchObject({ suspended: false });
});

it("CON-27: one job of an act and token runs at once, and ten in all", async () => {
  const ids = await sold(1);
  const first = await begun({ act: "lift", ids });
  const again = { act: "lift", ids };
  expect(await jsonOf(await v3("POST", "/license-jobs", { body: again }), 409)).toMatchObject({
    code: "JOBS_RUNNING",
  });
  for (let at = 1; at < 10; at += 1) await begun(again, await tokenOf(`holder ${at}`));
  const eleventh = await v3("POST", "/license-jobs", { body: again, token: await tokenOf("holder 10") });
  expect(await jsonOf(eleventh, 409)).toMatchObject({ code: "JOBS_RUNNING" });
  await ended(first);
  await begun(again);
});

async function tokenOf(name: string): Promise<string> {
  const known = TOKENS.get(name) ?? (await mint(["license:write"]));
  TOKENS.set(name, known);
  return known;
}

it("CON-27, MGMT-4: begun again under the same key, it is the same job", async () => {
  const ids = await sold(1);
  const call = { body: { act: "suspend", ids }, headers: { "Idempotency-Key": "job" } };
  const job = await jsonOf(await v3("POST", "/license-jobs", call), 202);
  expect(await jsonOf(await v3("POST", "/license-jobs", call), 202)).toEqual(job);
  expect(await listOf(await v3("GET", "/license-jobs"))).toHaveLength(1);
});

it("CON-27: tags are added to those that a license has, and taken off, whoever changes it meanwhile", async () => {
  for (const name of ["gold", "beta", "old"]) await created("/tags", { name });
  const [one = "", two = ""] = await sold(2, { tags: ["old"] });
  const job = await begun({ act: "tag", ids: [one, two], parameters: { tags: ["gold", "beta"] } });
  const meanwhile = v3("PATCH", `/licenses/${one}`, { body: { notes: "meanwhile" } });
  expect(await ended(job)).toMatchObject({ state: "done", done: 2, failed: 0 });
  await meanwhile;
  expect(await read(`/licenses/${one}`)).toMatchObject({ tags: ["old", "gold", "beta"], notes: "meanwhile" });
  await ended(await begun({ act: "untag", ids: [one, two], parameters: { tags: ["old", "gold"] } }));
  expect(await read(`/licenses/${two}`)).toMatchObject({ tags: ["beta"] });
  const twice = await begun({ act: "untag", ids: [two], parameters: { tags: ["gold"] } });
  expect(await ended(twice)).toMatchObject({ done: 1 });
  expect(await eventsOf(two, "license.updated")).toHaveLength(2);
});

it("CON-27: the cron goes on where nobody does, a hundred licenses a minute, and forgets jobs after 30 days", async () => {
  const ids = await sold(2);
  const job = await begun({ act: "suspend", ids });
  const opened = await openDeployment(env, { now: Date.now(), waitUntil: () => undefined });
  if (!opened.ok) throw new Error(opened.detail);
  await runCron(opened.deployment, Date.now());
  expect(await read(`/license-jobs/${job.id}`)).toMatchObject({ state: "running", done: 0 });
  await env.DB.prepare("UPDATE jobs SET updated_at = updated_at - 30000").run();
  await runCron(opened.deployment, Date.now());
  expect(await read(`/license-jobs/${job.id}`)).toMatchObject({ state: "done", done: 2 });
  await env.DB.exec(`UPDATE jobs SET started_at = started_at - ${30 * DAY}`);
  await runCron(opened.deployment, Date.now());
  expect((await v3("GET", `/license-jobs/${job.id}`)).status).toBe(404);
  expect((await env.DB.prepare("SELECT 1 FROM job_parts").all()).results).toEqual([]);
});

it("MGMT-7: a filter by a person's address is shown to who may read people, and asked by nobody else", async () => {
  const filter = { "user.email": "zaphod@heartofgold.example" };
  const token = await mint(["license:read", "license:write"]);
  const refused = await v3("POST", "/license-jobs", { body: { act: "lift", filter, expected: 0 }, token });
  expect(refused.status).toBe(403);
  const job = await begun({ act: "lift", filter, expected: 0 });
  expect(job).toMatchObject({ filter, state: "done", total: 0 });
  expect(await jsonOf(await v3("GET", `/license-jobs/${job.id}`, { token }), 200)).toMatchObject({ filter: null });
});
