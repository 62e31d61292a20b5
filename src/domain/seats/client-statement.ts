/** What v3's tokens say of a license and its activation (TOK-3), and until when they let a device go on (SEAT-10). */

import type { TokenTimes } from "../license/calls.ts";
import type { ClientStatement } from "../license/client-statement.ts";
import { shownInTokens } from "../license/metadata.ts";
import type { Terms } from "../terms/license.ts";
import type { Activation } from "../turn/ledger.ts";
import type { Turn } from "../turn/turn.ts";
import { metersTold } from "./meters.ts";
import { offlineSeconds, tokenTimes, type TokenHolder } from "./token-times.ts";

/** TOK-3: an ended license answers a token that can be read; their verifiers stop at the lease's end. */
export function clientTokenTimes(terms: Terms, holder: TokenHolder, now: number): TokenTimes {
  return tokenTimes({ ...terms, leaseGracePeriod: 0 }, { ...holder, endsAt: null }, now);
}

/** The instant at which such a token lets its device do nothing more, `exp` or the license's end; null = none. */
export function clientTokenEnd({ expiresAt }: TokenTimes, { endsAt }: TokenHolder): number | null {
  if (expiresAt === null || endsAt === null) return expiresAt ?? endsAt;
  return Math.min(expiresAt, endsAt);
}

export function clientStatement(turn: Turn, activation: Activation): ClientStatement {
  const { license, now } = turn;
  const { terms } = license;
  const { shown, userEmail } = activation.facts;
  const offline = offlineSeconds(terms);
  return {
    os: shown.os ?? null,
    fingerprintMatchingStrategy: terms.fingerprintMatchingStrategy,
    suspended: terms.suspended,
    allowedFloatingClients: terms.allowedFloatingClients,
    leasingStrategy: terms.leasingStrategy,
    leaseSeconds: activation.leaseSeconds,
    syncIntervalSeconds: terms.serverSyncInterval,
    offlineUntil: offline === null ? null : now + offline * 1000,
    allowedClockOffset: terms.disableClockValidation ? -1 : terms.allowedClockOffset,
    licenseCreatedAt: terms.createdAt,
    licenseActivatedAt: terms.activatedAt,
    userId: terms.user?.id ?? null,
    email: terms.user?.email ?? userEmail,
    licenseMetadata: shownInTokens(terms.metadata),
    activationMetadata: shown.deviceMetadata ?? [],
    ...metersTold(turn, activation),
  };
}
