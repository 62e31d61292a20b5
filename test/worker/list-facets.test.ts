/** Licenses and users of before there was anything to find them by (MGMT-1): the cron makes them findable. */

import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runCron } from "../../src/operations/cron.ts";
import { listFacets } from "../../src/operations/list-facets.ts";
import { listLicenseFacets, listUserFacets, unlistedLicenses } from "../../src/registry/unlisted.ts";
import { bindingsWith, fetchWith, ROOT_SECRET, watchedDatabase } from "../support/bindings.ts";
import { expectFacetsTrue, facetsOf, faultsOfFacets } from "../support/facets.ts";
import { created, jsonOf, license, productId, v3, type Json } from "../support/management.ts";
import { deployment } from "../support/shop.ts";

const WELL = { status: "ok", configuration: "ok", database: "ok" };

async function forget(): Promise<void> {
  await env.DB.batch(
    ["UPDATE licenses SET facets = NULL", "UPDATE users SET facets = NULL"]
      .concat(["DELETE FROM license_facets", "DELETE FROM user_facets"])
      .map((query) => env.DB.prepare(query)),
  );
}

async function health(): Promise<unknown> {
  return await (await fetchWith(bindingsWith({ ROOT_SECRET }), "/health")).json();
}

async function unlisted(): Promise<number> {
  return Number(await env.DB.prepare("SELECT count(*) AS n FROM licenses WHERE facets IS NULL").first("n"));
}

/** Copies of a license under other ids, as an older version has written them. */
async function copies(of: Json, count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, at) => `ffffffff-ffff-8fff-8000-${String(at).padStart(12, "0")}`);
  await env.DB.prepare(
    `INSERT INTO licenses (id, key, product_id, revision, terms, created_at, updated_at)
     SELECT copy.value, copy.value, product_id, revision, terms, created_at, updated_at
     FROM json_each(?2) AS copy, licenses WHERE licenses.id = ?1`,
  )
    .bind(of.id, JSON.stringify(ids))
    .run();
}

let made: { readonly license: Json; readonly user: Json };

beforeEach(async () => {
  const metadata = [{ key: "order", value: "A 17" }];
  const email = `${crypto.randomUUID()}@example.test`;
  const user = await created("/users", { email, firstName: "Ada", metadata });
  made = { user, license: await license({ metadata, userId: user.id }) };
});

afterEach(async () => {
  vi.restoreAllMocks();
  await env.DB.exec("DELETE FROM licenses WHERE id GLOB 'ffffffff-*'");
  await listFacets(await deployment());
});

describe("rows of before", () => {
  it("MGMT-1: are listed by the cron, and health counts those that wait", async () => {
    const product = await productId();
    for (let at = 0; at < 20; at += 1) await license({ productId: product });
    await forget();
    expect(await faultsOfFacets()).not.toEqual([]);
    expect(await health()).toMatchObject({ status: "ok", rowsToIndex: expect.any(Number) });
    await runCron(await deployment(), Date.now());
    await expectFacetsTrue();
    expect(await facetsOf(String(made.user.id), "name")).toEqual(["ada"]);
    expect(await health()).toEqual(WELL);
  });

  it("LIM-2: one run takes so many, the next one the others", async () => {
    await copies(made.license, 901);
    await listFacets(await deployment());
    expect(await unlisted()).toBe(1);
    await listFacets(await deployment());
    expect(await unlisted()).toBe(0);
  });

  it("MGMT-1: wait while D1 fails, and the run tells nobody but the operator", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await forget();
    const { db, fail, heal } = watchedDatabase();
    fail();
    await listFacets({ db });
    expect(warned).toHaveBeenCalledOnce();
    expect(await unlisted()).toBeGreaterThan(0);
    heal();
    await listFacets({ db });
    await expectFacetsTrue();
  });
});

describe("a row that changes meanwhile", () => {
  it("MGMT-1: is left alone, and is right in the end", async () => {
    await forget();
    const id = String(made.license.id);
    const [read] = (await unlistedLicenses(env.DB, "", 1_000)).filter((row) => row.id === id);
    if (read === undefined) throw new Error("the license is listed");
    // Its object tells D1 what it is now, which the late run has not read.
    expect(await jsonOf(await v3("PATCH", `/licenses/${id}`, { body: { suspended: true } }), 200)).toMatchObject({
      id,
    });
    const stale = { id, facets: [["suspended", "false"]] as const };
    for (const state of [read.revision, read.revision + 1]) await listLicenseFacets(env.DB, [{ ...stale, state }]);
    expect(await facetsOf(id, "suspended")).toEqual(["true"]);
    await listFacets(await deployment());
    await expectFacetsTrue();
  });

  it("MGMT-1: is left alone too if it has changed and still lists none", async () => {
    await forget();
    const id = String(made.license.id);
    await listLicenseFacets(env.DB, [{ id, state: 77, facets: [["suspended", "false"]] }]);
    await listUserFacets(env.DB, [{ id: String(made.user.id), state: 77, facets: [["name", "eve"]] }]);
    expect(await facetsOf(id, "suspended")).toEqual([]);
    expect(await facetsOf(String(made.user.id), "name")).toEqual([]);
    await listFacets(await deployment());
    await expectFacetsTrue();
  });
});
