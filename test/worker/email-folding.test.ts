/** EMAIL-1: one folding, wherever addresses meet: the directory, its lists, sign-in, activation, `/v3/me`. */

import { describe, expect, it } from "vitest";
import { foldedEmail } from "../../src/domain/terms/email.ts";
import { FOLDED } from "../support/email-cases.ts";
import { created, jsonOf, listOf, productId, read, v3, type Json } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";
import { newProvider } from "../support/provider.ts";
import { newLicense } from "../support/shop.ts";
import { appWith } from "../support/signed-in-app.ts";

it.each(FOLDED)("EMAIL-1: in the Workers runtime, too, %j folds to %j", (address, folded) => {
  expect(foldedEmail(address)).toBe(folded);
});

async function signedIn(email: string) {
  const provider = await newProvider({ "subject-1": { email, email_verified: true } });
  const token = (await provider.tokens("subject-1")).access_token;
  const app = appWith(provider.issuer, {});
  return async (method: string, path: string, body?: unknown) => await app.call(method, path, { token, body });
}

describe("an address that only looks like another's", () => {
  it("EMAIL-1: opens nothing of the other at /v3/me, and renames nobody", async () => {
    const mike = await created("/users", { email: "mike@example.test", firstName: "Mike" });
    const { id } = await newLicense({ userId: String(mike.id) });
    const call = await signedIn("mi\u212ae@example.test");
    expect(await jsonOf(await call("GET", "/v3/me/licenses"), 200)).toEqual([]);
    await problemOf(await call("GET", `/v3/me/licenses/${id}`), 404, "NOT_FOUND");
    await problemOf(await call("PATCH", "/v3/me", { firstName: "Mallory" }), 404, "NOT_FOUND");
    expect(await read(`/users/${String(mike.id)}`)).toMatchObject({ firstName: "Mike" });
  });

  it("EMAIL-1: is another user's, found by itself alone", async () => {
    const user = await created("/users", { email: "kim@example.test" });
    const other = await created("/users", { email: "\u212aim@example.test" });
    const found = async (query: string) =>
      (await listOf(await v3("GET", `/users?${query}`))).map((one: Json) => one.id);
    expect(await found("email=kim%40example.test")).toEqual([user.id]);
    expect(await found(`email=${encodeURIComponent("\u212aim@example.test")}`)).toEqual([other.id]);
  });
});

describe("one address in two spellings", () => {
  it("EMAIL-1: is one user at creation, in lists, at sign-in and at activation", async () => {
    const user = await created("/users", { email: "J\u00dcRGEN@Firma.example", firstName: "J\u00fcrgen" });
    const license = await newLicense({
      productId: await productId(),
      userId: String(user.id),
      requireAuthentication: true,
    });
    await problemOf(
      await v3("POST", "/users", { body: { email: "ju\u0308rgen@firma.example" } }),
      409,
      "ALREADY_EXISTS",
    );
    const small = encodeURIComponent("j\u00fcrgen@firma.example");
    for (const query of [`email=${small}`, `email[in]=${small}`, `email[sw]=${encodeURIComponent("j\u00fcr")}`]) {
      expect((await listOf(await v3("GET", `/users?${query}`))).map((one: Json) => one.id)).toEqual([user.id]);
    }
    expect((await listOf(await v3("GET", `/users?email[ne]=${small}&id=${String(user.id)}`))).length).toBe(0);
    expect((await listOf(await v3("GET", `/licenses?user.email=${small}`))).map((one: Json) => one.id)).toEqual([
      license.id,
    ]);
    const call = await signedIn("j\u00fcrgen@firma.example");
    expect(await jsonOf(await call("GET", "/v3/me/licenses"), 200)).toMatchObject([{ id: license.id }]);
    const body = { activationCode: license.key, fingerprint: "device-1", email: "J\u00fcrgen@FIRMA.example" };
    expect((await call("POST", "/api/v1/activations/license", body)).status).toBe(200);
    expect(await read(`/users/${String(user.id)}`)).toMatchObject({ email: "J\u00dcRGEN@Firma.example" });
  });

  it("EMAIL-1: by its domain, too, in the spelling of DNS", async () => {
    const user = await created("/users", { email: "post@M\u00fcnchen.example" });
    await problemOf(
      await v3("POST", "/users", { body: { email: "post@xn--mnchen-3ya.example" } }),
      409,
      "ALREADY_EXISTS",
    );
    const found = await listOf(await v3("GET", "/users?email=POST%40XN--MNCHEN-3YA.EXAMPLE"));
    expect(found.map((one: Json) => one.id)).toEqual([user.id]);
  });
});
