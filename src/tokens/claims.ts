/** What the claims of all our tokens have in common. Epoch seconds exist only in tokens. */

import type { JWTPayload } from "jose";

/** By name; undefined = void, and so absent. */
export type Claims = Readonly<Record<string, unknown>>;

/** TOK-2: common verifiers refuse an `iat` that a slow clock takes for the future, so what it says is past. */
export const BACK_DATED_SECONDS = 300;

/** One string where there is one product: every library reads that (RFC 7519, 4.1.3). */
export function audience(productIds: readonly string[]): string | string[] {
  const [only, ...others] = productIds;
  return only !== undefined && others.length === 0 ? only : [...productIds];
}

export function present(claims: Claims): JWTPayload {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}

/** Rounded down: no token says that something lasts longer than it does. */
export function seconds(at: number): number {
  return Math.floor(at / 1000);
}
