/**
 * A Worker that is deployed before its D1 migrations: 503 with what to do, on every call but health, until they are
 * applied.
 */

import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { isSchemaError, probeDatabase } from "../../src/registry/db/probe.ts";
import { bindingsWith, fetchWith, ROOT_SECRET } from "../support/bindings.ts";
import { problemOf } from "../support/problems.ts";

const bindings = bindingsWith({ ROOT_SECRET });
const COMMAND = "Run `wrangler d1 migrations apply DB --remote`.";

/** What a migration must do for the schema to count as behind without it; an index alone makes old queries slow. */
const CHANGES_TABLES = /^\s*(CREATE TABLE|ALTER TABLE)/i;

/** D1 as it was after so many migrations. */
async function migratedUpTo(count: number): Promise<void> {
  const tables = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
  ).all<{ name: string }>();
  for (const { name } of tables.results) await env.DB.exec(`DROP TABLE "${name}"`);
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS.slice(0, count));
}

async function databaseState(open = deploymentOpener()): Promise<unknown> {
  const answer = await fetchWith(bindings, "/health", open);
  const { database } = await answer.json<{ database: string }>();
  expect(answer.status).toBe(database === "ok" ? 200 : 503);
  return database;
}

const behind = env.TEST_MIGRATIONS.map((_, applied) => ({ applied, of: env.TEST_MIGRATIONS.length })).filter(
  ({ applied }) =>
    env.TEST_MIGRATIONS.slice(applied).some(({ queries }) => queries.some((query) => CHANGES_TABLES.test(query))),
);

describe("a Worker whose D1 schema is behind", () => {
  it.each(behind)(
    "CFG-2: with $applied of $of migrations refuses every call but health, in both dialects",
    async ({ applied }) => {
      await migratedUpTo(applied);
      expect(await databaseState()).toBe("schema-behind");
      for (const [path, code] of [
        ["/.well-known/jwks.json", "not-configured"],
        ["/api/v1/activations/license", "not-configured"],
        ["/v3/products", "NOT_CONFIGURED"],
        ["/anything", "not-configured"],
      ] as const) {
        const problem = await problemOf(await fetchWith(bindings, path), 503, code);
        expect(problem.detail).toContain(COMMAND);
      }
    },
  );

  it("CFG-2: looks again a second later, so that nothing needs to be restarted", async () => {
    await migratedUpTo(0);
    const open = deploymentOpener();
    await problemOf(await fetchWith(bindings, "/.well-known/jwks.json", open), 503, "not-configured");
    await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
    vi.setSystemTime(Date.now() + 1_000);
    expect((await fetchWith(bindings, "/.well-known/jwks.json", open)).status).toBe(200);
    expect(await databaseState(open)).toBe("ok");
    vi.useRealTimers();
  });
});

describe("a D1 that is set back under an isolate that had opened", () => {
  beforeEach(async () => await migratedUpTo(env.TEST_MIGRATIONS.length));

  it("CFG-2: a call that misses a table is told what to run, not that there is a bug", async () => {
    const open = deploymentOpener();
    expect((await fetchWith(bindings, "/.well-known/jwks.json", open)).status).toBe(200);
    await env.DB.exec("DROP TABLE access_tokens");
    const call = async () =>
      await fetchWith(bindings, "/v3/products", open, { Authorization: `Bearer lh_pat_${"A".repeat(43)}` });
    const problem = await problemOf(await call(), 503, "NOT_CONFIGURED");
    expect(problem.detail).toContain(COMMAND);
    await migratedUpTo(env.TEST_MIGRATIONS.length);
    await problemOf(await call(), 401, "UNAUTHORIZED");
  });
});

describe("the probe", () => {
  it.each([
    ["read", "SELECT nowhere FROM products"],
    ["written", "INSERT INTO products (nowhere) VALUES (1)"],
    ["changed", "UPDATE products SET nowhere = 1"],
  ])("CFG-2: knows a column that is missing when it is %s", async (_, query) => {
    await migratedUpTo(env.TEST_MIGRATIONS.length);
    await expect(env.DB.prepare(query).run()).rejects.toSatisfy(isSchemaError);
    // Our own mistake in a statement, on tables that are as they should be, stays a bug.
    expect(await probeDatabase(env.DB)).toBe("ok");
  });
});
