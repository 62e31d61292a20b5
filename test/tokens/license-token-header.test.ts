/** Headers of presented license tokens are remembered: that decides nothing (AUTH-5). */

import { base64url, SignJWT } from "jose";
import { expect, it } from "vitest";
import { claimsToBeLicenseToken, readLicenseToken } from "../../src/tokens/license-token.ts";
import { at, KeyStore, ringOf } from "./key-store.ts";

const NOTHING = { ok: true, value: null };
const ENOUGH = 1_000;

it("AUTH-5: a header that was seen before vouches for nothing, and made-up ones leave ours what it is", async () => {
  const store = new KeyStore();
  const { kid } = await store.add("63dfd63e-ed71-4f84-9236-02ee0ddb062c", "ES256");
  const ring = ringOf(store);
  const signer = await ring.signer("63dfd63e-ed71-4f84-9236-02ee0ddb062c", at(0));
  if (!signer.ok) throw new Error("no signer");
  const typed = { alg: "ES256", typ: "license+jwt", kid };
  const token = await new SignJWT({ sid: "s", sub: "l" }).setProtectedHeader(typed).sign(signer.value.privateKey);
  const good = { ok: true, value: { sessionId: "s", licenseId: "l", withholdsUser: false } };
  expect(await readLicenseToken(ring, token, at(0))).toEqual(good);
  const [header = "", payload = "", signature = ""] = token.split(".");

  for (const text of [header, `${header}.${payload}`, `${token}.`, `${token}.x.y.z`, `.${payload}.${signature}`]) {
    expect(claimsToBeLicenseToken(text)).toBe(false);
    expect(await readLicenseToken(ring, text, at(0))).toEqual(NOTHING);
  }
  const other = base64url.encode(JSON.stringify({ sid: "another", sub: "l" }));
  for (const text of [`${header}.${other}.${signature}`, `${header}.${payload}.AA`, `${header}..${signature}`]) {
    expect(claimsToBeLicenseToken(text)).toBe(true);
    expect(await readLicenseToken(ring, text, at(0))).toEqual(NOTHING);
  }
  for (let n = 0; n < ENOUGH; n += 1) {
    const made = base64url.encode(JSON.stringify({ ...typed, n }));
    expect(await readLicenseToken(ring, `${made}.${payload}.${signature}`, at(0))).toEqual(NOTHING);
  }
  expect(await readLicenseToken(ring, token, at(0))).toEqual(good);
});
