/**
 * Whoever owned a session and no longer does (AUTH-3, AUTH-5, AUTH-6): every call, after a take-over and after a change
 * of the license's user.
 */

import { describe, expect, it } from "vitest";
import { created, jsonOf, read, v3 } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";
import { newProvider } from "../support/provider.ts";
import { newFloating } from "../support/shop.ts";
import { appWith, onSession, SESSION_CALLS } from "../support/signed-in-app.ts";

const NAMESPACED = "https://acme.test/claims/roles";
const provider = await newProvider({
  ada: { email: "ada@acme.test", email_verified: true },
  grace: { email: "grace@acme.test", email_verified: true },
  nobody: {},
  claimant: { email: "ada@acme.test", email_verified: false },
  keycloak: { realm_access: { roles: ["offline_access", "admin"] } },
  auth0: { [NAMESPACED]: ["admin"] },
});
const app = appWith(provider.issuer);

async function tokenOf(name: string): Promise<string> {
  return (await provider.tokens(name)).access_token;
}

async function assign(license: { readonly id: string }, userId: unknown): Promise<void> {
  await jsonOf(await v3("PATCH", `/licenses/${license.id}`, { body: { userId } }), 200);
}

describe.each(SESSION_CALLS)("%s", (call) => {
  it("AUTH-5: after a take-over each license token of the session is 401, from before and from after it", async () => {
    const license = await newFloating(1);
    const first = await app.activated(license.key);
    const resumed = await app.activated(license.key);
    const ada = await tokenOf("ada");
    const owned = await app.activated(license.key, ada);
    expect([resumed.sessionId, owned.sessionId]).toEqual([first.sessionId, first.sessionId]);
    for (const { licenseToken } of [first, resumed, owned])
      await problemOf(await onSession(app, call, owned.sessionId, licenseToken), 401, "not-session-owner");
    await problemOf(await onSession(app, call, owned.sessionId), 401, "credentials-required");
    expect(await read(`/licenses/${license.id}`)).toMatchObject({ totalActivations: 1, totalDeactivations: 0 });
    expect((await onSession(app, call, owned.sessionId, ada)).status).toBe(200);
  });

  it("AUTH-6: another user for the license ends the session, for its former owner and everybody else", async () => {
    const license = await newFloating(2);
    const user = await created("/users", { email: `ada-${crypto.randomUUID()}@acme.test` });
    const [ada, grace] = [await tokenOf("ada"), await tokenOf("grace")];
    const owned = await app.activated(license.key, ada);
    await assign(license, user.id);
    for (const token of [ada, grace, owned.licenseToken])
      await problemOf(await onSession(app, call, owned.sessionId, token), 404, "session-unknown");
    expect(await read(`/licenses/${license.id}`)).toMatchObject({ totalActivations: 0 });
  });

  it("AUTH-3: the role admin acts on a person's session, wherever the provider puts it", async () => {
    for (const [name, claim] of [
      ["keycloak", "realm_access.roles"],
      ["auth0", NAMESPACED],
    ] as const) {
      const owned = await app.activated((await newFloating(1)).key, await tokenOf("ada"));
      const admins = appWith(provider.issuer, { OIDC_ROLES_CLAIM: claim });
      const token = await tokenOf(name);
      await problemOf(await onSession(app, call, owned.sessionId, token), 401, "not-session-owner");
      expect((await onSession(admins, call, owned.sessionId, token)).status).toBe(200);
    }
  });
});

describe("the e-mail", () => {
  it("AUTH-1, AUTH-4: not verified or absent, it opens no license with a user, and any other", async () => {
    const license = await newFloating(5);
    const ada = await created("/users", { email: "ada@acme.test" });
    await assign(license, ada.id);
    for (const name of ["claimant", "nobody"]) {
      const token = await tokenOf(name);
      const problem = await problemOf(await app.activate(license.key, token), 403, "email-not-verified");
      expect(problem.action).toBe("sign-in");
      expect((await app.activate((await newFloating(1)).key, token)).status).toBe(200);
    }
    expect(await read(`/licenses/${license.id}`)).toMatchObject({ totalActivations: 0 });
    expect((await app.activate(license.key, await tokenOf("ada"))).status).toBe(200);
  });
});
