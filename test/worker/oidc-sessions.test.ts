/**
 * MonetizeIt's page: "the user must be authenticated and own the session being renewed" (AUTH-3, AUTH-5, AUTH-6), over
 * HTTP.
 */

import { describe, expect, it } from "vitest";
import { created, jsonOf, listOf, mint, read, v3 } from "../support/management.ts";
import { handedOver } from "../support/objects.ts";
import { problemOf } from "../support/problems.ts";
import { newProvider } from "../support/provider.ts";
import { newFloating, type Document } from "../support/shop.ts";
import { appWith, onSession, SESSION_CALLS } from "../support/signed-in-app.ts";

const provider = await newProvider({
  ada: { email: "ada@acme.test", email_verified: true },
  grace: { email: "grace@acme.test", email_verified: true },
  boss: { email: "boss@acme.test", email_verified: true, roles: ["admin"] },
  agent: { roles: ["agent"] },
  support: { email: "help@acme.test", email_verified: true, roles: ["support"] },
});
const app = appWith(provider.issuer);
const tokens = new Map(
  await Promise.all(
    ["ada", "grace", "boss", "agent", "support"].map(
      async (name) => [name, (await provider.tokens(name)).access_token] as const,
    ),
  ),
);

function tokenOf(name: string): string {
  return tokens.get(name) ?? "";
}

async function sessionOf(name: string): Promise<Document> {
  return await app.activated((await newFloating(5)).key, tokenOf(name));
}

describe("a person's session", () => {
  for (const call of SESSION_CALLS) {
    it(`AUTH-3: ${call} takes its owner, and is 401 to everybody else`, async () => {
      const document = await sessionOf("ada");
      const { sessionId } = document;
      const other = await app.activated((await newFloating(5)).key);
      const invalid = await problemOf(await onSession(app, call, sessionId, "junk"), 401, "credentials-invalid");
      expect(invalid.action).toBe("sign-in");
      await problemOf(await onSession(app, call, sessionId), 401, "credentials-required");
      for (const token of [
        tokenOf("grace"),
        tokenOf("support"),
        document.licenseToken,
        other.licenseToken,
        await mint(["license:read"]),
      ]) {
        const problem = await problemOf(await onSession(app, call, sessionId, token), 401, "not-session-owner");
        expect(problem.action).toBe("sign-in");
      }
      expect((await onSession(app, call, sessionId, tokenOf("ada"))).status).toBe(200);
    });

    it(`AUTH-3: ${call} takes a role that has activation:write, and a management token with activation:write`, async () => {
      for (const token of [tokenOf("boss"), tokenOf("agent"), await mint(["activation:write"])]) {
        const { sessionId } = await sessionOf("ada");
        expect((await onSession(app, call, sessionId, token)).status).toBe(200);
      }
    });

    it(`AUTH-3, AUTH-5: ${call} of an anonymous session takes its license token, and no person but an admin`, async () => {
      const document = await app.activated((await newFloating(5)).key);
      for (const name of ["ada", "grace"]) {
        const answer = await onSession(app, call, document.sessionId, tokenOf(name));
        await problemOf(answer, 401, "not-session-owner");
      }
      expect((await onSession(app, call, document.sessionId, document.licenseToken)).status).toBe(200);
      const another = await app.activated((await newFloating(5)).key);
      expect((await onSession(app, call, another.sessionId, tokenOf("boss"))).status).toBe(200);
    });
  }

  it("AUTH-3: another person's refused check-out leaves the seat taken", async () => {
    const license = await newFloating(1);
    const { sessionId } = await app.activated(license.key, tokenOf("ada"));
    await problemOf(await onSession(app, "check-out", sessionId, tokenOf("grace")), 401, "not-session-owner");
    const full = await app.activate(license.key, tokenOf("grace"), { fingerprint: "another" });
    await problemOf(full, 409, "seats-exhausted");
    expect((await onSession(app, "check-out", sessionId, tokenOf("ada"))).status).toBe(200);
    expect((await app.activate(license.key, tokenOf("grace"), { fingerprint: "another" })).status).toBe(200);
  });

  it("AUTH-3: an ID token and an access token are the same person", async () => {
    const both = appWith(provider.issuer, { OIDC_AUDIENCE: "https://licenses.acme.test, app-ES256" });
    const { access_token, id_token } = await provider.tokens("ada");
    const { sessionId } = await both.activated((await newFloating(5)).key, access_token);
    expect((await onSession(both, "renew", sessionId, id_token)).status).toBe(200);
  });

  it("AUTH-3: the same subject at another provider is another person", async () => {
    const elsewhere = await newProvider({ ada: { email: "ada@acme.test", email_verified: true } });
    const { sessionId } = await sessionOf("ada");
    const { access_token } = await elsewhere.tokens("ada");
    const answer = await onSession(appWith(elsewhere.issuer), "renew", sessionId, access_token);
    await problemOf(answer, 401, "not-session-owner");
  });
});

describe("whom a license is for", () => {
  it("AUTH-8: ends any activation of it, on the device or by /v3/me, and nobody of another license", async () => {
    const edsger = await created("/users", { email: "edsger@acme.test" });
    const more = { type: "node-locked", userId: String(edsger.id), allowedDeactivations: 3 } as const;
    const license = await newFloating(2, more);
    const theirs = await newProvider({
      "edsger-1": { email: "Edsger@acme.test", email_verified: true },
      unverified: { email: "edsger@acme.test", email_verified: false },
    });
    const elsewhere = appWith(theirs.issuer);
    const token = (await theirs.tokens("edsger-1")).access_token;
    const free = async (id: string, bearer = token, at = elsewhere) =>
      await at.call("DELETE", `/v3/me/activations/${id}`, { token: bearer });

    const anonymous = await app.activated(license.key, undefined, { fingerprint: "a" });
    for (const call of ["GET", "renew", "check-in"] as const)
      await problemOf(await onSession(elsewhere, call, anonymous.sessionId, token), 401, "not-session-owner");
    expect((await onSession(elsewhere, "check-out", anonymous.sessionId, token)).status).toBe(200);
    await problemOf(await onSession(app, "renew", anonymous.sessionId, anonymous.licenseToken), 404, "session-unknown");

    const [one, two] = [
      await app.activated(license.key, undefined, { fingerprint: "b" }),
      await elsewhere.activated(license.key, token),
    ];
    await problemOf(await elsewhere.activate(license.key, token, { fingerprint: "c" }), 409, "seats-exhausted");
    const unverified = (await theirs.tokens("unverified")).access_token;
    const foreign = await app.activated((await newFloating(1)).key, tokenOf("ada"));
    for (const answer of [
      await free(one.sessionId, unverified),
      await free(one.sessionId, tokenOf("grace"), app),
      await free(one.sessionId, tokenOf("boss"), app),
      await free(foreign.sessionId),
      await free(foreign.sessionId, tokenOf("ada"), app),
      await free(foreign.sessionId, tokenOf("boss"), app),
      await free("00000000-0000-8000-8000-000000000000"),
      await free("x"),
    ])
      await problemOf(answer, 404, "NOT_FOUND");
    await problemOf(await free(one.sessionId, await mint(["*"])), 403, "FORBIDDEN");

    const listed = async () =>
      (await listOf(await elsewhere.call("GET", "/v3/me/activations", { token }))).map(({ id }) => id);
    for (const { sessionId } of [one, two]) expect((await free(sessionId)).status).toBe(204);
    expect(await listed()).toEqual([]);
    await problemOf(await free(one.sessionId), 404, "NOT_FOUND");
    const events = await listOf(await v3("GET", `/event-logs?resourceId=${license.id}&event=activation.deleted`));
    expect(events.map(({ actor }) => actor)).toEqual(
      Array.from({ length: 3 }, () => ({ type: "customer", id: "edsger-1" })),
    );
    expect(await read(`/licenses/${license.id}`)).toMatchObject({ totalActivations: 0, totalDeactivations: 3 });

    const last = await elsewhere.activated(license.key, token);
    await problemOf(await free(last.sessionId), 409, "DEACTIVATION_LIMIT_REACHED");
    await handedOver();
    expect(await listed()).toEqual([last.sessionId]);
    await jsonOf(await v3("PATCH", `/licenses/${license.id}`, { body: { revoked: true } }), 200);
    await problemOf(await free(last.sessionId), 403, "FORBIDDEN");
    await problemOf(await onSession(elsewhere, "check-out", last.sessionId, token), 403, "license-revoked");
  });
});

describe("a change of the license's user", () => {
  it("AUTH-6: ends the former user's sessions, and leaves anonymous ones", async () => {
    const ada = await created("/users", { firstName: "Ada", email: "ada@acme.test" });
    const grace = await created("/users", { firstName: "Grace", email: "grace@acme.test" });
    const license = await newFloating(5);
    const assign = async (userId: unknown) =>
      await jsonOf(await v3("PATCH", `/licenses/${license.id}`, { body: { userId } }), 200);

    const anonymous = await app.activated(license.key, undefined, { fingerprint: "kiosk" });
    const before = await app.activated(license.key, tokenOf("ada"));
    await assign(ada.id);
    await problemOf(await onSession(app, "renew", before.sessionId, tokenOf("ada")), 404, "session-unknown");

    const owned = await app.activated(license.key, tokenOf("ada"));
    expect(owned.sessionId).not.toBe(before.sessionId);
    await problemOf(await app.activate(license.key, tokenOf("grace")), 403, "wrong-user");
    await assign(grace.id);
    const gone = await problemOf(
      await onSession(app, "renew", owned.sessionId, tokenOf("ada")),
      404,
      "session-unknown",
    );
    expect(gone.action).toBe("activate-again");
    await problemOf(await app.activate(license.key, tokenOf("ada")), 403, "wrong-user");
    const hers = await app.activated(license.key, tokenOf("grace"));

    await assign(null);
    await problemOf(await onSession(app, "renew", hers.sessionId, tokenOf("grace")), 404, "session-unknown");
    expect((await onSession(app, "renew", anonymous.sessionId, anonymous.licenseToken)).status).toBe(200);
    expect((await read(`/licenses/${license.id}`)).totalActivations).toBe(1);
  });
});
