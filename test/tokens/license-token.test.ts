import { effectiveFeatures } from "../../src/domain/license/entitlements.ts";
import { createHash } from "node:crypto";
import { base64url, createLocalJWKSet, decodeProtectedHeader, jwtVerify, SignJWT, type JWTPayload } from "jose";
import { describe, expect, it } from "vitest";
import type { Grant } from "../../src/domain/license/calls.ts";
import type { Signer } from "../../src/tokens/key-ring.ts";
import { readLicenseToken, signLicenseToken, type TokenStatement } from "../../src/tokens/license-token.ts";
import type { TokenAlgorithm } from "../../src/tokens/signing-key.ts";
import { at, KeyStore, ringOf } from "./key-store.ts";

const PRODUCT = "63dfd63e-ed71-4f84-9236-02ee0ddb062c";
const OTHER_PRODUCT = "2489e9ad-2ee2-8e00-8ec9-32d5f69181c0";
const NOW = 1_790_000_000_750;

const GRANT: Grant = {
  license: {
    id: "0123abcd-4567-8ef0-9234-567890abcdef",
    ...{ productId: PRODUCT, licensedProductIds: [PRODUCT] },
    ...{ type: "hosted-floating", entitlementSetId: null },
  },
  activationId: "0123abcd-4567-8ef0-a111-222233334444",
  fingerprint: "device-1 ü",
  leaseExpiresAt: NOW + 3_600_000,
  licenseExpiresAt: NOW + 86_400_000,
  generation: 1,
  overLimit: false,
  features: ["cad", "cores"].map((name) => ({ name, value: name === "cad" ? null : 8, expiresAt: NOW + 60_000 })),
  user: null,
  token: { issuedAt: NOW, expiresAt: NOW + 3_600_000, refreshAt: NOW + 1_800_000 },
  now: NOW,
};

const STATEMENT: TokenStatement = {
  tokenId: "0199f000-0000-7000-8000-000000000001",
  issuer: "https://licenses.acme.test",
  features: effectiveFeatures(GRANT.features, []),
  ...{ user: null, withholdsUser: false },
};

async function world(algorithm: TokenAlgorithm = "ES256") {
  const store = new KeyStore();
  const row = await store.add(PRODUCT, algorithm);
  const ring = ringOf(store);
  const signer = await ring.signer(PRODUCT, at(0));
  if (!signer.ok) throw new Error("no signer");
  return { store, row, ring, signer: signer.value };
}

/** The claims, by a verifier that knows nothing but the JWKS. */
async function claimsOf(token: string, store: KeyStore): Promise<JWTPayload> {
  const keys = createLocalJWKSet({ keys: [...(await store.published(1))] });
  const { payload } = await jwtVerify(token, keys, { typ: "license+jwt", currentDate: new Date(NOW) });
  return payload;
}

async function foreign(signer: Pick<Signer, "privateKey">, header: { alg: string; [name: string]: unknown }) {
  return await new SignJWT({ sid: GRANT.activationId, sub: GRANT.license.id })
    .setProtectedHeader(header)
    .sign(signer.privateKey);
}

/** A token whose header and payload are as told and whose signature is a real one of other content. */
function forged(header: unknown, payload: unknown, signature: string): string {
  return `${base64url.encode(JSON.stringify(header))}.${base64url.encode(JSON.stringify(payload))}.${signature}`;
}

describe("a license token", () => {
  it.each(["ES256", "Ed25519", "RS256"] as const)(
    "TOK-1: signed by %s verifies against the JWKS by another library's rules",
    async (algorithm) => {
      const { store, row, signer, ring } = await world(algorithm);
      const token = await signLicenseToken(signer, GRANT, STATEMENT);
      expect(decodeProtectedHeader(token)).toEqual({ alg: algorithm, typ: "license+jwt", kid: row.kid });
      expect(await claimsOf(token, store)).toMatchObject({ sub: GRANT.license.id, aud: PRODUCT });
      expect(await readLicenseToken(ring, token, at(0))).toEqual({
        ok: true,
        value: { sessionId: GRANT.activationId, licenseId: GRANT.license.id, withholdsUser: false },
      });
    },
  );

  it("TOK-2: carries exactly these claims, times in epoch seconds rounded down", async () => {
    const { store, signer } = await world();
    const token = await signLicenseToken(signer, GRANT, { ...STATEMENT, user: "ada@acme.test" });
    expect(await claimsOf(token, store)).toEqual({
      iss: "https://licenses.acme.test",
      aud: PRODUCT,
      sub: GRANT.license.id,
      sid: GRANT.activationId,
      jti: STATEMENT.tokenId,
      server_time: 1_790_000_000,
      iat: 1_789_999_700,
      nbf: 1_789_999_700,
      exp: 1_790_003_600,
      fp: createHash("sha256").update("device-1 ü").digest("base64url"),
      products: [PRODUCT],
      features: { cad: true, cores: 8 },
      features_expire_at: { cad: 1_790_000_060, cores: 1_790_000_060 },
      license_type: "hosted-floating",
      lease_expires_at: 1_790_003_600,
      license_expires_at: 1_790_086_400,
      refresh_after: 1_790_001_800,
      grace_until: 1_790_003_600,
      user: "ada@acme.test",
      gen: 1,
    });
  });

  it("TOK-2: is of the past for a verifier whose clock is up to 300 s slow, and allows `iat` no future", async () => {
    const { store, signer } = await world();
    const token = await signLicenseToken(signer, GRANT, STATEMENT);
    const keys = createLocalJWKSet({ keys: [...(await store.published(1))] });
    const verifiedLate = async (late: number) =>
      await jwtVerify(token, keys, { currentDate: new Date(NOW - late * 1000), maxTokenAge: 3600 });
    for (const late of [0, 10, 300]) expect((await verifiedLate(late)).payload.server_time).toBe(1_790_000_000);
    await expect(verifiedLate(302)).rejects.toThrow(/nbf|iat/u);
  });

  it("TOK-2: leaves out what is void", async () => {
    const { store, signer } = await world();
    const bare: Grant = {
      ...GRANT,
      leaseExpiresAt: null,
      licenseExpiresAt: null,
      features: [],
      token: { issuedAt: NOW, expiresAt: null, refreshAt: null },
    };
    const claims = await claimsOf(await signLicenseToken(signer, bare, { ...STATEMENT, features: [] }), store);
    expect(Object.keys(claims).toSorted()).toEqual(
      "aud features fp gen iat iss jti license_type nbf products server_time sid sub".split(" "),
    );
  });

  it("TOK-2, SEAT-9: lists several products as audience, says gen, and that a seat is above the limit", async () => {
    const { store, signer } = await world();
    const several: Grant = {
      ...GRANT,
      license: { ...GRANT.license, licensedProductIds: [PRODUCT, OTHER_PRODUCT] },
      generation: 7,
      overLimit: true,
    };
    const claims = await claimsOf(await signLicenseToken(signer, several, STATEMENT), store);
    expect(claims).toMatchObject({
      aud: [PRODUCT, OTHER_PRODUCT],
      products: [PRODUCT, OTHER_PRODUCT],
      gen: 7,
      over_limit: true,
    });
  });
});

describe("a license token as credential", () => {
  const NOTHING = { ok: true, value: null };

  it("AUTH-5: does not expire, and no issuer is asked for", async () => {
    const { ring, signer } = await world();
    const old = { ...GRANT, token: { issuedAt: 1_000, expiresAt: 2_000, refreshAt: null } };
    const token = await signLicenseToken(signer, old, { ...STATEMENT, issuer: "urn:leasehold:another-name" });
    expect(await readLicenseToken(ring, token, at(2_000_000_000))).toMatchObject({
      ok: true,
      value: { sessionId: GRANT.activationId },
    });
  });

  it("AUTH-5: of a retired key it counts, of a compromised one it does not", async () => {
    const { store, row, signer } = await world();
    const token = await signLicenseToken(signer, GRANT, STATEMENT);
    store.mark(row.kid, "retired");
    expect(await readLicenseToken(ringOf(store), token, at(0))).toMatchObject({
      value: { sessionId: GRANT.activationId },
    });
    store.mark(row.kid, "compromised");
    expect(await readLicenseToken(ringOf(store), token, at(0))).toEqual(NOTHING);
  });

  it.each(["activation+jwt", "JWT", "at+jwt", "License+JWT", "application/license+jwt", undefined])(
    "AUTH-5: refuses the type %s, correctly signed",
    async (typ) => {
      const { ring, signer } = await world();
      const header = { alg: "ES256", kid: signer.kid, ...(typ === undefined ? {} : { typ }) };
      expect(await readLicenseToken(ring, await foreign(signer, header), at(0))).toEqual(NOTHING);
    },
  );

  it("AUTH-5: refuses alg none, and HS256 keyed with the public key", async () => {
    const { ring, row, signer } = await world("RS256");
    const token = await signLicenseToken(signer, GRANT, STATEMENT);
    const [, payload = "", signature = ""] = token.split(".");
    const none = base64url.encode(JSON.stringify({ alg: "none", typ: "license+jwt", kid: row.kid }));
    for (const forgery of [`${none}.${payload}.`, `${none}.${payload}.${signature}`]) {
      expect(await readLicenseToken(ring, forgery, at(0))).toEqual(NOTHING);
    }
    for (const secret of [signer.publicKeyBase64, JSON.stringify(row.publicJwk)]) {
      const hmac = await new SignJWT({ sid: GRANT.activationId, sub: GRANT.license.id })
        .setProtectedHeader({ alg: "HS256", typ: "license+jwt", kid: row.kid })
        .sign(new TextEncoder().encode(secret));
      expect(await readLicenseToken(ring, hmac, at(0))).toEqual(NOTHING);
    }
  });

  it("AUTH-5: the algorithm is our key's, not the header's", async () => {
    const { ring, row, signer } = await world("RS256");
    const token = await signLicenseToken(signer, GRANT, STATEMENT);
    const [, payload = "", signature = ""] = token.split(".");
    for (const alg of ["RS512", "PS256", "ES256", "EdDSA", "dir"]) {
      const header = base64url.encode(JSON.stringify({ alg, typ: "license+jwt", kid: row.kid }));
      expect(await readLicenseToken(ring, `${header}.${payload}.${signature}`, at(0))).toEqual(NOTHING);
    }
  });

  it("AUTH-5: refuses another deployment's key under our key id, and our key under another id", async () => {
    const ours = await world();
    const theirs = await world();
    const stolen = await foreign(theirs.signer, { alg: "ES256", typ: "license+jwt", kid: ours.row.kid });
    expect(await readLicenseToken(ours.ring, stolen, at(0))).toEqual(NOTHING);
    const other = await ours.store.add(OTHER_PRODUCT, "ES256");
    const misnamed = await foreign(ours.signer, { alg: "ES256", typ: "license+jwt", kid: other.kid });
    expect(await readLicenseToken(ours.ring, misnamed, at(0))).toEqual(NOTHING);
    expect(await readLicenseToken(ours.ring, await signLicenseToken(theirs.signer, GRANT, STATEMENT), at(0))).toEqual(
      NOTHING,
    );
  });

  it("AUTH-5: refuses a key that travels in the header", async () => {
    const ours = await world();
    const theirs = await world();
    const header = { alg: "ES256", typ: "license+jwt", kid: ours.row.kid, jwk: theirs.row.publicJwk };
    expect(await readLicenseToken(ours.ring, await foreign(theirs.signer, header), at(0))).toEqual(NOTHING);
  });

  it("AUTH-5: refuses any token with one character changed, dropped or cut off", async () => {
    const { ring, signer } = await world("Ed25519");
    const token = await signLicenseToken(signer, GRANT, STATEMENT);
    // The last character of base64url may carry unused bits; the whole token's other characters all count.
    for (let i = 0; i < token.length - 1; i += 7) {
      const changed = token[i] === "A" ? "B" : "A";
      for (const text of [
        token.slice(0, i) + changed + token.slice(i + 1),
        token.slice(0, i) + token.slice(i + 1),
        token.slice(0, i),
      ]) {
        expect(await readLicenseToken(ring, text, at(0))).toEqual(NOTHING);
      }
    }
  });

  it("AUTH-5: refuses our signature on claims without a session", async () => {
    const { ring, row, signer } = await world();
    for (const claims of [
      {},
      { sid: 1, sub: "x" },
      { sub: "x" },
      { sid: "", sub: "x" },
      { sid: "x".repeat(65), sub: "x" },
    ]) {
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: "ES256", typ: "license+jwt", kid: row.kid })
        .sign(signer.privateKey);
      expect(await readLicenseToken(ring, token, at(0))).toEqual(NOTHING);
    }
  });

  it("AUTH-5: garbage of any kind is a value, and costs no look-up", async () => {
    const { store, ring, row } = await world();
    const before = store.asked.length;
    const garbage = [
      "",
      ".",
      "..",
      "...",
      "a.b.c",
      "\u0000.\ud800.x",
      "null.null.null",
      `${base64url.encode("null")}.e30.AA`,
      `${base64url.encode("[]")}.e30.AA`,
      `${base64url.encode("{".repeat(5000))}.e30.AA`,
      forged({ alg: "ES256", typ: "license+jwt" }, {}, "AA"),
      forged({ alg: "ES256", typ: "license+jwt", kid: 7 }, {}, "AA"),
      forged({ alg: "ES256", typ: "license+jwt", kid: { toString: "x" } }, {}, "AA"),
      forged({ alg: "ES256", typ: "license+jwt", kid: "__proto__" }, {}, "AA"),
      "lh_pat_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
      "x".repeat(10_000_000),
      forged({ alg: "ES256", typ: "license+jwt", kid: row.kid }, { pad: "x".repeat(20_000) }, "AA"),
    ];
    for (const text of garbage) expect(await readLicenseToken(ring, text, at(0))).toEqual(NOTHING);
    expect(store.asked.length).toBe(before);
    const critical = { alg: "ES256", typ: "license+jwt", kid: row.kid, crit: ["x"], x: 1, b64: false };
    expect(await readLicenseToken(ring, forged(critical, {}, "AA"), at(0))).toEqual(NOTHING);
  });

  it("AUTH-5: while D1 fails, a token of an unseen key is not called false", async () => {
    const { store, signer } = await world();
    const token = await signLicenseToken(signer, GRANT, STATEMENT);
    store.broken = true;
    expect(await readLicenseToken(ringOf(store), token, at(0))).toEqual({
      ok: false,
      refusal: { code: "storage-unavailable" },
    });
  });
});
