import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { bindingsWith, fetchWith, momentAt, openWith, ROOT_SECRET, watchedDatabase } from "../support/bindings.ts";
import { problemOf } from "../support/problems.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { healthReader } from "../../src/operations/upkeep/health.ts";

async function health(bindings = bindingsWith({ ROOT_SECRET }), open = deploymentOpener()) {
  const answer = await fetchWith(bindings, "/health", open);
  return { status: answer.status, body: await answer.json() };
}

// In this order: the last tests change the tables for good.
describe("health", () => {
  it("CFG-2: a deployment in order answers 200 with exactly three members, for no cache", async () => {
    const answer = await exports.default.fetch("http://leasehold.test/health");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    expect(answer.headers.get("Content-Type")).toContain("application/json");
    expect(await answer.json()).toEqual({ status: "ok", configuration: "ok", database: "ok" });
  });

  it("CFG-2: /v3/status says the same to clients of /v3, whatever they bring along", async () => {
    for (const headers of [{}, { Authorization: "Bearer nobody" }]) {
      const answer = await fetchWith(bindingsWith({ ROOT_SECRET }), "/v3/status", deploymentOpener(), headers);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("Cache-Control")).toBe("no-store");
      expect(await answer.json()).toEqual({ status: "ok", configuration: "ok", database: "ok" });
    }
    const faulty = await fetchWith(bindingsWith({ ROOT_SECRET: "short" }), "/v3/status");
    expect(faulty.status).toBe(503);
    expect(await faulty.json()).toEqual({ status: "unavailable", configuration: "faulty", database: "ok" });
    const watched = watchedDatabase();
    watched.fail();
    const down = await fetchWith(bindingsWith({ ROOT_SECRET }, watched.db), "/v3/status");
    expect(down.status).toBe(503);
    expect(await down.json()).toMatchObject({ status: "unavailable", database: "unreachable" });
  });

  it("ERR-3: /v3/status only reads", async () => {
    const answer = await exports.default.fetch("http://leasehold.test/v3/status", { method: "POST" });
    await problemOf(answer, 405, "METHOD_NOT_ALLOWED");
    expect(answer.headers.get("Allow")).toBe("GET, HEAD, OPTIONS");
  });

  it("CFG-2: a faulty configuration is told, without its names and values", async () => {
    expect(await health(bindingsWith({ ROOT_SECRET: "short", JURISDICTION: "mars" }))).toEqual({
      status: 503,
      body: { status: "unavailable", configuration: "faulty", database: "ok" },
    });
  });

  it("CFG-2: a configuration that is not the recorded one is faulty", async () => {
    expect(await openWith({ ROOT_SECRET })).toMatchObject({ ok: true });
    expect(await health(bindingsWith({ ROOT_SECRET, JURISDICTION: "eu" }))).toEqual({
      status: 503,
      body: { status: "unavailable", configuration: "faulty", database: "ok" },
    });
  });

  it("CFG-2: a D1 that does not answer is told, and by an isolate that is open already too", async () => {
    const watched = watchedDatabase();
    const bindings = bindingsWith({ ROOT_SECRET }, watched.db);
    const open = deploymentOpener();
    expect(await health(bindings, open)).toMatchObject({ status: 200 });
    watched.fail();
    expect(await health(bindings, open)).toEqual({
      status: 503,
      body: { status: "unavailable", configuration: "ok", database: "unreachable" },
    });
    expect(await health(bindings)).toEqual({
      status: 503,
      body: { status: "unavailable", configuration: "unknown", database: "unreachable" },
    });
    watched.heal();
    expect(await health(bindings, open)).toMatchObject({ status: 200 });
  });

  it("CFG-2: D1 is asked at most once in two seconds, however often health is", async () => {
    const watched = watchedDatabase();
    const bindings = bindingsWith({ ROOT_SECRET }, watched.db);
    const open = deploymentOpener();
    const read = healthReader(open);
    expect(await read(bindings, momentAt(0))).toMatchObject({ status: "ok" });
    const calls = watched.calls();
    await read(bindings, momentAt(1_999));
    expect(watched.calls()).toBe(calls);
    watched.fail();
    expect(await read(bindings, momentAt(2_000))).toMatchObject({ database: "unreachable" });
    watched.heal();
    expect(await read(bindings, momentAt(3_999))).toMatchObject({ database: "unreachable" });
    expect(await read(bindings, momentAt(4_000))).toMatchObject({ database: "ok" });
  });

  it("CFG-2: newer tables than the code knows are in order", async () => {
    await env.DB.exec("ALTER TABLE products ADD COLUMN added_later TEXT");
    await env.DB.exec("CREATE TABLE added_later (id TEXT PRIMARY KEY)");
    expect(await health()).toMatchObject({ status: 200 });
  });

  it("CFG-2: a column that is not there yet is told as a schema that is behind", async () => {
    await env.DB.exec("ALTER TABLE products DROP COLUMN legal_notice");
    expect(await health()).toEqual({
      status: 503,
      body: { status: "unavailable", configuration: "unknown", database: "schema-behind" },
    });
  });

  it("CFG-2: so is a database without tables, and calls say what to run", async () => {
    await env.DB.exec("DROP TABLE deployment");
    const behind = { status: "unavailable", configuration: "unknown", database: "schema-behind" };
    expect(await health()).toEqual({ status: 503, body: behind });
    const call = await fetchWith(bindingsWith({ ROOT_SECRET }), "/.well-known/jwks.json");
    expect(call.status).toBe(503);
    expect(await call.json()).toMatchObject({
      code: "not-configured",
      detail:
        "D1's tables are missing, or older than this version of the Worker. Run `wrangler d1 migrations apply DB --remote`.",
    });
  });
});
