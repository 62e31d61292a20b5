import { createPublicKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openKeyRing, type SigningKeyRecord } from "../../src/tokens/key-ring.ts";
import { calculateJwkThumbprint } from "jose";
import { openWrapping } from "../../src/tokens/wrapping.ts";
import { at, KeyStore, ringOf, settle } from "./key-store.ts";

const UNAVAILABLE = { ok: false, refusal: { code: "storage-unavailable" } };

/** A key id that nobody has. */
function madeUp(number: number): string {
  return String(number).padStart(43, "x");
}

describe("the key ring", () => {
  it.each(["ES256", "Ed25519", "RS256"] as const)(
    "TOK-1: a %s key is named by its thumbprint, published without private members, and written as SPKI",
    async (algorithm) => {
      const store = new KeyStore();
      const row = await store.add("p", algorithm);
      expect(row.kid).toBe(await calculateJwkThumbprint(row.publicJwk));
      expect(row.publicJwk).toMatchObject({ kid: row.kid, alg: algorithm, use: "sig" });
      for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k"]) expect(row.publicJwk).not.toHaveProperty(secret);
      const signer = await ringOf(store).signer("p", at(0));
      const key = signer.ok ? signer.value.publicKeyBase64 : "";
      expect(key).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
      const read = createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
      expect(await calculateJwkThumbprint(read.export({ format: "jwk" }))).toBe(row.kid);
    },
  );

  it("TOK-4: the newest active key of the product signs", async () => {
    const store = new KeyStore();
    const old = await store.add("p", "ES256", 1);
    const newest = await store.add("p", "ES256", 3);
    const middle = await store.add("p", "ES256", 2);
    await store.add("other", "ES256", 9);
    expect(await ringOf(store).signer("p", at(0))).toMatchObject({ value: { kid: newest.kid } });
    store.mark(newest.kid, "published");
    expect(await ringOf(store).signer("p", at(0))).toMatchObject({ value: { kid: middle.kid } });
    store.mark(middle.kid, "retired");
    expect(await ringOf(store).signer("p", at(0))).toMatchObject({ value: { kid: old.kid } });
    store.mark(old.kid, "compromised");
    expect(await ringOf(store).signer("p", at(0))).toEqual(UNAVAILABLE);
  });

  it("TOK-4: every key that is not compromised verifies and is published", async () => {
    const store = new KeyStore();
    // One after the other: the list is in the order in which the store has got them.
    const keys: SigningKeyRecord[] = [];
    for (let i = 0; i < 4; i += 1) keys.push(await store.add("p", "ES256", i));
    const statuses = ["active", "published", "retired", "compromised"] as const;
    for (const [i, key] of keys.entries()) store.mark(key.kid, statuses[i] ?? "active");
    const ring = ringOf(store);
    const verifies = await Promise.all(keys.map(async (key) => await ring.verifier(key.kid, at(0))));
    expect(verifies.map((answer) => answer.ok && answer.value?.kid)).toEqual([
      ...keys.slice(0, 3).map((key) => key.kid),
      undefined,
    ]);
    const good = keys.slice(0, 3).map((key) => key.publicJwk);
    expect(await ring.published("p", at(0))).toMatchObject({ value: { keys: good } });
    expect(await ring.published(null, at(0))).toMatchObject({ value: { keys: good } });
    expect(await ring.published("nobody", at(0))).toMatchObject({ value: { keys: [] } });
  });

  it("TOK-4: warm calls ask D1 nothing, parallel cold calls ask once, a refresh imports nothing anew", async () => {
    const store = new KeyStore();
    const row = await store.add("p", "ES256");
    const ring = ringOf(store);
    const cold = await Promise.all(Array.from({ length: 10 }, () => ring.signer("p", at(0))));
    expect(store.asked).toEqual(["product p"]);
    await ring.signer("p", at(29));
    await ring.published("p", at(29));
    expect(store.asked).toEqual(["product p"]);
    await ring.verifier(row.kid, at(0));
    await ring.verifier(row.kid, at(29));
    expect(store.asked).toEqual(["product p", `kid ${row.kid}`]);
    await ring.signer("p", at(30));
    await settle();
    expect(store.asked).toEqual(["product p", `kid ${row.kid}`, "product p"]);
    const after = await ring.signer("p", at(31));
    const before = cold[0];
    expect(before?.ok && after.ok && before.value.privateKey === after.value.privateKey).toBe(true);
  });

  it("TOK-4: a compromised key is out at 60 s, even when nobody asked in between", async () => {
    const store = new KeyStore();
    const row = await store.add("p", "ES256");
    const ring = ringOf(store);
    await ring.verifier(row.kid, at(0));
    await ring.signer("p", at(0));
    await ring.published(null, at(0));
    store.mark(row.kid, "compromised");
    expect(await ring.verifier(row.kid, at(60))).toEqual({ ok: true, value: null });
    expect(await ring.signer("p", at(60))).toEqual(UNAVAILABLE);
    expect(await ring.published(null, at(60))).toMatchObject({ value: { keys: [] } });
  });

  it("TOK-4: D1 failing, keys serve until 60 s and are then refused", async () => {
    const store = new KeyStore();
    const row = await store.add("p", "ES256");
    const ring = ringOf(store);
    await ring.verifier(row.kid, at(0));
    await ring.signer("p", at(0));
    await ring.published("p", at(0));
    store.broken = true;
    expect(await ring.signer("p", at(59))).toMatchObject({ ok: true });
    expect(await ring.verifier(row.kid, at(59))).toMatchObject({ ok: true, value: { kid: row.kid } });
    await settle();
    expect(await ring.signer("p", at(60))).toEqual(UNAVAILABLE);
    expect(await ring.verifier(row.kid, at(60))).toEqual(UNAVAILABLE);
    expect(await ring.published("p", at(60))).toEqual(UNAVAILABLE);
    store.broken = false;
    expect(await ring.signer("p", at(61))).toMatchObject({ ok: true });
  });

  it("TOK-5: asking for the keys of products that do not exist pushes out no signer", async () => {
    const store = new KeyStore();
    await store.add("p", "ES256");
    const ring = ringOf(store);
    await ring.signer("p", at(0));
    for (let i = 0; i < 1_100; i += 1) await ring.published(`made up ${i}`, at(1));
    store.asked.length = 0;
    expect(await ring.signer("p", at(2))).toMatchObject({ ok: true });
    expect(store.asked).toEqual([]);
  });

  it("TOK-5: what others may keep shrinks with the age of our own copy", async () => {
    const store = new KeyStore();
    await store.add("p", "ES256");
    const ring = ringOf(store);
    expect(await ring.published(null, at(0))).toMatchObject({ value: { maxAgeSeconds: 60 } });
    expect(await ring.published(null, at(1))).toMatchObject({ value: { maxAgeSeconds: 59 } });
    expect(await ring.published("p", at(0))).toMatchObject({ value: { maxAgeSeconds: 60 } });
    expect(await ring.published("p", at(25))).toMatchObject({ value: { maxAgeSeconds: 35 } });
  });

  it("TOK-4, TOK-5: a new product's key is in the list of all keys before anybody can miss it", async () => {
    const store = new KeyStore();
    await store.add("p", "ES256");
    const ring = ringOf(store);
    await ring.published(null, at(0));
    await store.add("q", "ES256");
    const later = await ring.published(null, at(2));
    expect(later.ok && later.value.keys.length).toBe(2);
  });

  it("AUTH-5: a made-up key id is no key, and one of another shape is not asked about", async () => {
    const store = new KeyStore();
    const ring = ringOf(store);
    expect(await ring.verifier(madeUp(1), at(0))).toEqual({ ok: true, value: null });
    for (const kid of ["", "x", "../../etc/passwd", `${madeUp(1)}x`, "' OR 1=1 --"]) {
      expect(await ring.verifier(kid, at(0))).toEqual({ ok: true, value: null });
    }
    expect(store.asked).toEqual([`kid ${madeUp(1)}`]);
  });

  it("AUTH-5: a flood of made-up key ids costs D1 a list every 2 s, and refuses no key that exists", async () => {
    const store = new KeyStore();
    const row = await store.add("p", "ES256");
    const late = await store.add("p", "ES256");
    const ring = ringOf(store);
    await ring.verifier(row.kid, at(0));
    for (let i = 0; i < 300; i += 1) expect(await ring.verifier(madeUp(i), at(1))).toEqual({ ok: true, value: null });
    expect(store.asked.filter((what) => what.startsWith("kid")).length).toBe(21);
    expect(store.asked.filter((what) => what === "published").length).toBe(1);
    const known = store.asked.length;
    expect(await ring.verifier(row.kid, at(2))).toMatchObject({ ok: true, value: { kid: row.kid } });
    expect(store.asked.length).toBe(known);
    expect(await ring.verifier(late.kid, at(2))).toMatchObject({ ok: true, value: { kid: late.kid } });
    const newest = await store.add("q", "ES256");
    expect(await ring.verifier(newest.kid, at(3))).toMatchObject({ ok: true, value: { kid: newest.kid } });
  });

  it("AUTH-5: guesses at once are counted before they are asked, and keys that exist are not counted", async () => {
    const store = new KeyStore();
    const rows = await Promise.all(Array.from({ length: 30 }, (_, i) => store.add("p", "ES256", i)));
    const ring = ringOf(store);
    for (const { kid } of rows) expect(await ring.verifier(kid, at(0))).toMatchObject({ ok: true, value: { kid } });
    expect(store.asked).not.toContain("published");
    await Promise.all(Array.from({ length: 300 }, (_, i) => ring.verifier(madeUp(i), at(0))));
    expect(store.asked.length).toBe(30 + 20 + 1);
  });

  it("AUTH-5: what is not known takes no place of a key that is", async () => {
    const store = new KeyStore();
    const row = await store.add("p", "ES256");
    const ring = ringOf(store);
    await ring.verifier(row.kid, at(0));
    await Promise.all(Array.from({ length: 2_500 }, (_, i) => ring.verifier(madeUp(i), at(i / 100))));
    await settle();
    store.asked.length = 0;
    expect(await ring.verifier(row.kid, at(29))).toMatchObject({ ok: true, value: { kid: row.kid } });
    expect(store.asked).toEqual([]);
  });

  it("AUTH-5: beyond the 2,000 keys of the list a flood is 503 for older keys that are not loaded, never 401", async () => {
    const store = new KeyStore();
    const old = await store.add("p", "ES256");
    const { publicJwk } = old;
    store.published = (limit) =>
      Promise.resolve(Array.from({ length: limit }, (_, i) => ({ ...publicJwk, kid: madeUp(10_000 + i) })));
    const ring = ringOf(store);
    for (let i = 0; i < 20; i += 1) await ring.verifier(madeUp(i), at(0));
    expect(await ring.verifier(old.kid, at(1))).toEqual({ ok: false, refusal: { code: "overloaded" } });
    expect(await ring.verifier(old.kid, at(10))).toMatchObject({ ok: true, value: { kid: old.kid } });
  });

  it("CFG-3: a key wrapped under an unknown wrapping key does not sign, and still verifies", async () => {
    const store = new KeyStore();
    const row = await store.add("p", "ES256");
    const ring = openKeyRing(store, await openWrapping("another-7d1e0b9c85f3a264e7d8b1c0", null));
    expect(await ring.signer("p", at(0))).toEqual(UNAVAILABLE);
    expect(await ring.verifier(row.kid, at(0))).toMatchObject({ ok: true, value: { kid: row.kid } });
  });
});
