/**
 * What a trial's device is told (TOK-3, TRIAL-1): a token with every claim that readers of v3's tokens know, and those
 * of a license void. `type` keeps it apart from what was paid for.
 */

import type { DeviceMetadata } from "../domain/license/device.ts";
import { ACTIVATION_TOKEN_TYPE, CLAIMS_OF_NOBODY, type ReaderClaims } from "./activation-token.ts";
import { BACK_DATED_SECONDS, featureClaims, seconds, signedClaims } from "./claims.ts";
import type { Signer } from "./key-ring.ts";

/** Instants in epoch ms. */
export interface TrialStatement {
  /** UUIDv7. */
  readonly tokenId: string;
  readonly issuer: string;
  readonly trialId: string;
  /** As stored; `named` is how the call wrote it, which its app compares. */
  readonly productId: string;
  readonly named: string;
  /** As presented. */
  readonly fingerprint: string;
  readonly os: string | null;
  readonly metadata: readonly DeviceMetadata[];
  readonly productMetadata: readonly DeviceMetadata[];
  readonly expiresAt: number;
  /** When this was so. */
  readonly issuedAt: number;
}

/** The compact JWS. It has no `exp`: also of a trial that is over it is read, and `eat` says so. */
export async function signTrialToken(signer: Signer, statement: TrialStatement): Promise<string> {
  return await signedClaims(signer, ACTIVATION_TOKEN_TYPE, { ...claimsOf(statement) });
}

function claimsOf(said: TrialStatement): ReaderClaims {
  const serverTime = seconds(said.issuedAt);
  return {
    ...CLAIMS_OF_NOBODY,
    iss: said.issuer,
    aud: said.productId,
    jti: said.tokenId,
    server_time: serverTime,
    iat: serverTime - BACK_DATED_SECONDS,
    exp: undefined,
    aid: said.trialId,
    os: said.os ?? "",
    fp: said.fingerprint,
    fms: "exact",
    eat: seconds(said.expiresAt),
    pid: said.named,
    type: "trial",
    aco: TRIAL_CLOCK_OFFSET,
    pmd: JSON.stringify(said.productMetadata),
    amd: JSON.stringify(said.metadata),
    // What a trial has of the product, the app decides.
    ...featureClaims([]),
  };
}

/** Of a license by default (seconds). */
const TRIAL_CLOCK_OFFSET = 60;
