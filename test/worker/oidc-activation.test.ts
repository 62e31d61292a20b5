/** Activating signed in (AUTH-1, AUTH-2, AUTH-4, AUTH-6, SEAT-3, TOK-2), over HTTP with a real provider. */

import { describe, expect, it, vi } from "vitest";
import { created, read } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { AUDIENCE, newProvider } from "../support/provider.ts";
import { bearer, change, newFloating, newLicense } from "../support/shop.ts";
import { appWith, claimsOf, onSession } from "../support/signed-in-app.ts";

const HOUR = 3_600_000;
const PEOPLE = {
  ada: { email: "Ada@acme.test", email_verified: true },
  grace: { email: "grace@acme.test", email_verified: true },
  unverified: { email: "ada@acme.test", email_verified: false },
  nameless: {},
};

const provider = await newProvider(PEOPLE, ["RS256", "ES256", "Ed25519"]);
const app = appWith(provider.issuer, { OIDC_AUDIENCE: `${AUDIENCE}, app-RS256, app-ES256, app-Ed25519` });

async function tokenOf(name: keyof typeof PEOPLE): Promise<string> {
  return (await provider.tokens(name)).access_token;
}

/** A license of the vendor's user with this e-mail. */
async function licenseFor(email: string, members: object = {}): Promise<{ key: string; id: string; userId: string }> {
  const user = await created("/users", { firstName: "A", email });
  const productId = (await created("/products", { name: "App" })).id;
  const license = await created("/licenses", { productId, userId: user.id, ...members });
  return { key: String(license.key), id: String(license.id), userId: String(user.id) };
}

describe("a signed-in person", () => {
  for (const algorithm of ["RS256", "ES256", "Ed25519"] as const) {
    it(`AUTH-1, TOK-2: activates with an access token and with an ID token (${algorithm})`, async () => {
      const { access_token, id_token } = await provider.tokens("ada", { algorithm });
      for (const token of [access_token, id_token]) {
        const license = await newLicense({ requireAuthentication: true });
        const document = await app.activated(license.key, token);
        expect(claimsOf(document.licenseToken).user).toBe("Ada@acme.test");
        expect((await onSession(app, "renew", document.sessionId, token)).status).toBe(200);
      }
    });
  }

  it("AUTH-1, TOK-2: without a known e-mail they are their subject", async () => {
    for (const name of ["unverified", "nameless"] as const) {
      const license = await newLicense({ requireAuthentication: true });
      const document = await app.activated(license.key, await tokenOf(name));
      expect(claimsOf(document.licenseToken).user).toBe(name);
    }
  });

  it("AUTH-1: POST /jwt takes the same tokens", async () => {
    const license = await newLicense({ requireAuthentication: true });
    const body = { activationCode: license.key, fingerprint: "device" };
    const answer = await app.call("POST", "/api/v1/activations/jwt", { token: await tokenOf("ada"), body });
    expect(claimsOf((await answer.json()) as string).user).toBe("Ada@acme.test");
  });

  it("AUTH-2: requireAuthentication refuses the anonymous with 403, and takes no seat", async () => {
    const license = await newLicense({ requireAuthentication: true });
    expect((await problemOf(await app.activate(license.key), 403, "authentication-required")).action).toBe("sign-in");
    expect((await read(`/licenses/${license.id}`)).totalActivations).toBe(0);
  });

  it("AUTH-1, AUTH-2: expired, for another audience, of another issuer: 401 even where anonymous would do", async () => {
    const license = await newLicense();
    const other = await newProvider(PEOPLE);
    const expired = { sub: "ada", aud: AUDIENCE, exp: Math.floor((Date.now() - 61_000) / 1000) };
    const { licenseToken } = await app.activated((await newLicense()).key);
    for (const token of [
      await provider.forge(expired),
      (await provider.tokens("ada", { audience: "https://other.acme.test" })).access_token,
      (await other.tokens("ada")).access_token,
      await provider.forge({ ...expired, exp: Math.floor((Date.now() + HOUR) / 1000) }, { typ: "license+jwt" }),
      `${licenseToken}x`,
      "junk",
    ]) {
      const problem = await problemOf(await app.activate(license.key, token), 401, "credentials-invalid");
      expect(problem.action).toBe("sign-in");
    }
    expect((await read(`/licenses/${license.id}`)).totalActivations).toBe(0);
  });

  it("AUTH-1: an access token that expires is 401 from 60 s later on", async () => {
    const license = await newFloating(5, { leaseDuration: 86_400 });
    const token = await tokenOf("ada");
    const exp = Number(claimsOf(token).exp) * 1000;
    const document = await app.activated(license.key, token);
    try {
      vi.setSystemTime(exp + 59_000);
      expect((await onSession(app, "renew", document.sessionId, token)).status).toBe(200);
      vi.setSystemTime(exp + 60_000);
      await problemOf(await onSession(app, "renew", document.sessionId, token), 401, "credentials-invalid");
    } finally {
      vi.useRealTimers();
    }
  });

  it("AUTH-2: without a provider nobody signs in", async () => {
    const license = await newLicense();
    const closed = appWith("", { OIDC_AUDIENCE: "" });
    await problemOf(await closed.activate(license.key, await tokenOf("ada")), 401, "credentials-invalid");
    expect((await closed.activate(license.key)).status).toBe(200);
  });
});

describe("the license's user", () => {
  it("AUTH-4: activates, whatever the case of the e-mail; another person is 403, and so is one without a known e-mail", async () => {
    const { key, id } = await licenseFor("ada@ACME.test", { requireAuthentication: true });
    const wrong = await problemOf(await app.activate(key, await tokenOf("grace")), 403, "wrong-user");
    expect(wrong.action).toBe("sign-in");
    expect(`${wrong.title} ${wrong.detail}`).not.toMatch(/sign in|signed-in/i);
    for (const name of ["unverified", "nameless"] as const) {
      const problem = await problemOf(await app.activate(key, await tokenOf(name)), 403, "email-not-verified");
      expect(problem.action).toBe("sign-in");
    }
    expect((await read(`/licenses/${id}`)).totalActivations).toBe(0);
    const document = await app.activated(key, await tokenOf("ada"));
    expect(claimsOf(document.licenseToken).user).toBe("ada@ACME.test");
  });

  it("AUTH-1, AUTH-4: OIDC_TRUST_EMAIL lets an e-mail count that the provider does not call verified", async () => {
    const { key } = await licenseFor("ada@acme.test.example");
    const trusting = await newProvider({ ada: { email: "ada@acme.test.example" } });
    const { access_token } = await trusting.tokens("ada");
    await problemOf(await appWith(trusting.issuer).activate(key, access_token), 403, "email-not-verified");
    const trustingApp = appWith(trusting.issuer, { OIDC_TRUST_EMAIL: "true" });
    expect((await trustingApp.activate(key, access_token)).status).toBe(200);
  });

  it("AUTH-4: anonymous activation stays allowed, unless requireAuthentication", async () => {
    const { key } = await licenseFor("anonymous@acme.test");
    const document = await app.activated(key);
    expect((await onSession(app, "renew", document.sessionId, document.licenseToken)).status).toBe(200);
  });

  it("AUTH-4: everybody with the user's e-mail is the same owner, so that the provider can be replaced", async () => {
    const { key } = await licenseFor("moved@acme.test");
    const before = await newProvider({ "old-subject": { email: "moved@acme.test", email_verified: true } });
    const after = await newProvider({ "new-subject": { email: "Moved@acme.test", email_verified: true } });
    const document = await appWith(before.issuer).activated(key, (await before.tokens("old-subject")).access_token);
    const moved = appWith(after.issuer);
    const { access_token } = await after.tokens("new-subject");
    expect((await onSession(moved, "renew", document.sessionId, access_token)).status).toBe(200);
    expect((await moved.activated(key, access_token)).sessionId).toBe(document.sessionId);
  });
});

describe("the e-mail in the body", () => {
  const activation = (email: string) => ({ email });

  it("AUTH-4: 400 if it contradicts the signed-in person, before the key is looked for", async () => {
    const license = await newLicense();
    for (const key of [license.key, "NOBODY-HAS-THIS-KEY"]) {
      const answer = await app.activate(key, await tokenOf("ada"), activation("grace@acme.test"));
      const problem = await problemOf(answer, 400, "email-mismatch");
      expect(problem.action).toBe("fix-request");
      expect(pointersOf(problem)).toEqual(["/email"]);
    }
    expect((await read(`/licenses/${license.id}`)).totalActivations).toBe(0);
  });

  it("AUTH-4: the same in another case is the same", async () => {
    const license = await newLicense();
    expect((await app.activate(license.key, await tokenOf("ada"), activation("aDA@ACME.test"))).status).toBe(200);
  });

  it("AUTH-4: contradicts nobody whose e-mail is not known, and nobody who is not signed in", async () => {
    for (const token of [await tokenOf("unverified"), await tokenOf("nameless"), undefined]) {
      const license = await newLicense();
      expect((await app.activate(license.key, token, activation("someone@else.test"))).status).toBe(200);
    }
  });

  it("AUTH-4: invalid credentials come first", async () => {
    const license = await newLicense();
    await problemOf(await app.activate(license.key, "junk", activation("a@b")), 401, "credentials-invalid");
  });
});

describe("the same device", () => {
  it("SEAT-3: the same person resumes; another is 409, and so is nobody", async () => {
    const license = await newFloating(5);
    const document = await app.activated(license.key, await tokenOf("ada"));
    expect((await app.activated(license.key, await tokenOf("ada"))).sessionId).toBe(document.sessionId);
    for (const token of [await tokenOf("grace"), undefined, document.licenseToken]) {
      const problem = await problemOf(await app.activate(license.key, token), 409, "device-already-activated");
      expect(problem.action).toBe("contact-vendor");
    }
    expect((await read(`/licenses/${license.id}`)).totalActivations).toBe(1);
  });

  it("SEAT-3, AUTH-5: a person takes an anonymous activation over, and its older license tokens are 401", async () => {
    const license = await newFloating(1);
    const anonymous = await app.activated(license.key);
    expect((await onSession(app, "renew", anonymous.sessionId, anonymous.licenseToken)).status).toBe(200);
    const owned = await app.activated(license.key, await tokenOf("ada"));
    expect(owned.sessionId).toBe(anonymous.sessionId);
    for (const token of [anonymous.licenseToken, owned.licenseToken]) {
      await problemOf(await onSession(app, "renew", owned.sessionId, token), 401, "not-session-owner");
    }
    expect((await onSession(app, "renew", owned.sessionId, await tokenOf("ada"))).status).toBe(200);
    await problemOf(await app.activate(license.key), 409, "device-already-activated");
    expect(bearer(owned)).not.toBe(bearer(anonymous));
    expect((await read(`/licenses/${license.id}`)).totalActivations).toBe(1);
  });

  it("AUTH-6: requireAuthentication, switched on later, leaves the anonymous renewing", async () => {
    const license = await newFloating(5);
    const document = await app.activated(license.key);
    await change(license, { requireAuthentication: true });
    expect((await onSession(app, "renew", document.sessionId, document.licenseToken)).status).toBe(200);
    await problemOf(await app.activate(license.key, undefined, { fingerprint: "b" }), 403, "authentication-required");
    expect((await app.activate(license.key, await tokenOf("ada"), { fingerprint: "b" })).status).toBe(200);
  });
});
