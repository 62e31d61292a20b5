/** A product's signing keys on the wire (TOK-4). */

import * as z from "zod/mini";
import type { SigningKey } from "../../../operations/catalogue/change-signing-keys.ts";
import type { PrivateJwk, PublicJwk } from "../../../tokens/signing-key.ts";
import { PRIVATE_KEY_CHARACTERS } from "../../limits.ts";
import { text } from "../../validate.ts";
import { instant } from "../resource/instant.ts";

const part = z.optional(text(1, PRIVATE_KEY_CHARACTERS));

/** RFC 7517: an own private key. Members of other kinds of keys are not looked at. */
const privateJwk = z.object({
  kty: z.enum(["RSA", "EC", "OKP"]),
  ...{ crv: part, x: part, y: part, d: part, n: part, e: part, p: part, q: part, dp: part, dq: part, qi: part },
});

/** Without `privateKey` one is made. */
export const signingKeyCreation = z.object({
  privateKey: z.nullish(z.union([text(1, PRIVATE_KEY_CHARACTERS), privateJwk])),
});

export function givenKey({ privateKey }: z.output<typeof signingKeyCreation>): string | PrivateJwk | null {
  if (privateKey === undefined || privateKey === null) return null;
  return typeof privateKey === "string" ? privateKey : (privateKey as PrivateJwk);
}

/** `publicKey`: the JWK that the JWKS has of it. */
export function signingKeyResource({ kid, algorithm, status, publicJwk, createdAt, updatedAt }: SigningKey) {
  const publicKey = JSON.parse(publicJwk) as PublicJwk;
  return { kid, algorithm, status, createdAt: instant(createdAt), updatedAt: instant(updatedAt), publicKey };
}
