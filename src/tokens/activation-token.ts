/**
 * The tokens of v3's client calls (TOK-3): every claim that their readers know is there, void as 0 or `""`, and lists
 * are JSON in a text. They verify nothing here: no call takes one as a credential.
 */

import type { EffectiveFeature } from "../domain/license/entitlements.ts";
import type { Grant } from "../domain/license/calls.ts";
import type { ClientStatement } from "../domain/license/client-statement.ts";
import type { DeviceMetadata } from "../domain/license/device.ts";
import { audience, BACK_DATED_SECONDS, featureClaims, signedClaims, seconds } from "./claims.ts";
import type { Signer } from "./key-ring.ts";

/** The JOSE `typ` that keeps them and license tokens apart. */
export const ACTIVATION_TOKEN_TYPE = "activation+jwt";

export interface ClientGrant extends Grant {
  readonly statement: ClientStatement;
}

/** What such a token says beside the grant. */
export interface ClientTokenStatement {
  /** UUIDv7. */
  readonly tokenId: string;
  readonly issuer: string;
  /** As the call named them: what its app compares them with. */
  readonly productId: string;
  readonly key: string;
  readonly productMetadata: readonly DeviceMetadata[];
  readonly features: readonly EffectiveFeature[];
  /** The license's user; `""` where there is none. */
  readonly user: TokenUser;
}

export interface TokenUser {
  readonly name: string;
  readonly email: string;
  readonly company: string;
  readonly metadata: readonly DeviceMetadata[];
}

/** Nobody, or nobody whom the recipient may see (MGMT-7). */
export const NO_USER: TokenUser = { name: "", email: "", company: "", metadata: [] };

/** The compact JWS. */
export async function signActivationToken(
  signer: Signer,
  grant: ClientGrant,
  statement: ClientTokenStatement,
): Promise<string> {
  return await signedClaims(signer, ACTIVATION_TOKEN_TYPE, { ...claimsOf(grant, statement) });
}

/** Claims that their readers know of a license, of who it is for, and of its seat: void. */
export const CLAIMS_OF_NOBODY = {
  ...{ orv: 0, lid: "", key: "", name: "", email: "", company: "", suspended: false, fc: 0, ls: "", ld: 0, leat: 0 },
  ...{ ssgpeat: 0, ssi: 0, lmd: "[]", umd: "[]", lma: "[]", ama: "[]", lcat: 0, laat: 0, on: "", oa: "" },
} as const;

/** THE LIST: a token of this kind that lacks one does not compile. */
export type ReaderClaims = Readonly<
  Record<
    | keyof typeof CLAIMS_OF_NOBODY
    | ("iss" | "aud" | "jti" | "server_time" | "iat" | "exp")
    | ("aid" | "os" | "fp" | "fms" | "eat" | "pid" | "type" | "aco" | "pmd" | "amd" | "features"),
    unknown
  >
>;

function claimsOf(grant: ClientGrant, { user, ...said }: ClientTokenStatement): ReaderClaims {
  const { license, token, statement } = grant;
  const serverTime = seconds(token.issuedAt);
  return {
    iss: said.issuer,
    aud: audience(license.licensedProductIds),
    jti: said.tokenId,
    server_time: serverTime,
    iat: serverTime - BACK_DATED_SECONDS,
    // Their readers do not look at it, any library does: a 0 would be an end long past.
    exp: token.expiresAt === null ? undefined : seconds(token.expiresAt),
    aid: grant.activationId,
    os: statement.os ?? "",
    fp: grant.fingerprint,
    fms: statement.fingerprintMatchingStrategy,
    eat: secondsOrZero(grant.licenseExpiresAt),
    pid: said.productId,
    orv: 0,
    lid: license.id,
    key: said.key,
    name: user.name,
    email: user.email,
    company: user.company,
    type: license.type,
    suspended: statement.suspended,
    fc: statement.allowedFloatingClients,
    ls: statement.leasingStrategy,
    ld: statement.leaseSeconds,
    leat: secondsOrZero(grant.leaseExpiresAt),
    ssgpeat: secondsOrZero(statement.offlineUntil),
    aco: statement.allowedClockOffset,
    ssi: statement.syncIntervalSeconds,
    pmd: JSON.stringify(said.productMetadata),
    lmd: JSON.stringify(statement.licenseMetadata),
    umd: JSON.stringify(user.metadata),
    amd: JSON.stringify(statement.activationMetadata),
    lma: JSON.stringify(statement.licenseMeters ?? []),
    ama: JSON.stringify(statement.activationMeters ?? []),
    lcat: seconds(statement.licenseCreatedAt),
    laat: secondsOrZero(statement.licenseActivatedAt),
    ...featureClaims(said.features),
    on: "",
    oa: "",
  };
}

function secondsOrZero(at: number | null): number {
  return at === null ? 0 : seconds(at);
}
