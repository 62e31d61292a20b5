/** What the README's commands must answer, by the name that each carries in the README. */

import assert from "node:assert/strict";
import { decodeJwt, importSPKI, jwtVerify } from "jose";
import { documentMembers, parse, type Check } from "./smoke-answers.ts";
import { everyVerifierTakes } from "./verifiers/smoke.ts";
import { LIFE_CHECKS } from "./smoke-life.ts";

export const CHECKS: Readonly<Record<string, Check>> = {
  activate: (answers) => {
    const document = parse(answers, "activate");
    documentMembers(document);
    assert.notEqual(document.leaseExpiresAt, null, "a floating license grants a lease");
  },
  verify: async (answers, variables) => {
    const document = parse(answers, "activate");
    const printed = parse(answers, "verify");
    assert.equal(printed.sid, document.sessionId);
    await verifiesByDocumentKey(document, printed);
    const { licensedProducts } = document;
    assert(Array.isArray(licensedProducts));
    const issued = {
      licenseToken: String(document.licenseToken),
      tokenPublicKeyBase64: String(document.tokenPublicKeyBase64),
      product: String(licensedProducts[0]),
      fingerprint: "device-1",
    };
    everyVerifierTakes(issued, printed);
    const published = await (await fetch(`${variables.LEASEHOLD}/.well-known/jwks.json`)).text();
    const { keys }: { keys: readonly object[] } = JSON.parse(published);
    assert(keys.length > 0);
    assert(
      keys.every((key) => !("d" in key)),
      "no private key is published",
    );
  },
  renew: (answers) => {
    const renewed = parse(answers, "renew");
    documentMembers(renewed);
    assert.equal(renewed.sessionId, parse(answers, "activate").sessionId);
    assert.notEqual(renewed.licenseToken, parse(answers, "activate").licenseToken);
  },
  "check-out": (answers) => {
    assert.equal(parse(answers, "check-out").sessionId, parse(answers, "activate").sessionId);
  },
  sell: (answers) => {
    const license = parse(answers, "sell");
    assert.match(String(license.key), /^([A-F0-9]{6}-){5}[A-F0-9]{6}$/);
    assert.equal(Date.parse(String(license.expiresAt)), Date.parse(String(license.createdAt)) + 2_592_000_000);
  },
  "renew-license": (answers) => {
    const sold = parse(answers, "sell");
    const renewed = parse(answers, "renew-license");
    assert.equal(Date.parse(String(renewed.expiresAt)), Date.parse(String(sold.expiresAt)) + 2_592_000_000);
  },
  ...LIFE_CHECKS,
};

/** The commands that need a server with sign-in (`npm run start:oidc`). */
export const SIGN_IN_CHECKS: Readonly<Record<string, Check>> = {
  "sign-in": (answers) => {
    const document = parse(answers, "sign-in");
    documentMembers(document);
    assert.equal(decodeJwt(String(document.licenseToken)).user, "ada@example.com", "the license token names her");
  },
  "sign-in-renew": (answers) => {
    const renewed = parse(answers, "sign-in-renew");
    documentMembers(renewed);
    assert.equal(renewed.sessionId, parse(answers, "sign-in").sessionId);
  },
};

/** `tokenPublicKeyBase64` alone verifies the token too, offline. */
async function verifiesByDocumentKey(document: Record<string, unknown>, expected: object): Promise<void> {
  const pem = `-----BEGIN PUBLIC KEY-----\n${String(document.tokenPublicKeyBase64)}\n-----END PUBLIC KEY-----`;
  const { payload } = await jwtVerify(String(document.licenseToken), await importSPKI(pem, "ES256"), {
    typ: "license+jwt",
  });
  assert.deepEqual(payload, expected);
}
