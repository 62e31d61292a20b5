/** Signing keys turn (TOK-4, TOK-7): whatever is done to them, whoever keeps a copy of the key set can verify. */

import fc from "fast-check";
import { createLocalJWKSet, jwtVerify, type JWK } from "jose";
import { describe, expect, it } from "vitest";
import { keysAfter, PUBLISHED_FIRST_MS, type KeyAct, type LivingKey } from "../../src/tokens/key-life.ts";
import { vouchedKeySet } from "../../src/tokens/key-set.ts";
import { newestActive, type PublicKeyRecord } from "../../src/tokens/key-ring.ts";
import { importedSigningKey } from "../../src/tokens/signing-key.ts";
import { at, keyIds, KeyStore, ringOf } from "./key-store.ts";

const PRODUCT = "63dfd63e-ed71-4f84-9236-02ee0ddb062c";

/** As the product keeps them: what `act` says, or an error's name. */
class Product {
  keys: LivingKey[] = [
    { kid: "k0", status: "active", createdAt: 0 },
    { kid: "k1", status: "published", createdAt: 0 },
  ];

  act(which: number, act: KeyAct, now: number): string {
    const { kid } = this.keys[which % this.keys.length] as LivingKey;
    const after = keysAfter(this.keys, kid, act, now);
    if (!after.ok) return after.refusal.code;
    const { statuses, made } = after.value ?? { statuses: new Map(), made: [] };
    this.keys = this.keys.map((key) => ({ ...key, status: statuses.get(key.kid) ?? key.status }));
    for (const status of made) this.add(now, status);
    return "done";
  }

  add(now: number, status: LivingKey["status"] = "published"): void {
    this.keys.push({ kid: `k${this.keys.length}`, status, createdAt: now });
  }

  get signer(): string {
    return newestActive(this.keys as unknown as PublicKeyRecord[])?.kid ?? "";
  }

  get published(): readonly string[] {
    return this.keys.filter(({ status }) => status !== "compromised").map(({ kid }) => kid);
  }
}

const SUCCEEDED = ["compromised", "active", "published"];
const ACT = fc.record({
  after: fc.integer({ min: 0, max: 90_000 }),
  which: fc.nat(30),
  act: fc.constantFrom<KeyAct | "add">("activate", "activate", "retire", "compromise", "add"),
});

describe("the life of keys", () => {
  it("TOK-4: one signs, one is in reserve, and a compromised one stays out, whatever is done", () => {
    fc.assert(
      fc.property(fc.array(ACT, { maxLength: 30 }), (acts) => {
        const product = new Product();
        const compromised = new Set<string>();
        let now = 0;
        for (const { after, which, act } of acts) {
          now += after;
          if (act === "add") product.add(now);
          else product.act(which, act, now);
          expect(product.keys.filter(({ status }) => status === "active")).toHaveLength(1);
          expect(product.keys.some(({ status }) => status === "published")).toBe(true);
          for (const kid of compromised) expect(product.published).not.toContain(kid);
          for (const { kid, status } of product.keys) if (status === "compromised") compromised.add(kid);
        }
      }),
    );
  });

  it("TOK-4, TOK-5: a rotation fails no verifier that keeps the key set for its max-age", () => {
    // A verifier's copy is at most as old as ours and its max-age together: a minute.
    fc.assert(
      fc.property(fc.array(ACT, { maxLength: 30 }), (acts) => {
        const product = new Product();
        let copies: { readonly at: number; readonly kids: readonly string[] }[] = [{ at: 0, kids: product.published }];
        let now = 0;
        for (const { after, which, act } of acts) {
          now += after;
          copies = copies.filter((copy) => now - copy.at < PUBLISHED_FIRST_MS);
          if (act === "add") product.add(now);
          else if (act !== "compromise") product.act(which, act, now);
          for (const { kids } of copies) expect(kids).toContain(product.signer);
          copies.push({ at: now, kids: product.published });
        }
      }),
    );
  });

  it.each([
    ["the reserve is activated: another is made", ["activate", 1], "done", ["retired", "active", "published"]],
    ["the key that signs is not retired", ["retire", 0], "in-use", ["active", "published"]],
    ["the reserve is retired: another is made", ["retire", 1], "done", ["active", "retired", "published"]],
    ["the key that signs is compromised: the reserve signs", ["compromise", 0], "done", SUCCEEDED],
    ["the reserve is compromised: another is made", ["compromise", 1], "done", ["active", "compromised", "published"]],
    ["what signs is activated", ["activate", 0], "done", ["active", "published"]],
  ] as const)("TOK-4: %s", (_, [act, which], answer, statuses) => {
    const product = new Product();
    expect(product.act(which, act, PUBLISHED_FIRST_MS)).toBe(answer);
    expect(product.keys.map(({ status }) => status)).toEqual(statuses);
  });

  it("TOK-4: a key signs when it has been published for a minute, and a compromised one never", () => {
    const product = new Product();
    product.add(1_000);
    expect(product.act(2, "activate", PUBLISHED_FIRST_MS + 999)).toBe("key-too-new");
    expect(product.act(2, "activate", PUBLISHED_FIRST_MS + 1_000)).toBe("done");
    expect(product.act(0, "compromise", 200_000)).toBe("done");
    for (const act of ["activate", "retire"] as const) expect(product.act(0, act, 300_000)).toBe("key-compromised");
    expect(product.act(0, "compromise", 300_000)).toBe("done");
  });

  it("TOK-4: a retired key may sign again", () => {
    const product = new Product();
    product.act(1, "activate", PUBLISHED_FIRST_MS);
    expect(product.act(0, "activate", PUBLISHED_FIRST_MS)).toBe("done");
    expect(product.signer).toBe("k0");
  });
});

describe("the key set that a key vouches for", () => {
  async function world() {
    const store = new KeyStore();
    const [old, now, reserve] = [
      await store.add(PRODUCT, "ES256", 1),
      await store.add(PRODUCT, "ES256", 2),
      await store.add(PRODUCT, "ES256", 3),
    ];
    store.mark(old.kid, "retired");
    store.mark(reserve.kid, "published");
    return { store, old, now, reserve, ring: ringOf(store) };
  }

  async function readBy(token: string, key: PublicKeyRecord) {
    const options = { typ: "jwk-set+jwt", subject: PRODUCT, currentDate: new Date(1_000_000) };
    return await jwtVerify(token, createLocalJWKSet({ keys: [key.publicJwk] }), options);
  }

  it("TOK-7: by the key that is named, a retired one too; else, and without a name, by the one that signs", async () => {
    const { store, old, now, reserve, ring } = await world();
    for (const [by, signer] of [
      [null, now],
      [now.kid, now],
      [old.kid, old],
      [reserve.kid, reserve],
    ] as const) {
      const found = await ring.voucher(PRODUCT, by, at(1_000));
      if (!found.ok || found.value === null) throw new Error("nobody vouches");
      const token = await vouchedKeySet(found.value, PRODUCT, "https://licenses.acme.test", at(1_000));
      const { payload } = await readBy(token, signer);
      expect(payload).toEqual({
        iss: "https://licenses.acme.test",
        sub: PRODUCT,
        server_time: 1_000,
        iat: 700,
        exp: 1_000 + 30 * 86_400,
        keys: [old, now, reserve].map(({ publicJwk }) => publicJwk),
      });
      // Signed once for a copy of the keys.
      expect(await vouchedKeySet(found.value, PRODUCT, "https://licenses.acme.test", at(1_010))).toBe(token);
      expect(found.value.maxAgeSeconds).toBeLessThanOrEqual(60);
    }
    store.mark(old.kid, "compromised");
    const later = await ringOf(store).voucher(PRODUCT, old.kid, at(1_000));
    if (!later.ok || later.value === null) throw new Error("nobody vouches");
    const { payload } = await readBy(await vouchedKeySet(later.value, PRODUCT, "i", at(1_000)), now);
    expect((payload["keys"] as { kid: string }[]).map(({ kid }) => kid)).toEqual([now.kid, reserve.kid]);
  });

  it("TOK-7: nobody vouches with a key that the product never had, or for a product that is not there", async () => {
    const { store, ring } = await world();
    const other = await store.add("2489e9ad-2ee2-8e00-8ec9-32d5f69181c0", "ES256");
    const nobody = { ok: true, value: null };
    expect(await ring.voucher(PRODUCT, other.kid, at(0))).toEqual(nobody);
    expect(await ring.voucher(PRODUCT, "", at(0))).toEqual(nobody);
    expect(await ring.voucher("0190a5d4-0000-7000-8000-000000000001", null, at(0))).toEqual(nobody);
  });
});

describe("a key that is brought along", () => {
  const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", publicExponent: new Uint8Array([1, 0, 1]) };
  const jwkOf = async (key: CryptoKey) => (await crypto.subtle.exportKey("jwk", key)) as JWK;

  it("TOK-4: a weak RSA key, another curve, a public key, two halves of different keys and rubbish are none", async () => {
    const weak = (await crypto.subtle.generateKey({ ...RSA, modulusLength: 1024 }, true, ["sign"])) as CryptoKeyPair;
    expect(await importedSigningKey(await jwkOf(weak.privateKey), "RS256", keyIds)).toBeNull();
    const [one, other] = [await ecPair("P-256"), await ecPair("P-256")];
    const mixed = { ...(await jwkOf(one.privateKey)), x: (await jwkOf(other.privateKey)).x ?? "" };
    for (const jwk of [mixed, await jwkOf(one.publicKey), await jwkOf((await ecPair("P-384")).privateKey)]) {
      expect(await importedSigningKey(jwk, "ES256", keyIds)).toBeNull();
    }
    for (const text of ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]) {
      expect(await importedSigningKey(text, "ES256", keyIds)).toBeNull();
    }
    const good = await importedSigningKey(await jwkOf(one.privateKey), "ES256", keyIds);
    expect(good?.publicJwk).toMatchObject({ kty: "EC", crv: "P-256", alg: "ES256", use: "sig", kid: good?.kid });
    expect(good?.publicJwk).not.toHaveProperty("d");
  });

  async function ecPair(namedCurve: string): Promise<CryptoKeyPair> {
    return (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve }, true, ["sign", "verify"])) as CryptoKeyPair;
  }
});
