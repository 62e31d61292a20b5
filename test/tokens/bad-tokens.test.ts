/**
 * Tokens that nobody may be taken for (test/tokens/bad): each is refused, with 401 on both APIs, and each
 * would be accepted by a product without the check that it is about.
 */

import { execFile } from "node:child_process";
import { timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { openIdentityProvider } from "../../src/tokens/oidc.ts";
import { BAD_TOKENS, GOOD_TOKENS, ourToken } from "./bad/table.ts";
import { accessTokenRow, AUDIENCE, ISSUER, newTokenWorld, NOW, providerAnswer, type TokenWorld } from "./bad/world.ts";
import { nodeApp, SECRET, type NodeApp } from "../support/node-app.ts";
import type { Judged } from "./bad/run.ts";
import { ringOf } from "./key-store.ts";

const run = promisify(execFile);
const SESSION = "/api/v1/activations/0123abcd-4567-8ef0-a111-222233334444";
const CATALOGUE = "/v3/products";

let world: TokenWorld;
let here: NodeApp;
let judged: readonly Judged[];

beforeAll(async () => {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, "bad/run.ts")]);
  judged = JSON.parse(stdout) as readonly Judged[];
  world = await newTokenWorld();
  vi.useFakeTimers({ now: NOW, toFake: ["Date"] });
  for (const say of ["warn", "info", "log", "error"] as const)
    vi.spyOn(console, say).mockImplementation(() => undefined);
  // Of the Workers runtime alone.
  Object.assign(crypto.subtle, { timingSafeEqual });
  vi.stubGlobal("fetch", async (url: URL) => providerAnswer(world, url.href));
  const config = readConfig({ ROOT_SECRET: SECRET, ENVIRONMENT: "development" });
  if (!config.ok) throw new Error("no configuration");
  here = nodeApp({
    config: config.config,
    keyRing: ringOf(world.store),
    identityProvider: openIdentityProvider({
      ...{ issuer: ISSUER, audiences: [AUDIENCE], rolesClaim: "roles", trustEmail: false },
    }),
    db: databaseOf(world),
  });
});

afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe.each(BAD_TOKENS)("$of: $name", ({ of, name, isHeader, token }) => {
  it("AUTH-1, AUTH-5, MGMT-5: is 401 on both APIs", async () => {
    const header = isHeader ? await token(world) : `Bearer ${await token(world)}`;
    for (const path of [SESSION, CATALOGUE]) {
      const answer = await here.call("GET", path, { Authorization: header });
      expect([path, answer.status]).toEqual([path, 401]);
      expect(answer.headers.get("WWW-Authenticate")).toMatch(/^Bearer\b/);
      expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
    }
  });

  it("AUTH-1, AUTH-5, MGMT-5: would be accepted without the check", () => {
    expect(judged.find((row) => row.of === of && row.name === name)).toEqual({
      ...{ of, name, refused: true, acceptedWithout: true },
    });
  });
});

/** Each kind, as each other: whether it opens a session of the activation API, and whether it is somebody on /v3. */
it.each([
  ["a license token", GOOD_TOKENS["license token"], true, false],
  ["a person's token", GOOD_TOKENS["provider's token"], true, true],
  ["an access token", GOOD_TOKENS["access token"], true, true],
  ["a token of v3's client calls", (of: TokenWorld) => ourToken(of, "activation+jwt"), false, false],
  ["a token of ours without a type", (of: TokenWorld) => ourToken(of, undefined), false, false],
  ["the secret of a webhook", () => `whsec_${"A".repeat(43)}=`, false, false],
  ["ROOT_SECRET", () => SECRET, false, true],
])("AUTH-1, MGMT-5, TOK-3: %s is nothing but what it is", async (_, token, isActivation, isManagement) => {
  const Authorization = `Bearer ${await token(world)}`;
  const opened = await here.call("GET", SESSION, { Authorization });
  expect(opened.status !== 401).toBe(isActivation);
  expect((await here.call("GET", CATALOGUE, { Authorization })).status !== 401).toBe(isManagement);
});

/** D1 with access tokens alone. */
function databaseOf(of: TokenWorld): D1Database {
  const bound = (values: readonly unknown[]) => ({
    all: async () => {
      for (const value of values) {
        const row = await accessTokenRow(of, String(value));
        if (row === null) continue;
        return { results: [{ ...row, scopes: JSON.stringify(row.scopes), revoked: Number(row.revoked) }] };
      }
      return { results: [] };
    },
    raw: async () => [],
  });
  const prepare = () => ({ bind: (...values: readonly unknown[]) => bound(values) });
  const batch = async (statements: readonly ReturnType<typeof bound>[]) =>
    await Promise.all(statements.map((statement) => statement.all()));
  return { prepare, batch } as unknown as D1Database;
}
