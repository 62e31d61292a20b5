import { createPublicKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openKeyRing, type SigningKeyRecord } from "../../src/tokens/key-ring.ts";
import { calculateJwkThumbprint } from "jose";
import { openWrapping } from "../../src/tokens/wrapping.ts";
import { openKeyIds } from "../../src/tokens/key-id.ts";
import { at, keyIds, KeyStore, ringOf, settle, wrapping } from "./key-store.ts";

const UNAVAILABLE = { ok: false, refusal: { code: "storage-unavailable" } };

/** A key id that nobody has. */
function madeUp(number: number): string {
  return String(number).padStart(33, "x");
}

describe("the key ring", () => {
  it.each(["ES256", "Ed25519", "RS256"] as const)(
    "TOK-1: a %s key is named after its thumbprint, published without private members, and written as SPKI",
    async (algorithm) => {
      const store = new KeyStore();
      const row = await store.add("p", algorithm);
      expect(row.kid).toBe(await keyIds.of(row.publicJwk));
      expect(row.kid.slice(0, 22)).toBe((await calculateJwkThumbprint(row.publicJwk)).slice(0, 22));
      expect(row.publicJwk).toMatchObject({ kid: row.kid, alg: algorithm, use: "sig" });
      for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k"]) expect(row.publicJwk).not.toHaveProperty(secret);
      const signer = await ringOf(store).signer("p", at(0));
      const key = signer.ok ? signer.value.publicKeyBase64 : "";
      expect(key).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
      const read = createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
      expect(await keyIds.of(read.export({ format: "jwk" }))).toBe(row.kid);
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

  it("AUTH-5: a made-up key id is no key, whatever its shape, and is not asked about", async () => {
    const store = new KeyStore();
    const { kid } = await store.add("p", "ES256");
    const others = await openKeyIds("YW5vdGhlci1sb2NhdG9yLWtleS0wMTIzNDU2Nzg5MDE");
    const foreign = await others.of((await store.add("p", "ES256")).publicJwk);
    const changed = `${kid.slice(0, -1)}${kid.endsWith("A") ? "B" : "A"}`;
    const ring = ringOf(store);
    for (const made of [madeUp(1), foreign, changed, "", "x", "../../etc/passwd", `${kid}x`, "' OR 1=1 --"]) {
      expect(await ring.verifier(made, at(0))).toEqual({ ok: true, value: null });
    }
    expect(store.asked).toEqual([]);
  });

  it("AUTH-5: a flood of made-up key ids costs D1 nothing, and no key that exists is called false or waits", async () => {
    const store = new KeyStore();
    const rows = await Promise.all(Array.from({ length: 30 }, (_, i) => store.add("p", "ES256", i)));
    const ring = ringOf(store);
    const made = Array.from({ length: 2_500 }, (_, i) => ring.verifier(madeUp(i), at(0)));
    const genuine = rows.map(({ kid }) => ring.verifier(kid, at(0)));
    expect(await Promise.all(genuine)).toMatchObject(rows.map(({ kid }) => ({ ok: true, value: { kid } })));
    expect((await Promise.all(made)).filter((answer) => !answer.ok || answer.value !== null)).toEqual([]);
    expect(store.asked.toSorted()).toEqual(rows.map(({ kid }) => `kid ${kid}`).toSorted());
    const newest = await store.add("q", "ES256");
    expect(await ring.verifier(newest.kid, at(0))).toMatchObject({ ok: true, value: { kid: newest.kid } });
    store.asked.length = 0;
    for (const { kid } of rows) expect(await ring.verifier(kid, at(29))).toMatchObject({ ok: true, value: { kid } });
    expect(store.asked).toEqual([]);
  });

  it("AUTH-5: beyond the 2,000 keys of the list an older key is as good as a young one", async () => {
    const store = new KeyStore();
    const old = await store.add("p", "ES256");
    const { publicJwk } = old;
    store.published = (limit) =>
      Promise.resolve(Array.from({ length: limit }, (_, i) => ({ ...publicJwk, kid: madeUp(10_000 + i) })));
    const ring = ringOf(store);
    for (let i = 0; i < 100; i += 1) await ring.verifier(madeUp(i), at(0));
    expect(await ring.verifier(old.kid, at(0))).toMatchObject({ ok: true, value: { kid: old.kid } });
  });

  it("TOK-4: a key that is gone is asked for each time, and takes no place of one that is there", async () => {
    const store = new KeyStore();
    const [row, gone] = [await store.add("p", "ES256"), await store.add("q", "ES256")];
    const ring = ringOf(store);
    await ring.verifier(row.kid, at(0));
    store.rows.pop();
    for (let i = 0; i < 2; i += 1) expect(await ring.verifier(gone.kid, at(0))).toEqual({ ok: true, value: null });
    expect(store.asked).toEqual([`kid ${row.kid}`, `kid ${gone.kid}`, `kid ${gone.kid}`]);
  });

  it("HOT-1, TOK-4: keys that were read when the isolate began sign and verify without a look, but not for longer than others", async () => {
    const store = new KeyStore();
    const [old, bad] = [await store.add("p", "ES256", 1), await store.add("p", "ES256", 2)];
    const row = await store.add("p", "ES256", 3);
    store.mark(bad.kid, "compromised");
    const records = await store.ofProduct("p");
    store.asked.length = 0;
    const ring = openKeyRing(store, wrapping, keyIds, { readAt: 0, ofProducts: new Map([["p", records]]) });
    expect(await ring.signer("p", at(10))).toMatchObject({ ok: true, value: { kid: row.kid } });
    expect(await ring.verifier(old.kid, at(10))).toMatchObject({ ok: true, value: { kid: old.kid } });
    expect(await ring.verifier(bad.kid, at(10))).toEqual({ ok: true, value: null });
    expect(await ring.published("p", at(10))).toMatchObject({ ok: true, value: { maxAgeSeconds: 50 } });
    expect(store.asked).toEqual([]);
    for (const { kid } of [row, old]) store.mark(kid, "compromised");
    expect(await ring.signer("p", at(60))).toEqual(UNAVAILABLE);
    expect(await ring.verifier(old.kid, at(60))).toEqual({ ok: true, value: null });
  });

  it("CFG-3: a key wrapped under an unknown wrapping key does not sign, and still verifies", async () => {
    const store = new KeyStore();
    const row = await store.add("p", "ES256");
    const ring = openKeyRing(store, await openWrapping("another-7d1e0b9c85f3a264e7d8b1c0", null), keyIds);
    expect(await ring.signer("p", at(0))).toEqual(UNAVAILABLE);
    expect(await ring.verifier(row.kid, at(0))).toMatchObject({ ok: true, value: { kid: row.kid } });
  });
});
