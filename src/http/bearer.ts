/** The `Authorization` header as it is sent, before anybody asks what the token is worth (RFC 6750). */

import { AUTHORIZATION_CHARACTERS } from "./limits.ts";

/** `none`: there is no header. `invalid`: another scheme, or no token68 after it. */
export type Bearer =
  | { readonly kind: "none" }
  | { readonly kind: "invalid" }
  | { readonly kind: "token"; readonly token: string };

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

export function bearerOf(header: string | undefined): Bearer {
  if (header === undefined) return { kind: "none" };
  const token = header.length > AUTHORIZATION_CHARACTERS ? undefined : BEARER.exec(header.trim())?.[1];
  return token === undefined ? { kind: "invalid" } : { kind: "token", token };
}
