/** What a token says of its person (AUTH-1), as providers write it. */

import { describe, expect, it } from "vitest";
import { newProvider } from "../support/provider.ts";
import { isolateOf, userOf } from "../support/signing-in.ts";

const NAMESPACED = "https://acme.test/claims/roles";

/** Signs in somebody whose token carries these claims. */
async function personWith(claims: Record<string, unknown>, given: Parameters<typeof isolateOf>[1] = {}) {
  const provider = await newProvider({ ada: claims });
  return await userOf(isolateOf(provider.issuer, given), (await provider.tokens("ada")).access_token);
}

describe("the e-mail", () => {
  it.each([
    ["true", true],
    ['"true"', "true"],
  ])("AUTH-1: counts if email_verified is %s", async (_, email_verified) => {
    const user = await personWith({ email: "Ada@acme.test", email_verified });
    expect(user).toMatchObject({ email: "Ada@acme.test", emailClaimed: null });
  });

  it.each([
    ["false", false],
    ['"false"', "false"],
    ["1", 1],
    ['"TRUE"', "TRUE"],
    ["null", null],
  ])("AUTH-1: is only claimed if email_verified is %s", async (_, email_verified) => {
    const user = await personWith({ email: "ada@acme.test", email_verified });
    expect(user).toMatchObject({ email: null, emailClaimed: "ada@acme.test" });
  });

  it.each(["an\u200bna@acme.test", "mailto:ada@acme.test", "ada@acme.test\u0007", "a b@acme.test", "@", "ada"])(
    "EMAIL-1, AUTH-1: %j is no e-mail, and its holder is signed in without one",
    async (email) => {
      expect(await personWith({ email, email_verified: true })).toMatchObject({ email: null, emailClaimed: null });
    },
  );

  it("AUTH-1: is only claimed without email_verified, and counts under OIDC_TRUST_EMAIL", async () => {
    const claims = { email: "ada@acme.test" };
    expect(await personWith(claims)).toMatchObject({ email: null, emailClaimed: "ada@acme.test" });
    expect(await personWith(claims, { trustEmail: true })).toMatchObject({
      email: "ada@acme.test",
      emailClaimed: null,
    });
  });

  it("AUTH-1: a person without one is a person all the same", async () => {
    for (const claims of [{}, { email: "", email_verified: true }, { email: "no address", email_verified: true }]) {
      expect(await personWith(claims)).toMatchObject({ subject: "ada", email: null, emailClaimed: null });
    }
    for (const email of [null, 7, ["ada@acme.test"], `${"a".repeat(320)}@acme.test`]) {
      expect(await personWith({ email, email_verified: true })).toMatchObject({ email: null, emailClaimed: null });
    }
  });
});

describe("the roles", () => {
  it.each([
    ["roles", { roles: ["editor", "admin"] }],
    ["realm_access.roles", { realm_access: { roles: ["admin"] } }],
    [NAMESPACED, { [NAMESPACED]: ["admin"] }],
    ["role", { role: "admin" }],
    ["groups", { groups: ["admin", 7, null] }],
    ["resource_access.licenses.roles", { resource_access: { licenses: { roles: ["admin"] } } }],
  ])("AUTH-1: admin at %s", async (rolesClaim, claims) => {
    expect((await personWith(claims, { rolesClaim })).role).toBe("admin");
  });

  it.each([
    ["support", ["editor", "support"]],
    ["agent", "agent"],
    ["agent", ["support", "agent", "support"]],
    ["admin", ["support", "agent", "admin"]],
  ])("MGMT-5: %s by %j, of several the strongest", async (role, roles) => {
    expect((await personWith({ roles })).role).toBe(role);
  });

  it("AUTH-1: the claim's whole name comes before the path", async () => {
    const claims = { "realm_access.roles": ["editor"], realm_access: { roles: ["admin"] } };
    expect((await personWith(claims, { rolesClaim: "realm_access.roles" })).role).toBeNull();
  });

  it.each([
    ["elsewhere", { realm_access: { roles: ["admin"] } }],
    ["another case", { roles: ["Admin", "SUPPORT"] }],
    ["a part of a name", { roles: ["billing admin"] }],
    ["a part of a text", { roles: "billing admin" }],
    ["a list in a text", { roles: "admin,editor" }],
    ["a member's name", { roles: { admin: true } }],
    ["deeper", { roles: [["admin"]] }],
    ["true", { roles: true }],
    ["no claim", {}],
  ])("AUTH-1: no role by %s", async (_, claims) => {
    expect((await personWith(claims)).role).toBeNull();
  });

  it("AUTH-1: a path leads through claims alone, not through what every object has", async () => {
    for (const rolesClaim of ["constructor.name", "roles.length", "__proto__", "roles.0", "a..b", "."]) {
      expect((await personWith({ roles: ["admin"] }, { rolesClaim })).role).toBeNull();
    }
  });
});
