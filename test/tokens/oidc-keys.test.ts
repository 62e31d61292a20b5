/**
 * The provider's keys: fetched once, kept through outages, found again after a rotation, and never asked for in vain.
 */

import { describe, expect, it } from "vitest";
import type { ProviderState } from "../support/identity-provider.ts";
import { AUDIENCE, newProvider, type TestProvider } from "../support/provider.ts";
import { isolateOf, kindOf } from "../support/signing-in.ts";

const ADA = { ada: { email: "ada@acme.test", email_verified: true } };
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Long enough for hours of a test's clock. */
async function lastingToken(provider: TestProvider, kid?: string): Promise<string> {
  const claims = { sub: "ada", aud: AUDIENCE, exp: Math.floor((Date.now() + 100 * HOUR) / 1000) };
  return await provider.forge(claims, kid === undefined ? {} : { kid });
}

describe("fetching", () => {
  it("AUTH-1: concurrent cold requests share one fetch, and warm ones make none", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    const token = (await provider.tokens("ada")).access_token;
    const kinds = await Promise.all(Array.from({ length: 50 }, () => kindOf(isolate, token)));
    expect(new Set(kinds)).toEqual(new Set(["user"]));
    expect(await provider.counts()).toEqual({ discovery: 1, keys: 1 });
    for (let call = 0; call < 20; call += 1) expect(await kindOf(isolate, token)).toBe("user");
    expect(await provider.counts()).toEqual({ discovery: 1, keys: 1 });
  });

  it("AUTH-1: from five minutes on they are fetched again behind the caller's back, once for all callers", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    const token = await lastingToken(provider);
    const now = Date.now();
    await kindOf(isolate, token, now);
    await kindOf(isolate, token, now + 5 * MINUTE - 1);
    expect(await provider.counts()).toEqual({ discovery: 1, keys: 1 });
    await Promise.all(Array.from({ length: 10 }, () => kindOf(isolate, token, now + 5 * MINUTE)));
    expect(await provider.counts()).toEqual({ discovery: 2, keys: 2 });
  });

  it("AUTH-1: a withdrawn key goes on for five minutes, and in an isolate that slept for an hour not once", async () => {
    const provider = await newProvider(ADA);
    const [busy, sleeping] = [isolateOf(provider.issuer), isolateOf(provider.issuer)];
    const token = await lastingToken(provider);
    const now = Date.now();
    expect(await kindOf(busy, token, now)).toBe("user");
    expect(await kindOf(sleeping, token, now)).toBe("user");
    await provider.rotate();
    expect(await kindOf(busy, token, now + 5 * MINUTE)).toBe("user");
    expect(await kindOf(busy, token, now + 5 * MINUTE + 1)).toBe("invalid");
    expect(await kindOf(busy, token, now + 5 * MINUTE + 10 * SECOND)).toBe("invalid");
    expect(await kindOf(sleeping, token, now + HOUR)).toBe("invalid");
  });
});

describe("rotation", () => {
  it("AUTH-1: a new key at the provider is found by the first token that names it", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    const now = Date.now();
    expect(await kindOf(isolate, await lastingToken(provider), now)).toBe("user");
    await provider.rotate();
    const token = await lastingToken(provider);
    const kinds = await Promise.all(Array.from({ length: 20 }, () => kindOf(isolate, token, now + 10 * SECOND)));
    expect(new Set(kinds)).toEqual(new Set(["user"]));
    expect(await provider.counts()).toEqual({ discovery: 2, keys: 2 });
  });

  it("AUTH-1, LIM-1: made-up key ids cost the provider one fetch in ten seconds, and are invalid by what it brought", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    const now = Date.now();
    const sound = await lastingToken(provider);
    await kindOf(isolate, sound, now);
    for (let second = 0; second < 60; second += 1) {
      const madeUp = await lastingToken(provider, `made-up-${second}`);
      expect([second, await kindOf(isolate, madeUp, now + second * SECOND)]).toEqual([second, "invalid"]);
    }
    expect(await provider.counts()).toEqual({ discovery: 6, keys: 6 });
    expect(await kindOf(isolate, sound, now + MINUTE)).toBe("user");
  });

  it("AUTH-1, LIM-1: a rotation just after a fetch is seen ten seconds after it, and signs nobody in before", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    const now = Date.now();
    await kindOf(isolate, await lastingToken(provider), now);
    // A stranger opens the window; the provider rotates inside it.
    await kindOf(isolate, await lastingToken(provider, "made-up"), now + 10 * SECOND);
    await provider.rotate();
    const token = await lastingToken(provider);
    expect(await kindOf(isolate, token, now + 19 * SECOND)).toBe("invalid");
    expect(await kindOf(isolate, token, now + 20 * SECOND)).toBe("user");
    expect(await provider.counts()).toEqual({ discovery: 3, keys: 3 });
  });

  it("AUTH-1, LIM-1: who joins a fetch has its verdict", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    const now = Date.now();
    await kindOf(isolate, await lastingToken(provider), now);
    const madeUp = await lastingToken(provider, "made-up");
    // The second joins the fetch that the first began a moment before it asked.
    const kinds = await Promise.all([0, 1].map((ms) => kindOf(isolate, madeUp, now + 10 * SECOND + ms)));
    expect(kinds).toEqual(["invalid", "invalid"]);
    expect(await provider.counts()).toEqual({ discovery: 2, keys: 2 });
  });

  it("AUTH-1: tokens that are too old by their own word need no key: an office wakes up after a rotation", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    const now = Date.now();
    const old = await provider.forge({ sub: "ada", aud: AUDIENCE, exp: Math.floor(now / 1000) - 60 });
    await provider.rotate();
    await kindOf(isolate, await lastingToken(provider), now);
    for (const later of [0, 1, 10 * SECOND]) expect(await kindOf(isolate, old, now + later)).toBe("expired");
    expect(await provider.counts()).toEqual({ discovery: 1, keys: 1 });
  });

  it("AUTH-1: a key that may be new while the provider is down is nobody's fault", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    const now = Date.now();
    const old = await lastingToken(provider);
    await kindOf(isolate, old, now);
    await provider.rotate();
    const token = await lastingToken(provider);
    await provider.become("down");
    expect(await kindOf(isolate, token, now + 10 * SECOND)).toBe("unavailable");
    expect(await kindOf(isolate, token, now + 11 * SECOND)).toBe("unavailable");
    expect(await kindOf(isolate, old, now + 11 * SECOND)).toBe("user");
    await provider.become("up");
    expect(await kindOf(isolate, token, now + 20 * SECOND)).toBe("user");
  });
});

describe("outages", () => {
  it("AUTH-1: the last known keys go on while the provider is down for a day, asked once in ten seconds", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    const token = await lastingToken(provider);
    const now = Date.now();
    await kindOf(isolate, token, now);
    await provider.become("down");
    for (let minute = 0; minute <= 90; minute += 1) {
      expect(await kindOf(isolate, token, now + minute * MINUTE)).toBe("user");
      expect(await kindOf(isolate, token, now + minute * MINUTE + 9 * SECOND)).toBe("user");
    }
    expect(await kindOf(isolate, token, now + 24 * HOUR)).toBe("user");
    // Once a minute from the fifth on, and once more after the night.
    expect(await provider.counts()).toEqual({ discovery: 1 + 86 + 1, keys: 1 });
  });

  it("AUTH-1: a cold start with the provider down is no verdict, and heals by itself", async () => {
    const provider = await newProvider(ADA);
    const isolate = isolateOf(provider.issuer);
    const token = await lastingToken(provider);
    const now = Date.now();
    await provider.become("down");
    for (let call = 0; call < 10; call += 1) expect(await kindOf(isolate, token, now + call)).toBe("unavailable");
    expect(await provider.counts()).toEqual({ discovery: 1, keys: 0 });
    await provider.become("up");
    expect(await kindOf(isolate, token, now + 5 * SECOND)).toBe("user");
  });

  it.each<ProviderState>(["failing", "redirecting", "oversized", "foreign", "keyless", "not-json"])(
    "AUTH-1: a provider that is %s is as good as down, and its keys of before go on",
    async (state) => {
      const provider = await newProvider(ADA);
      const token = await lastingToken(provider);
      const warm = isolateOf(provider.issuer);
      const now = Date.now();
      await kindOf(warm, token, now);
      await provider.become(state);
      expect(await kindOf(isolateOf(provider.issuer), token, now)).toBe("unavailable");
      expect(await kindOf(warm, token, now + 2 * HOUR)).toBe("user");
    },
  );

  it("AUTH-1: a provider that takes the request and says nothing holds nobody up for ever", async () => {
    const provider = await newProvider(ADA);
    const token = await lastingToken(provider);
    await provider.become("silent");
    const isolate = isolateOf(provider.issuer);
    const kinds = await Promise.all([kindOf(isolate, token), kindOf(isolate, token)]);
    expect(kinds).toEqual(["unavailable", "unavailable"]);
    expect(await provider.counts()).toEqual({ discovery: 1, keys: 0 });
  });
});
