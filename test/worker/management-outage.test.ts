/** /v3 while D1 does not answer, and against guessed tokens (ERR-1, LIM-1). */

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { isOutage } from "../../src/registry/db/outage.ts";
import { bindingsWith, ROOT_SECRET, watchedDatabase } from "../support/bindings.ts";
import { mint, productId } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";

const VARS = { ROOT_SECRET, ENVIRONMENT: "development" };

function request(method: string, path: string, token: string, body?: object): Request {
  return new Request(`http://leasehold.test/v3${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "CF-Connecting-IP": "192.0.2.7" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

it("ERR-1: 503 and retryable where D1 does not answer, and the same call succeeds afterwards", async () => {
  const token = await mint(["*"]);
  const body = { productId: await productId() };
  const { db, fail, heal } = watchedDatabase();
  const app = createApp(deploymentOpener());
  const call = async (method: string, path: string, sent?: object) =>
    await app.fetch(request(method, path, token, sent), bindingsWith(VARS, db), createExecutionContext());
  expect((await call("GET", "/licenses")).status).toBe(200);
  fail();
  await problemOf(await call("GET", "/licenses"), 503, "STORAGE_UNAVAILABLE");
  await problemOf(await call("POST", "/licenses", body), 503, "STORAGE_UNAVAILABLE");
  heal();
  expect((await call("POST", "/licenses", body)).status).toBe(201);
});

it("ERR-2: a statement that is wrong is a bug, not an outage", () => {
  expect(isOutage(new Error("D1_ERROR: no such column: x at offset 7: SQLITE_ERROR"))).toBe(false);
  expect(isOutage(new Error("D1_ERROR: UNIQUE constraint failed: products.id: SQLITE_CONSTRAINT"))).toBe(false);
  expect(isOutage(new Error("something else"))).toBe(false);
  for (const ours of [
    'D1_ERROR: near "SELEC": syntax error at offset 0: SQLITE_ERROR',
    "D1_TYPE_ERROR: Type 'undefined' not supported for value 'undefined'",
    "D1_ERROR: Wrong number of parameter bindings for SQL query.",
    "D1_ERROR: too many SQL variables at offset 5: SQLITE_ERROR",
    "D1_ERROR: string or blob too big: SQLITE_TOOBIG",
    "D1_COLUMN_NOTFOUND: Column not found",
    "FOREIGN KEY constraint failed: SQLITE_CONSTRAINT",
  ]) {
    expect([ours, isOutage(new Error(ours))]).toEqual([ours, false]);
    expect([ours, isOutage(new Error("Failed query: x", { cause: new Error(ours) }))]).toEqual([ours, false]);
  }
  expect(isOutage(new TypeError("x is not a function"))).toBe(false);
  expect(isOutage(new Error("Failed query: x", { cause: new TypeError("x is not a function") }))).toBe(false);
  // What strangers sent stands in the query builder's message, and decides nothing.
  const quoting = "Failed query: insert ... params: SQLITE_FULL, D1_ERROR";
  const unique = new Error("UNIQUE constraint failed: users.email: SQLITE_CONSTRAINT");
  expect(isOutage(new Error(quoting, { cause: unique }))).toBe(false);
});

it.each([
  "internal error; reference = j8nlv7hhggs3eb2emt05j5on",
  "database or disk is full: SQLITE_FULL",
  "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
  "D1_ERROR: D1 DB exceeded its CPU time limit and was reset.",
  "D1_ERROR: D1 DB's isolate exceeded its memory limit and was reset.",
  "D1_ERROR: Exceeded maximum DB size",
  "D1_ERROR: Internal error in D1 DB storage caused object to be reset.",
  "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
  "D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node.",
  "D1_ERROR: disk I/O error: SQLITE_IOERR",
  "Network connection lost.",
  "Durable Object reset because its code was updated.",
  "Durable Object storage operation exceeded timeout which caused object to be reset.",
])("ERR-1: what the platform says of itself is an outage: %s", (message) => {
  expect(isOutage(new Error(message))).toBe(true);
  expect(isOutage(new Error("Failed query: x", { cause: new Error(message) }))).toBe(true);
});

it("ERR-1: what a statement throws is an outage, unless it is known to be ours", () => {
  const unheard = new Error("something that nobody has heard of yet");
  expect(isOutage(new Error("Failed query: x", { cause: unheard }))).toBe(true);
  expect(isOutage(new Error("D1_ERROR: database is locked: SQLITE_BUSY"))).toBe(true);
  expect(isOutage(new Error("Failed query", { cause: new Error("D1_ERROR: Network connection lost.") }))).toBe(true);
});

it("LIM-1: who guesses access tokens gets 429, valid ones from elsewhere do not", async () => {
  const token = await mint(["license:read"]);
  const app = createApp(deploymentOpener());
  // Bursts have their own test and would get in the way here.
  const bindings = { ...env, BURST_LIMIT: { limit: async () => ({ success: true }) }, RATE_LIMITS: "on" };
  const guess = async () =>
    await app.fetch(request("GET", "/licenses", `lh_pat_${"A".repeat(43)}`), bindings, createExecutionContext());
  const seen = new Set<number>();
  for (let attempt = 0; attempt < 210 && !seen.has(429); attempt += 1) seen.add((await guess()).status);
  expect(seen).toEqual(new Set([401, 429]));
  await problemOf(
    await app.fetch(request("GET", "/licenses", token), bindings, createExecutionContext()),
    429,
    "TOO_MANY_REQUESTS",
  );
  const elsewhere = request("GET", "/licenses", token);
  elsewhere.headers.set("CF-Connecting-IP", "192.0.2.8");
  expect((await app.fetch(elsewhere, bindings, createExecutionContext())).status).toBe(200);
});
