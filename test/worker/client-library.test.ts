/** The client library's judgement of what this server really answers. */

import { exports } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { type Meaning, readAnswer } from "../../clients/typescript/src/answer.ts";
import { readKeySet } from "../../clients/typescript/src/endorse.ts";
import { judge } from "../../clients/typescript/src/judge.ts";
import { renewAt } from "../../clients/typescript/src/schedule.ts";
import { type Claims, type ProductKey, type Verified, verifyToken } from "../../clients/typescript/src/token.ts";
import { jsonOf, listOf, v3 } from "../support/management.ts";
import {
  activated,
  bearer,
  change,
  type Document,
  newFloating,
  newProduct,
  post,
  tryActivate,
} from "../support/shop.ts";

const MINUTE = 60_000;
const JWKS = (productId: string) => `http://leasehold.test/v3/products/${productId}/jwks`;

afterEach(() => void vi.useRealTimers());

async function meaningOf(call: "activate" | "renew", answer: Response): Promise<Meaning> {
  const { status, headers } = answer;
  const [contentType, retryAfter] = [headers.get("Content-Type"), headers.get("Retry-After")];
  return readAnswer({ call, status, contentType, retryAfter, body: await answer.text() }, Date.now());
}

async function pinned(productId: string): Promise<readonly ProductKey[]> {
  const answer = await exports.default.fetch(JWKS(productId));
  const { keys }: { readonly keys: readonly ProductKey[] } = await answer.json();
  return keys;
}

async function granted(key: string): Promise<Document> {
  const meaning = await meaningOf("activate", await tryActivate(key, "a device"));
  if (meaning.kind !== "ok") throw new Error(meaning.kind);
  return meaning.document as unknown as Document;
}

function claimsOf(verified: Verified<Claims>): Claims {
  if (!verified.ok) throw new Error(verified.reason);
  return verified.claims;
}

async function renewal(document: Document): Promise<Meaning> {
  return await meaningOf("renew", await post(`/${document.sessionId}/renew`, undefined, bearer(document)));
}

it.each(["ES256", "Ed25519", "RS256"] as const)(
  "VER-1, GRC-1, SCH-1: a seat under %s is usable",
  async (tokenAlgorithm) => {
    const product = await newProduct({ tokenAlgorithm });
    const { key } = await newFloating(1, { productId: product.id });
    const { licenseToken, leaseExpiresAt, renewAfter } = await granted(key);
    const keys = await pinned(product.id);
    const holder = { productId: product.id, fingerprint: "a device" };
    const verified = await verifyToken(licenseToken, keys, holder);
    const until = Math.floor(Date.parse(String(leaseExpiresAt)) / 1_000) * 1_000;
    expect(judge(verified, Date.now())).toEqual({ status: "active", usable: true, until, clock: "ok" });
    const due = Date.parse(String(renewAfter));
    expect(judge(verified, due, { contactFailed: true })).toMatchObject({ status: "grace", usable: true });
    expect(judge(verified, until)).toMatchObject({ status: "expired", reason: "lease" });
    expect(renewAt(claimsOf(verified), Date.now(), 0.5)).toBeLessThan(until);
    const elsewhere = await verifyToken(licenseToken, keys, { ...holder, fingerprint: "another" });
    expect(elsewhere).toEqual({ ok: false, reason: "device" });
  },
);

it("ANS-1, REF-1: a renewal counts, a suspension too, and lifting it heals by the next renewal", async () => {
  const product = await newProduct();
  const license = await newFloating(1, { productId: product.id });
  const document = await granted(license.key);
  expect(await renewal(document)).toMatchObject({ kind: "ok" });
  await change(license, { suspended: true });
  const refused = await renewal(document);
  expect(refused).toMatchObject({ kind: "conclusive", next: "poll", problem: { code: "license-suspended" } });
  const verified = await verifyToken(document.licenseToken, await pinned(product.id), { productId: product.id });
  const refusal = { jti: claimsOf(verified).jti, code: "license-suspended" };
  expect(judge(verified, Date.now(), { refusal })).toMatchObject({ status: "suspended", usable: false });
  await change(license, { suspended: false });
  const renewed = await renewal(document);
  if (renewed.kind !== "ok") throw new Error(renewed.kind);
  const next = await verifyToken(String(renewed.document["licenseToken"]), await pinned(product.id), {
    productId: product.id,
  });
  expect(judge(next, Date.now(), { refusal })).toMatchObject({ status: "active" });
});

it("ANS-1: a full license means to wait, an unknown key another key, a wrong address nothing", async () => {
  const license = await newFloating(1);
  await granted(license.key);
  const full = await meaningOf("activate", await tryActivate(license.key, "another"));
  expect(full).toMatchObject({ kind: "conclusive", next: "wait", problem: { limit: 1, used: 1 } });
  expect(full).toHaveProperty("retryAfter", expect.any(Number));
  const unknown = await meaningOf("activate", await tryActivate("AAAAAA-BBBBBB-CCCCCC-DDDDDD-EEEEEE-FFFFFF"));
  expect(unknown).toMatchObject({ kind: "conclusive", next: "ask" });
  expect(await meaningOf("activate", await post("/licenses", {}))).toEqual({ kind: "network", cause: "server" });
  const foreign = await activated((await newFloating(1)).key);
  const forged = { ...foreign, licenseToken: `${foreign.licenseToken.slice(0, -8)}AAAAAAAA` };
  expect(await renewal(forged)).toMatchObject({ kind: "conclusive", next: "activate" });
});

it("TRU-2: an app that pins yesterday's key follows a rotation by the server's signed key set", async () => {
  const product = await newProduct();
  const { key } = await newFloating(1, { productId: product.id });
  const keys = await listOf(await v3("GET", `/products/${product.id}/keys`));
  const kidAs = (status: string) => String(keys.find((one) => one["status"] === status)?.["kid"]);
  const [old, reserve] = [kidAs("active"), kidAs("published")];
  const pins = (await pinned(product.id)).filter(({ kid }) => kid === old);
  vi.setSystemTime(Date.now() + MINUTE);
  await jsonOf(await v3("POST", `/products/${product.id}/keys/${reserve}/activate`), 200);
  vi.setSystemTime(Date.now() + MINUTE);
  const { licenseToken } = await granted(key);
  const holder = { productId: product.id };
  expect(await verifyToken(licenseToken, pins, holder)).toEqual({ ok: false, reason: "key-unknown" });
  const set = await (await exports.default.fetch(`${JWKS(product.id)}.jwt?by=${old}`)).text();
  const endorsed = await readKeySet(set, pins, product.id);
  expect(await verifyToken(licenseToken, [...pins, ...(endorsed?.keys ?? [])], holder)).toMatchObject({ ok: true });
  expect(await readKeySet(set, pins, "another product")).toBeNull();
});
