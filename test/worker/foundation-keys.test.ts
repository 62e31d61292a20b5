import { env } from "cloudflare:test";
import { createLocalJWKSet, createRemoteJWKSet, customFetch, jwtVerify } from "jose";
import { v7 as uuidv7 } from "uuid";
import { describe, expect, it } from "vitest";
import type { Grant } from "../../src/domain/license/calls.ts";
import type { Deployment } from "../../src/operations/deployment.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { newSigningKey } from "../../src/operations/keys.ts";
import {
  findPublicKey,
  publishedKeys,
  signingKeyInsert,
  signingKeysOfProduct,
} from "../../src/registry/rows/signing-keys.ts";
import { sameText } from "../../src/same-text.ts";
import { readLicenseToken, signLicenseToken } from "../../src/tokens/license-token.ts";
import type { TokenAlgorithm } from "../../src/tokens/signing-key.ts";
import { bindingsWith, fetchWith, momentAt, opened, ROOT_SECRET, watchedDatabase } from "../support/bindings.ts";

const NOW = 1_790_000_000_000;

async function addKey(deployment: Deployment, productId: string, algorithm: TokenAlgorithm = "ES256", createdAt = NOW) {
  const row = await newSigningKey(deployment, productId, algorithm, createdAt);
  await signingKeyInsert(env.DB, row).run();
  return row;
}

async function mark(kid: string, status: string): Promise<void> {
  await env.DB.prepare("UPDATE signing_keys SET status = ?1 WHERE kid = ?2").bind(status, kid).run();
}

async function sign(deployment: Deployment, productId: string): Promise<string> {
  const signer = await deployment.keyRing.signer(productId, momentAt(NOW));
  if (!signer.ok) throw new Error(signer.refusal.code);
  const grant: Grant = {
    license: { id: uuidv7(), productId, licensedProductIds: [productId], type: "node-locked", entitlementSetId: null },
    activationId: uuidv7(),
    fingerprint: "device",
    leaseExpiresAt: null,
    licenseExpiresAt: null,
    generation: 1,
    ...{ overLimit: false, features: [] },
    user: null,
    token: { issuedAt: NOW, expiresAt: null, refreshAt: null },
    now: NOW,
  };
  const statement = { tokenId: uuidv7(), issuer: deployment.issuer, features: [], user: null, withholdsUser: false };
  return await signLicenseToken(signer.value, grant, statement);
}

describe("signing keys in D1", () => {
  it.each(["ES256", "Ed25519", "RS256"] as const)(
    "TOK-1: a %s key, kept and read back, signs what the served JWKS verifies",
    async (algorithm) => {
      const deployment = await opened({ ROOT_SECRET });
      const product = uuidv7();
      await addKey(deployment, product, algorithm);
      const token = await sign(deployment, product);
      for (const path of ["/.well-known/jwks.json", `/v3/products/${product}/jwks`]) {
        const answer = await fetchWith(bindingsWith({ ROOT_SECRET }), path);
        expect(answer.status).toBe(200);
        const keys = createLocalJWKSet(await answer.json());
        const { payload } = await jwtVerify(token, keys, {
          typ: "license+jwt",
          audience: product,
          currentDate: new Date(NOW),
        });
        expect(payload.iss).toBe(deployment.issuer);
      }
    },
  );

  it("TOK-4: the private key is encrypted, names its wrapping key, and is bound to its row", async () => {
    const deployment = await opened({ ROOT_SECRET });
    const product = uuidv7();
    const one = await addKey(deployment, product);
    const [row] = await signingKeysOfProduct(env.DB, product);
    expect(row).toEqual(one);
    expect(row?.wrappingKey).toBe(deployment.wrapping.keyId);
    expect(
      await deployment.wrapping.decrypt({ wrappingKey: one.wrappingKey, ciphertext: one.privateKey }, "signing-key:x"),
    ).toBeNull();
    const plain = await deployment.wrapping.decrypt(
      { wrappingKey: one.wrappingKey, ciphertext: one.privateKey },
      `signing-key:${one.kid}`,
    );
    expect(plain?.[0]).toBe(0x30);
  });

  it("TOK-4: verifying reads no private key, and publishing neither", async () => {
    const deployment = await opened({ ROOT_SECRET });
    const row = await addKey(deployment, uuidv7());
    expect(Object.keys((await findPublicKey(env.DB, row.kid)) ?? {}).toSorted()).toEqual(
      ["algorithm", "createdAt", "kid", "productId", "publicJwk", "status"].toSorted(),
    );
    expect(await findPublicKey(env.DB, "x".repeat(43))).toBeNull();
    const members = (await publishedKeys(env.DB, 100)).map((json) => Object.keys(JSON.parse(json) as object));
    for (const member of members.flat())
      expect(["kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"]).toContain(member);
  });

  it("TOK-4: the newest active key signs, and old tokens verify until their key is compromised", async () => {
    const deployment = await opened({ ROOT_SECRET });
    const product = uuidv7();
    const old = await addKey(deployment, product, "ES256", NOW);
    const token = await sign(deployment, product);
    const fresh = await addKey(deployment, product, "ES256", NOW + 1);
    await mark(old.kid, "retired");
    const moment = momentAt(NOW);
    const later = await opened({ ROOT_SECRET });
    expect(await later.keyRing.signer(product, moment)).toMatchObject({ value: { kid: fresh.kid } });
    expect(await readLicenseToken(later.keyRing, token, moment)).toMatchObject({
      ok: true,
      value: { licenseId: expect.any(String) },
    });
    await mark(old.kid, "compromised");
    expect(await readLicenseToken(later.keyRing, token, momentAt(NOW + 60_000))).toEqual({ ok: true, value: null });
    const answer = await fetchWith(bindingsWith({ ROOT_SECRET }), `/v3/products/${product}/jwks`);
    expect(await answer.json()).toMatchObject({ keys: [{ kid: fresh.kid }] });
  });

  it("TOK-4: a warm isolate signs and verifies without a statement, and outlives D1 for 60 s", async () => {
    const watched = watchedDatabase();
    const deployment = await opened({ ROOT_SECRET }, watched.db);
    const product = uuidv7();
    await addKey(deployment, product);
    const token = await sign(deployment, product);
    await readLicenseToken(deployment.keyRing, token, momentAt(NOW));
    const calls = watched.calls();
    watched.fail();
    await sign(deployment, product);
    expect(await readLicenseToken(deployment.keyRing, token, momentAt(NOW + 29_999))).toMatchObject({ ok: true });
    expect(watched.calls()).toBe(calls);
    expect(await readLicenseToken(deployment.keyRing, token, momentAt(NOW + 60_000))).toEqual({
      ok: false,
      refusal: { code: "storage-unavailable" },
    });
  });
});

describe("the JWKS", () => {
  it("TOK-5: is JSON that caches may keep for what is left of 60 s", async () => {
    const deployment = await opened({ ROOT_SECRET });
    const row = await addKey(deployment, uuidv7());
    const answer = await fetchWith(bindingsWith({ ROOT_SECRET }), "/.well-known/jwks.json");
    expect(answer.headers.get("Content-Type")).toBe("application/json");
    const age = /^public, max-age=(\d+)$/.exec(answer.headers.get("Cache-Control") ?? "")?.[1];
    expect(Number(age)).toBeGreaterThan(0);
    expect(Number(age)).toBeLessThanOrEqual(60);
    const { keys } = await answer.json<{ keys: { kid: string }[] }>();
    expect(keys.map((key) => key.kid)).toContain(row.kid);
  });

  it("TOK-5: is read by a remote JWKS client as it is", async () => {
    const deployment = await opened({ ROOT_SECRET });
    const product = uuidv7();
    await addKey(deployment, product, "Ed25519");
    const token = await sign(deployment, product);
    const open = deploymentOpener();
    const remote = createRemoteJWKSet(new URL("http://leasehold.test/.well-known/jwks.json"), {
      [customFetch]: async (url) => await fetchWith(bindingsWith({ ROOT_SECRET }), new URL(url).pathname, open),
    });
    const { protectedHeader } = await jwtVerify(token, remote, { currentDate: new Date(NOW) });
    expect(protectedHeader.alg).toBe("Ed25519");
  });

  it.each([uuidv7(), "x", "%00", "..%2F..", "a".repeat(3000)])(
    "TOK-5: of an unknown product %s is a 404 problem",
    async (id) => {
      const answer = await fetchWith(bindingsWith({ ROOT_SECRET }), `/v3/products/${id}/jwks`);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ code: "NOT_FOUND", status: 404 });
    },
  );

  it("TOK-5: is 503 when D1 does not answer and nothing is known", async () => {
    const watched = watchedDatabase();
    const bindings = bindingsWith({ ROOT_SECRET }, watched.db);
    const open = deploymentOpener();
    expect((await fetchWith(bindings, "/health", open)).status).toBe(200);
    watched.fail();
    const answer = await fetchWith(bindings, "/.well-known/jwks.json", open);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("Retry-After")).not.toBeNull();
    expect(await answer.json()).toMatchObject({ code: "storage-unavailable", retryable: true });
  });
});

describe("product facts", () => {
  it("SNAP-1: are read once, at most 60 s late, and served stale while D1 fails", async () => {
    const watched = watchedDatabase();
    const deployment = await opened({ ROOT_SECRET }, watched.db);
    const product = await addProduct("first");
    const described = async (seconds: number) => {
      const facts = await deployment.productFacts.of(product, momentAt(NOW + seconds * 1000));
      return facts.ok ? facts.value?.description : facts.refusal.code;
    };
    expect(await described(0)).toBe("first");
    const calls = watched.calls();
    await env.DB.prepare("UPDATE products SET description = 'second' WHERE id = ?1").bind(product).run();
    expect(await described(29)).toBe("first");
    expect(watched.calls()).toBe(calls);
    expect(await described(60)).toBe("second");
    watched.fail();
    expect(await described(86_400)).toBe("second");
    const unknown = await deployment.productFacts.of(uuidv7(), momentAt(NOW));
    expect(unknown).toEqual({ ok: false, refusal: { code: "storage-unavailable" } });
    watched.heal();
    expect(await deployment.productFacts.of(uuidv7(), momentAt(NOW))).toEqual({ ok: true, value: null });
  });
});

describe("the root secret as a credential", () => {
  it("MGMT-5: is recognised exactly", () => {
    expect(sameText(ROOT_SECRET, ROOT_SECRET)).toBe(true);
    for (const other of ["", ROOT_SECRET.slice(1), `${ROOT_SECRET} `, ROOT_SECRET.toUpperCase(), "x".repeat(100_000)]) {
      expect(sameText(other, ROOT_SECRET)).toBe(false);
    }
  });
});

async function addProduct(description: string): Promise<string> {
  const id = uuidv7();
  await env.DB.prepare(
    `INSERT INTO products (id, name, display_name, description, legal_notice, copyright, provider_url, provider_email,
      token_algorithm, metadata, created_at, updated_at) VALUES (?1, 'p', 'p', ?2, '', '', '', '', 'ES256', '[]', 0, 0)`,
  )
    .bind(id, description)
    .run();
  return id;
}
