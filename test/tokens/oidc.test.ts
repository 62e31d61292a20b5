/** Which tokens sign a person in (AUTH-1): those of a real provider over loopback, and forgeries with its own key. */

import { base64url, createLocalJWKSet, exportSPKI, importJWK, jwtVerify, SignJWT, type JWK } from "jose";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { AUDIENCE, newProvider, type TestProvider } from "../support/provider.ts";
import { isolateOf, kindOf, signIn } from "../support/signing-in.ts";

const HOUR = 3_600_000;
const ADA = { ada: { email: "ada@acme.test", email_verified: true } };

async function publicKeys(provider: TestProvider): Promise<{ keys: JWK[] }> {
  return (await (await fetch(`${provider.issuer}/jwks`)).json()) as { keys: JWK[] };
}

describe("tokens of the provider", () => {
  for (const algorithm of ["RS256", "ES256", "Ed25519"] as const) {
    it(`AUTH-1: an access token (at+jwt) and an ID token, signed with ${algorithm}`, async () => {
      const provider = await newProvider(ADA, ["RS256", "ES256", "Ed25519"]);
      const isolate = isolateOf(provider.issuer, { audiences: [AUDIENCE, `app-${algorithm}`] });
      const { access_token, id_token } = await provider.tokens("ada", { algorithm });
      for (const token of [access_token, id_token]) {
        expect(await signIn(isolate, token)).toEqual({
          kind: "user",
          user: {
            kind: "user",
            issuer: provider.issuer,
            subject: "ada",
            email: "ada@acme.test",
            emailClaimed: null,
            role: null,
          },
        });
      }
    });
  }

  it("AUTH-1: any audience of the list will do, and no other", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer, { audiences: ["one", "two"] });
    const kindFor = async (audience: string) =>
      await kindOf(isolate, (await provider.tokens("ada", { audience })).access_token);
    expect(await kindFor("one")).toBe("user");
    expect(await kindFor("two")).toBe("user");
    expect(await kindFor("three")).toBe("invalid");
    expect(await kindFor("one,two")).toBe("invalid");
    const { id_token } = await provider.tokens("ada", { audience: "one" });
    expect(await kindOf(isolate, id_token)).toBe("invalid");
  });

  it("AUTH-1: another issuer's tokens are invalid, and cost the provider no call", async () => {
    const provider = await newProvider(ADA);
    const other = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    expect(await kindOf(isolate, (await other.tokens("ada")).access_token)).toBe("invalid");
    expect(await provider.counts()).toEqual({ discovery: 0, keys: 0 });
    // A slash more is another issuer: they are compared as they stand.
    expect(await kindOf(isolateOf(`${provider.issuer}/`), (await provider.tokens("ada")).access_token)).toBe("invalid");
  });

  it("AUTH-1: another provider's key does not sign in this one's name", async () => {
    const provider = await newProvider(ADA);
    const other = await newProvider(ADA);
    const claims = { iss: provider.issuer, sub: "ada", aud: AUDIENCE, exp: Math.floor((Date.now() + HOUR) / 1000) };
    // Both providers' first key has the same id.
    expect(await kindOf(isolateOf(provider.issuer), await other.forge(claims))).toBe("invalid");
    expect(await kindOf(isolateOf(provider.issuer), await provider.forge(claims))).toBe("user");
  });

  it("AUTH-1: an expired token is expired, with 60 s of tolerance to either side", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    const now = Math.floor(Date.now() / 1000) * 1000;
    const claims = { sub: "ada", aud: AUDIENCE, nbf: now / 1000, exp: now / 1000 + 3_600 };
    const token = await provider.forge(claims);
    for (const [at, kind] of [
      [now - 61_000, "invalid"],
      [now - 60_000, "user"],
      [now + HOUR + 59_000, "user"],
      [now + HOUR + 60_000, "expired"],
    ] as const) {
      expect([at - now, await kindOf(isolate, token, at)]).toEqual([at - now, kind]);
    }
  });
});

describe("expired tokens", () => {
  it("AUTH-1: only a genuine one for us is called expired; any other is invalid, of whatever age", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    const past = { sub: "ada", aud: AUDIENCE, exp: Math.floor((Date.now() - HOUR) / 1000) };
    const token = await provider.forge(past);
    expect(await kindOf(isolate, token)).toBe("expired");
    expect(await kindOf(isolate, `${token.slice(0, -8)}AAAAAAAA`)).toBe("invalid");
    expect(await kindOf(isolate, await provider.forge({ ...past, aud: "another" }))).toBe("invalid");
    const other = await newProvider(ADA);
    expect(await kindOf(isolate, await other.forge({ ...past, iss: provider.issuer }))).toBe("invalid");
  });
});

describe("the log", () => {
  it("AUTH-1: tells why tokens are refused, without a value of theirs, once in ten seconds", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    const now = Date.now();
    const claims = { sub: "ada", aud: "secret-audience", exp: Math.floor((now + HOUR) / 1000) };
    const elsewhere = await provider.forge(claims);
    for (let second = 0; second <= 10; second += 1) await kindOf(isolate, elsewhere, now + second * 1_000);
    const lines = warn.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown);
    const line = {
      what: "tokens of the identity provider are refused",
      error: "ERR_JWT_CLAIM_VALIDATION_FAILED aud",
    };
    expect(lines).toMatchObject([line, line]);
  });

  it("AUTH-1: does not tell of expired tokens, which everybody has at times", async () => {
    const provider = await newProvider(ADA);
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    const token = await provider.forge({ sub: "ada", aud: AUDIENCE, exp: Math.floor((Date.now() - HOUR) / 1000) });
    expect(await kindOf(isolateOf(provider.issuer), token)).toBe("expired");
    expect(warn).not.toHaveBeenCalled();
  });
});

describe("what is no token of a person", () => {
  const sound = () => ({ sub: "ada", aud: AUDIENCE, exp: Math.floor((Date.now() + HOUR) / 1000) });

  it("AUTH-1: exp, sub and aud are required", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    for (const missing of ["exp", "sub", "aud"]) {
      const claims = Object.fromEntries(Object.entries(sound()).filter(([name]) => name !== missing));
      expect([missing, await kindOf(isolate, await provider.forge(claims))]).toEqual([missing, "invalid"]);
    }
    for (const sub of ["", 7, null, ["ada"], "s".repeat(256)]) {
      expect(await kindOf(isolate, await provider.forge({ ...sound(), sub }))).toBe("invalid");
    }
    expect(await kindOf(isolate, await provider.forge({ ...sound(), sub: "s".repeat(255) }))).toBe("user");
  });

  it.each([
    ["at+jwt", "user"],
    ["application/at+jwt", "user"],
    ["AT+JWT", "user"],
    ["JWT", "user"],
    ["license+jwt", "invalid"],
    ["activation+jwt", "invalid"],
    ["logout+jwt", "invalid"],
    ["token-introspection+jwt", "invalid"],
    ["dpop+jwt", "invalid"],
    ["", "invalid"],
  ])("AUTH-1, TOK-3: a token with typ %s, signed by the provider, is %s", async (typ, kind) => {
    const provider = await newProvider(ADA);
    expect(await kindOf(isolateOf(provider.issuer), await provider.forge(sound(), { typ }))).toBe(kind);
  });

  it("AUTH-1: a logout token without a type of its own, or any other token of events, signs nobody in", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    const logout = { "http://schemas.openid.net/event/backchannel-logout": {} };
    for (const events of [logout, {}, null]) {
      expect(await kindOf(isolate, await provider.forge({ ...sound(), sid: "session", events }))).toBe("invalid");
    }
  });

  it("AUTH-1: symmetric algorithms and none are refused, whatever the token says", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    const { keys } = await publicKeys(provider);
    const [jwk = {}] = keys;
    const key = await importJWK(jwk, "ES256", { extractable: true });
    if (key instanceof Uint8Array) throw new Error("the provider's key is symmetric");
    const secrets = [await exportSPKI(key), JSON.stringify(jwk), ""].map((text) => new TextEncoder().encode(text));
    for (const secret of secrets.filter((one) => one.length > 0)) {
      const token = await new SignJWT({ ...sound(), iss: provider.issuer })
        .setProtectedHeader({ alg: "HS256", kid: jwk.kid ?? "" })
        .sign(secret);
      expect(await kindOf(isolate, token)).toBe("invalid");
    }
    const part = (value: object) => base64url.encode(JSON.stringify(value));
    const claims = part({ ...sound(), iss: provider.issuer });
    for (const alg of ["none", "None", "NONE", ""]) {
      expect(await kindOf(isolate, `${part({ alg, typ: "JWT" })}.${claims}.`)).toBe("invalid");
    }
    expect(await provider.counts()).toMatchObject({ discovery: 0 });
  });

  it("AUTH-1: an algorithm that the key is not for, a changed claim, a missing signature", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    const now = Date.now();
    const token = (await provider.tokens("ada")).access_token;
    const [header = "", payload = "", signature = ""] = token.split(".");
    const part = (value: object) => base64url.encode(JSON.stringify(value));
    const changed = { ...JSON.parse(new TextDecoder().decode(base64url.decode(payload))), roles: ["admin"] };
    const relabelled = { ...JSON.parse(new TextDecoder().decode(base64url.decode(header))), alg: "RS256" };
    for (const forged of [
      `${header}.${part(changed)}.${signature}`,
      `${part(relabelled)}.${payload}.${signature}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${token}.${payload}.${signature}`,
      "a.b.c",
      "..",
      "",
    ]) {
      expect(await kindOf(isolate, forged, now)).toBe("invalid");
    }
    expect(await kindOf(isolate, token, now)).toBe("user");
    // The keys are the provider's own: anybody's library reads the token alike.
    await jwtVerify(token, createLocalJWKSet(await publicKeys(provider)), { audience: AUDIENCE });
  });

  it("AUTH-1: a key in the token's own header is not looked at", async () => {
    const provider = await newProvider(ADA);
    const other = await newProvider(ADA);
    const { keys } = await publicKeys(other);
    const claims = { ...sound(), iss: provider.issuer };
    for (const header of [{ jwk: keys[0] }, { jku: `${other.issuer}/jwks` }, { kid: "made-up", jwk: keys[0] }]) {
      expect(await kindOf(isolateOf(provider.issuer), await other.forge(claims, header))).toBe("invalid");
    }
    expect((await other.counts()).keys).toBe(1);
  });

  it("LIM-2: a token longer than 16,384 characters is not looked at", async () => {
    const provider = await newProvider(ADA);
    const token = await provider.forge({ ...sound(), padding: "x".repeat(16_000) });
    expect(token.length).toBeGreaterThan(16_384);
    expect(await kindOf(isolateOf(provider.issuer), token)).toBe("invalid");
    const shorter = await provider.forge({ ...sound(), padding: "x".repeat(11_000) });
    expect(await kindOf(isolateOf(provider.issuer), shorter)).toBe("user");
  });
});
