/** The `OIDC_*` variables: what is taken, and what an operator is told (VAR-1). */

import { describe, expect, it } from "vitest";
import { readConfig, type Vars } from "../../src/config/config.ts";

const SECRET = "4f9c2b7e1d8a6035c2e7b9f4a1d60e83";
const SOUND = { OIDC_ISSUER: "https://id.acme.test", OIDC_AUDIENCE: "app" };

function faultsOf(vars: Vars): readonly string[] {
  const result = readConfig({ ROOT_SECRET: SECRET, ...vars });
  return result.ok ? [] : result.faults.map((fault) => fault.name);
}

function oidcOf(vars: Vars) {
  const result = readConfig({ ROOT_SECRET: SECRET, ...vars });
  return result.ok ? result.config.oidc : result.faults;
}

describe("the identity provider's configuration", () => {
  it("AUTH-1: takes issuer and audience alone, with the defaults", () => {
    expect(oidcOf(SOUND)).toEqual({
      issuer: "https://id.acme.test",
      audiences: ["app"],
      rolesClaim: "roles",
      trustEmail: false,
    });
    expect(oidcOf({ ...SOUND, OIDC_TRUST_EMAIL: "false" })).toMatchObject({ trustEmail: false });
  });

  it("AUTH-1: without an issuer nobody signs in", () => {
    expect(oidcOf({})).toBeNull();
    expect(oidcOf({ OIDC_ISSUER: " ", OIDC_AUDIENCE: "" })).toBeNull();
  });

  it("AUTH-1: issuer and audience come together", () => {
    expect(faultsOf({ OIDC_ISSUER: SOUND.OIDC_ISSUER })).toEqual(["OIDC_AUDIENCE"]);
    expect(faultsOf({ OIDC_AUDIENCE: SOUND.OIDC_AUDIENCE })).toEqual(["OIDC_ISSUER"]);
  });

  it.each([
    "http://id.acme.test",
    "http://localhost:8788",
    "https://id.acme.test/.well-known/openid-configuration",
    "https://user@id.acme.test",
    "https://id.acme.test?tenant=1",
    "https://id.acme.test#",
    "id.acme.test",
  ])("AUTH-1: refuses %s as issuer in production, and does not repeat it", (issuer) => {
    const result = readConfig({ ROOT_SECRET: SECRET, ...SOUND, OIDC_ISSUER: issuer });
    expect(result).toMatchObject({ ok: false, faults: [{ name: "OIDC_ISSUER" }] });
    expect(JSON.stringify(result)).not.toContain(issuer);
  });

  it.each([
    ["http://127.0.0.1:8788", []],
    ["http://localhost:8788/realms/demo", []],
    ["http://[::1]:8788", []],
    ["http://id.acme.test", ["OIDC_ISSUER"]],
    ["http://10.0.0.1", ["OIDC_ISSUER"]],
  ])("AUTH-1: judges %s in development", (issuer, faults) => {
    expect(faultsOf({ ...SOUND, OIDC_ISSUER: issuer, ENVIRONMENT: "development" })).toEqual(faults);
  });

  it.each([",", "app,", "app,,other", "a".repeat(513), Array.from({ length: 21 }, (_, one) => `app-${one}`).join(",")])(
    "AUTH-1: refuses %s as audiences",
    (audience) => {
      expect(faultsOf({ ...SOUND, OIDC_AUDIENCE: audience })).toEqual(["OIDC_AUDIENCE"]);
    },
  );

  it("AUTH-1: names every fault at once", () => {
    const vars = { OIDC_ISSUER: "x", OIDC_AUDIENCE: ",", OIDC_ROLES_CLAIM: "r".repeat(257), OIDC_TRUST_EMAIL: "yes" };
    expect(faultsOf(vars)).toEqual(["OIDC_ISSUER", "OIDC_AUDIENCE", "OIDC_ROLES_CLAIM", "OIDC_TRUST_EMAIL"]);
  });
});
