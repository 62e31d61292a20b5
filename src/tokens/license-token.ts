/**
 * License tokens (TOK-1, TOK-2): signed from what an object granted, and read back as the credential of an anonymous
 * activation (AUTH-5).
 */

import { base64url, compactVerify, decodeJwt, decodeProtectedHeader, type ProtectedHeaderParameters } from "jose";
import * as z from "zod/mini";
import type { EffectiveFeature } from "../domain/license/entitlements.ts";
import type { Grant } from "../domain/license/calls.ts";
import type { Outcome } from "../domain/outcome.ts";
import { audience, BACK_DATED_SECONDS, featureClaims, signedClaims, seconds, type Claims } from "./claims.ts";
import type { Moment } from "./fresh-map.ts";
import type { KeyRing, Signer, Verifier } from "./key-ring.ts";

/** The JOSE `typ` that keeps license tokens and v3's activation tokens apart (TOK-3). */
export const LICENSE_TOKEN_TYPE = "license+jwt";

/** What a token says beside the grant. */
export interface TokenStatement {
  /** UUIDv7. */
  readonly tokenId: string;
  readonly issuer: string;
  readonly features: readonly EffectiveFeature[];
  /** The user's e-mail if known, else their `sub`; null = no user. */
  readonly user: string | null;
  /** MGMT-7: it is for somebody who may not see who the user is, and so is what is renewed by it. */
  readonly withholdsUser: boolean;
}

/** Whose token it is: by a signature of ours, of whatever age. */
export interface LicenseCredential {
  /** Claim `sid`. */
  readonly sessionId: string;
  /** Claim `sub`. */
  readonly licenseId: string;
  /** Claim `user_withheld`. */
  readonly withholdsUser: boolean;
}

/** Ours have about a thousand characters; features may make them longer. */
const LONGEST_TOKEN = 16_384;

const CREDENTIAL = z.object({
  sid: z.string().check(z.minLength(1), z.maxLength(64)),
  sub: z.string().check(z.minLength(1), z.maxLength(64)),
  user_withheld: z.optional(z.boolean()),
});

/** The compact JWS. Claims that say nothing are absent; `features` and `products` are always there. */
export async function signLicenseToken(signer: Signer, grant: Grant, statement: TokenStatement): Promise<string> {
  const claims = { ...claimsOf(grant, statement), fp: await fingerprintHash(grant.fingerprint) };
  return await signedClaims(signer, LICENSE_TOKEN_TYPE, claims);
}

/** True if the text says that it is one: then nobody else is asked about it. */
export function claimsToBeLicenseToken(token: string): boolean {
  return headerOf(token)?.typ === LICENSE_TOKEN_TYPE;
}

/** The `sid` that a token states, verified by nobody; null = none that can be read. */
export function claimedSession(token: string): string | null {
  try {
    const { sid } = decodeJwt(token);
    return typeof sid === "string" ? sid : null;
  } catch {
    return null;
  }
}

/**
 * AUTH-5. Null: no license token of ours, whatever is wrong with it. `exp` is not enforced, and neither is `iss`:
 * `PUBLIC_URL` may change, while a key that signed belongs to this deployment alone. Refusals: the key ring's.
 */
export async function readLicenseToken(
  ring: KeyRing,
  token: string,
  moment: Moment,
): Promise<Outcome<LicenseCredential | null>> {
  const kid = keyIdOf(token);
  if (kid === null) return { ok: true, value: null };
  const found = await ring.verifier(kid, moment);
  if (!found.ok) return found;
  return { ok: true, value: found.value === null ? null : await verified(token, found.value) };
}

function claimsOf(grant: Grant, statement: TokenStatement): Claims {
  const { license, token } = grant;
  const serverTime = seconds(token.issuedAt);
  const expiresAt = secondsOrNothing(token.expiresAt);
  return {
    iss: statement.issuer,
    aud: audience(license.licensedProductIds),
    sub: license.id,
    sid: grant.activationId,
    jti: statement.tokenId,
    server_time: serverTime,
    iat: serverTime - BACK_DATED_SECONDS,
    nbf: serverTime - BACK_DATED_SECONDS,
    exp: expiresAt,
    products: [...license.licensedProductIds],
    ...featureClaims(statement.features),
    license_type: license.type,
    lease_expires_at: secondsOrNothing(grant.leaseExpiresAt),
    license_expires_at: secondsOrNothing(grant.licenseExpiresAt),
    refresh_after: secondsOrNothing(token.refreshAt),
    grace_until: expiresAt,
    over_limit: grant.overLimit ? true : undefined,
    user: statement.withholdsUser ? undefined : (statement.user ?? undefined),
    user_withheld: statement.withholdsUser ? true : undefined,
    gen: grant.generation,
  };
}

function secondsOrNothing(at: number | null): number | undefined {
  return at === null ? undefined : seconds(at);
}

async function fingerprintHash(fingerprint: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(fingerprint));
  return base64url.encode(new Uint8Array(digest));
}

/** The `kid` of what claims to be a license token; everything else in the header is for the verification to judge. */
function keyIdOf(token: string): string | null {
  const header = headerOf(token);
  return header?.typ === LICENSE_TOKEN_TYPE && typeof header.kid === "string" ? header.kid : null;
}

/** By how they are written: all tokens of a key begin with the same. What strangers make up is forgotten soon. */
const HEADERS = new Map<string, ProtectedHeaderParameters>();
const MOST_HEADERS = 256;
const LONGEST_HEADER = 256;

function headerOf(token: string): ProtectedHeaderParameters | null {
  if (token.length > LONGEST_TOKEN) return null;
  const [written = "", ...others] = token.split(".", 4);
  const known = others.length === 2 ? HEADERS.get(written) : undefined;
  if (known !== undefined) return known;
  try {
    const header = decodeProtectedHeader(token);
    if (header.typ === LICENSE_TOKEN_TYPE && written.length <= LONGEST_HEADER) remember(written, header);
    return header;
  } catch {
    return null;
  }
}

function remember(written: string, header: ProtectedHeaderParameters): void {
  if (HEADERS.size >= MOST_HEADERS) HEADERS.clear();
  HEADERS.set(written, header);
}

/** The algorithm is our key's own, never the header's. */
async function verified(token: string, key: Verifier): Promise<LicenseCredential | null> {
  try {
    const { payload } = await compactVerify(token, key.publicKey, { algorithms: [key.algorithm] });
    const claims = CREDENTIAL.parse(JSON.parse(new TextDecoder().decode(payload)));
    return { sessionId: claims.sid, licenseId: claims.sub, withholdsUser: claims.user_withheld === true };
  } catch {
    return null;
  }
}
