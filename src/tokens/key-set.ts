/** A product's key set, vouched for by one of its keys (TOK-7): what a client that pins keys follows a rotation by. */

import type { Moment } from "./fresh-map.ts";
import { BACK_DATED_SECONDS, seconds, signedClaims } from "./claims.ts";
import type { Voucher } from "./key-ring.ts";

/** The JOSE `typ`. */
export const KEY_SET_TYPE = "jwk-set+jwt";
const VALID_SECONDS = 30 * 86_400;

/** The compact JWS; once per copy of the keys and signer. `issuer`: as in license tokens. */
export async function vouchedKeySet(
  { signer, keys, made }: Voucher,
  productId: string,
  issuer: string,
  { now }: Moment,
): Promise<string> {
  const known = made.get(signer.kid);
  if (known !== undefined) return known;
  const serverTime = seconds(now);
  const token = await signedClaims(signer, KEY_SET_TYPE, {
    iss: issuer,
    sub: productId,
    server_time: serverTime,
    iat: serverTime - BACK_DATED_SECONDS,
    exp: serverTime + VALID_SECONDS,
    keys,
  });
  made.set(signer.kid, token);
  return token;
}
