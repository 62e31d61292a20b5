// Prints the claims, or why the token is refused: node verify.ts TOKEN KEY PRODUCT FINGERPRINT (Node 22.18 or later)

import { createHash, createPublicKey } from "node:crypto";
import { errors, jwtVerify, type JWTPayload } from "jose";

async function verify(token: string, key: string, product: string, fingerprint: string): Promise<JWTPayload> {
  const publicKey = createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
  // Refuses a token that has ended as well: `exp` binds where it is there, and `nbf`.
  const { payload } = await jwtVerify(token, publicKey, {
    algorithms: ["ES256"],
    typ: "license+jwt",
    audience: product,
  });
  const device = createHash("sha256").update(fingerprint).digest("base64url");
  if (payload["fp"] !== device) throw new errors.JWTClaimValidationFailed("it is another device's", payload, "fp");
  return payload;
}

const [token = "", key = "", product = "", fingerprint = ""] = process.argv.slice(2);
try {
  console.log(JSON.stringify(await verify(token, key, product, fingerprint)));
} catch (error) {
  if (!(error instanceof errors.JOSEError)) throw error;
  console.error(`refused: ${error.message}`);
  process.exitCode = 1;
}
