/** One box for everything (page 95): by the shape of the text, by seeks alone, and nothing that may not be seen. */

import { env } from "cloudflare:workers";
import { beforeAll, expect, it, vi } from "vitest";
import { sha256Hex } from "../../src/tokens/sha256.ts";
import { created, jsonOf, listOf, mint, v3, type Json } from "../support/management.ts";
import { activated } from "../support/shop.ts";
import { handedOver } from "../support/objects.ts";

let license: Json;
let user: Json;
let session: string;

beforeAll(async () => {
  const product = await created("/products", { name: "Drawing" });
  const who = { email: "ada@acme.example", firstName: "Ada", lastName: "Lovelace", company: "Acme Engines" };
  user = await created("/users", who);
  const metadata = [{ key: "order", value: "PO 4711-b" }];
  const more = { externalReference: "shop-99", metadata };
  license = await created("/licenses", { productId: product.id, userId: user.id, ...more });
  session = (await activated(String(license.key), "a device", { hostname: "ADA-PC" })).sessionId;
  await created("/licenses", { productId: product.id, key: "CHOSEN-KEY-1", allowedActivations: 0 });
  await handedOver();
});

async function search(q: string, more: Json = {}, token?: string): Promise<Json> {
  return await jsonOf(
    await v3("POST", "/search", { body: { q, ...more }, ...(token === undefined ? {} : { token }) }),
    200,
  );
}

async function found(q: string, more: Json = {}, token?: string): Promise<readonly unknown[]> {
  return ((await search(q, more, token)).results as readonly Json[]).map(({ type, id }) => [type, id]);
}

it("MGMT-1: an id leads to what has it, whatever the case", async () => {
  expect(await found(String(license.id).toUpperCase())).toEqual([["license", license.id]]);
  expect(await search(session)).toEqual({
    type: "id",
    results: [{ type: "activation", id: session, name: "ADA-PC" }],
    more: [],
  });
  expect(await search(String(user.id))).toMatchObject({ results: [{ type: "user", name: "Ada Lovelace" }] });
  const [event] = await vi.waitUntil(async () => {
    const events = await listOf(await v3("GET", `/event-logs?resourceId=${user.id}`));
    return events.length > 0 ? events : null;
  });
  expect(await search(String((event as Json).id))).toMatchObject({
    results: [{ type: "event", name: "user.created" }],
  });
  expect(await found("0190a5d4-0000-7000-8000-000000000001")).toEqual([]);
  expect(await found(`${session.slice(0, -4)}0000`)).toEqual([]);
});

it("MGMT-1, KEY-3: a key, as it is pasted, or its beginning", async () => {
  const key = String(license.key);
  for (const text of [key, ` ${key.toLowerCase()} `, key.slice(0, 9)]) {
    expect([text, await found(text)]).toEqual([text, [["license", license.id]]]);
  }
  expect(await search("CHOSEN-KEY-1")).toMatchObject({ results: [{ type: "license", name: "CHOSEN-KEY-1" }] });
});

it("MGMT-1, EMAIL-1: an e-mail, or its beginning, and what that person has", async () => {
  expect(await found("ADA@acme.example")).toEqual([
    ["license", license.id],
    ["user", user.id],
  ]);
  expect(await found("ada@")).toEqual([["user", user.id]]);
  expect(await found("nobody@acme.example")).toEqual([]);
});

it("MGMT-1: a reference, a metadata value, words of a license and of a person", async () => {
  for (const text of ["shop-99", "po 4711-B", "4711", "po b"]) {
    expect([text, await found(text)]).toEqual([text, [["license", license.id]]]);
  }
  for (const text of ["lovelace", "Ada Love", "engines acme"]) {
    expect([text, await found(text)]).toEqual([text, [["user", user.id]]]);
  }
  expect(await found("Ada Nobody")).toEqual([]);
  expect(await found("!!! ???")).toEqual([]);
});

it("MGMT-1: a host's name or its beginning in any case, a fingerprint, or what stands for it", async () => {
  const { sessionId } = await activated("CHOSEN-KEY-1", "a device", { hostname: "Plotter_7 %" });
  await handedOver();
  for (const text of ["ADA-P", "ada-pc"]) expect([text, await found(text)]).toEqual([text, [["activation", session]]]);
  for (const text of ["plotter_7 %", "PLOTTER_"]) expect(await found(text)).toEqual([["activation", sessionId]]);
  for (const text of ["plotter%", "plotter 7", "adaxpc", "_da", "%", "   "])
    expect([text, await found(text)]).toEqual([text, []]);
  const both = [
    ["activation", sessionId],
    ["activation", session],
  ];
  const digest = (await sha256Hex("a device")).slice(0, 32);
  // The newest first.
  for (const text of ["a device", " a device ", digest, digest.toUpperCase()]) expect(await found(text)).toEqual(both);
  expect(await search("a device")).toMatchObject({
    type: "text",
    results: [{ name: "Plotter_7 %" }, { name: "ADA-PC" }],
    more: [],
  });
  expect(await search("a device", { limit: 1 })).toMatchObject({
    results: [{ name: "Plotter_7 %" }],
    more: ["activation"],
  });
  expect(await found("A device")).toEqual([]);
  const guid = "F5A1B2C3-0000-4000-8000-00000000ABCD";
  const known = await activated("CHOSEN-KEY-1", guid);
  await handedOver();
  expect(await search(guid)).toEqual({
    type: "id",
    results: [{ type: "activation", id: known.sessionId, name: null }],
    more: [],
  });
  const exact = await activated("CHOSEN-KEY-1", "another", { hostname: "ada" });
  await handedOver();
  expect(await found("ADA", { types: ["activation"] })).toEqual([
    ["activation", exact.sessionId],
    ["activation", session],
  ]);
});

it("says of which there are more, and shows no more than is asked for", async () => {
  for (const name of ["Grace", "Grete", "Greta"]) {
    await created("/users", { email: `${name}@many.example`, firstName: name, company: "Manyfold" });
  }
  const two = await search("manyfold", { limit: 2 });
  expect(two).toMatchObject({ more: ["user"] });
  expect(two.results).toHaveLength(2);
  expect(await search("manyfold", { limit: 3 })).toMatchObject({ more: [] });
  expect(await found("manyfold", { types: ["license"] })).toEqual([]);
});

it("MGMT-5, MGMT-7: what may not be seen is not found, and an e-mail is 403 that names the scope", async () => {
  const token = await mint(["license:read"]);
  expect(await found("lovelace", {}, token)).toEqual([]);
  expect(await found("4711", {}, token)).toEqual([["license", license.id]]);
  for (const text of [session, "ada-pc", "a device"]) expect([text, await found(text, {}, token)]).toEqual([text, []]);
  expect(await found(String(user.id), {}, token)).toEqual([]);
  const refused = await jsonOf(await v3("POST", "/search", { body: { q: "ada@acme.example" }, token }), 403);
  expect(refused.detail).toContain("user:read");
  await jsonOf(await v3("POST", "/search", { body: { q: "x" }, token: await mint(["user:read"]) }), 403);
});

it("ID-6: a secret is named, and neither looked up nor repeated", async () => {
  for (const secret of [await mint(["*"]), "whsec_abc"]) {
    const answer = await search(secret);
    expect(answer).toEqual({ type: "secret", results: [], more: [] });
  }
});

it("LIM-2: what is too long, empty or of no kind is 400 at its member", async () => {
  for (const [body, pointer] of [
    [{ q: "x".repeat(1025) }, "/q"],
    [{ q: "" }, "/q"],
    [{ q: "x", types: ["planet"] }, "/types/0"],
    [{ q: "x", limit: 21 }, "/limit"],
  ] as const) {
    expect((await jsonOf(await v3("POST", "/search", { body }), 400)).errors).toMatchObject([{ pointer }]);
  }
});

it("MGMT-1: every way is a seek: no plan scans a table", async () => {
  const texts = new Set<string>();
  const prepare = env.DB.prepare.bind(env.DB);
  const watch = vi.spyOn(env.DB, "prepare").mockImplementation((text) => {
    texts.add(text);
    return prepare(text);
  });
  for (const text of ["ada lovelace acme", "ada@acme.example", "AAAA-BBBB", "0190a5d4-0000-7000-8000-000000000001"]) {
    await search(text);
  }
  watch.mockRestore();
  const seeks = [...texts].filter((text) => text.startsWith("SELECT"));
  expect(seeks.length).toBeGreaterThan(5);
  for (const text of seeks) {
    const numbered = [...text.matchAll(/\?(\d+)/g)].map(([, place]) => Number(place));
    const places = numbered.length > 0 ? Math.max(...numbered) : text.split("?").length - 1;
    const explained = prepare(`EXPLAIN QUERY PLAN ${text}`).bind(...Array.from({ length: places }, () => "[]"));
    const { results } = await explained.all<{ readonly detail: string }>();
    const scans = results.filter(({ detail }) => /^SCAN (?!e\b|f\b|u\b|k\b|kinds|VIRTUAL|CONSTANT|\()/.test(detail));
    expect([text, scans.map(({ detail }) => detail)]).toEqual([text, []]);
  }
});
