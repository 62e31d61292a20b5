/** What a provider may publish as its keys, and still have its people signed in (AUTH-1). */

import { once } from "node:events";
import { createServer } from "node:http";
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from "jose";
import { describe, expect, it, onTestFinished } from "vitest";
import { AUDIENCE } from "../support/provider.ts";
import { isolateOf, kindOf } from "../support/signing-in.ts";

const HOUR = 3_600_000;

interface Pair {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** `kid` absent: a key without an id. */
async function newPair(kid?: string): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), ...(kid === undefined ? {} : { kid }) } };
}

/** The issuer of a server that publishes exactly this as `keys`, until the test ends. */
async function publisherOf(keys: unknown): Promise<string> {
  let issuer = "";
  const server = createServer((request, response) => {
    const isKeys = request.url === "/jwks";
    response.end(JSON.stringify(isKeys ? { keys } : { issuer, jwks_uri: `${issuer}/jwks` }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  issuer = `http://127.0.0.1:${address.port}`;
  return issuer;
}

async function tokenOf(issuer: string, { privateKey, jwk }: Pair, expiresAt = Date.now() + HOUR): Promise<string> {
  return await new SignJWT({ iss: issuer, sub: "ada", aud: AUDIENCE, exp: Math.floor(expiresAt / 1000) })
    .setProtectedHeader({ alg: "ES256", ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) })
    .sign(privateKey);
}

describe("several keys that a token may be signed with", () => {
  it.each([undefined, "same"])("AUTH-1: each is tried (key id: %s)", async (kid) => {
    const pairs = await Promise.all([newPair(kid), newPair(kid), newPair(kid)]);
    const issuer = await publisherOf(pairs.map(({ jwk }) => jwk));
    const isolate = isolateOf(issuer);
    for (const pair of pairs) {
      expect(await kindOf(isolate, await tokenOf(issuer, pair))).toBe("user");
      expect(await kindOf(isolate, await tokenOf(issuer, pair, Date.now() - HOUR))).toBe("expired");
    }
    expect(await kindOf(isolate, await tokenOf(issuer, await newPair(kid)))).toBe("invalid");
  });

  it("AUTH-1: a token without a key id is read where the keys have ids", async () => {
    const pairs = await Promise.all([newPair("one"), newPair("two")]);
    const issuer = await publisherOf(pairs.map(({ jwk }) => jwk));
    const isolate = isolateOf(issuer);
    for (const { privateKey } of pairs) {
      expect(await kindOf(isolate, await tokenOf(issuer, { privateKey, jwk: {} }))).toBe("user");
    }
  });
});

describe("entries that are no keys for us", () => {
  const UNUSABLE: readonly unknown[] = [
    ...[null, "key", 7, [], {}, { kty: 7 }, { kty: "unheard-of" }],
    ...[
      { kty: "RSA", kid: "half", n: "AQAB" },
      { kty: "EC", crv: "P-256", x: "AA" },
      { kty: "OKP", crv: "Ed25519" },
    ],
    { kty: "oct", k: "c2VjcmV0" },
  ];

  it("AUTH-1: are left out, and the others go on", async () => {
    const pair = await newPair("sound");
    const issuer = await publisherOf([...UNUSABLE, pair.jwk]);
    expect(await kindOf(isolateOf(issuer), await tokenOf(issuer, pair))).toBe("user");
  });

  it.each([
    ["nothing else", UNUSABLE],
    ["no entries", []],
    ["no list", { 0: {} }],
    ["more than 100", Array.from({ length: 101 }, () => null)],
  ])("AUTH-1: with %s the provider is as good as down", async (_, keys) => {
    const issuer = await publisherOf(keys);
    expect(await kindOf(isolateOf(issuer), await tokenOf(issuer, await newPair("sound")))).toBe("unavailable");
  });
});
