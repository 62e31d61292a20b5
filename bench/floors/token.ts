/** What the floors sign: the claims of a license token, by jose and ES256, as ours. */

import { SignJWT } from "jose";

let key: Promise<CryptoKey> | null = null;

export async function signedToken(sessionId: string): Promise<string> {
  key ??= generateKey();
  const now = Math.floor(Date.now() / 1000);
  return await new SignJWT({
    iss: "urn:leasehold:01999999-9999-7999-8999-999999999999",
    aud: "01999999-9999-7999-8999-999999999999",
    sub: "99999999-9999-8999-9999-999999999999",
    sid: sessionId,
    jti: sessionId,
    server_time: now,
    iat: now - 300,
    nbf: now - 300,
    exp: now + 3600,
    products: ["01999999-9999-7999-8999-999999999999"],
    features: {},
    license_type: "hosted-floating",
    lease_expires_at: now + 3600,
    refresh_after: now + 1800,
    grace_until: now + 3600,
    gen: 1,
    fp: "x".repeat(43),
  })
    .setProtectedHeader({ alg: "ES256", typ: "license+jwt", kid: "x".repeat(43) })
    .sign(await key);
}

async function generateKey(): Promise<CryptoKey> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  if (pair instanceof CryptoKey) throw new Error("ECDSA keys come in pairs");
  return pair.privateKey;
}
