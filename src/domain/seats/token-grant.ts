/** What an activation may be signed as now, and what is remembered of that token (TOK-6, SEAT-10). */

import type { Grant, ActivationSeen } from "../license/calls.ts";
import type { Terms } from "../terms/license.ts";
import type { DeviceWish } from "../license/device.ts";
import type { Activation } from "../turn/ledger.ts";
import { clientStatement, clientTokenEnd, clientTokenTimes } from "./client-statement.ts";
import { heldFeatures } from "../license/entitlements.ts";
import { ownerParts } from "./owner.ts";
import { activationEnd } from "./rolling.ts";
import { tokenTimes, type TokenHolder } from "./token-times.ts";
import type { Turn } from "../turn/turn.ts";

/** Which token it is for: of the activation API (TOK-2), or of v3's client calls (TOK-3). */
export type TokenKind = "license" | "activation";

/** STAND-1: who takes ended licenses takes tokens that say so. */
export function tokenKindOf({ admitsEnded }: Pick<DeviceWish, "admitsEnded">): TokenKind {
  return admitsEnded ? "activation" : "license";
}

/** The activation with its next token noted, and the answer that the Worker signs. */
export function signed(
  turn: Turn,
  activation: Activation,
  kind: TokenKind,
): { readonly activation: Activation; readonly grant: Grant } {
  const holder = tokenHolder(turn, activation);
  const { terms, revision } = turn.license;
  const isLicense = kind === "license";
  const token = isLicense ? tokenTimes(terms, holder, turn.now) : clientTokenTimes(terms, holder, turn.now);
  const noted: Activation = {
    ...activation,
    tokenRefreshAt: token.refreshAt,
    tokenRevision: revision,
    tokenEnd: latestEnd(activation.tokenEnd, isLicense ? token.expiresAt : clientTokenEnd(token, holder)),
  };
  const grant = { ...seenParts(turn, noted), token };
  return { activation: noted, grant: isLicense ? grant : { ...grant, statement: clientStatement(turn, noted) } };
}

/** Whose token it would be. */
export function tokenHolder(turn: Turn, activation: Activation): TokenHolder {
  const { id, generation, leaseSeconds, leaseEnd } = activation;
  return { activationId: id, generation, leaseSeconds, leaseEnd, endsAt: activationEnd(turn, activation) };
}

/** SEAT-10: the latest end of a token that was let out; null, and null for good, once a token went out without one. */
function latestEnd(before: number | null, expiresAt: number | null): number | null {
  return before === null || expiresAt === null ? null : Math.max(before, expiresAt);
}

/** What looking at an activation shows; nothing changes. */
export function seen(turn: Turn, activation: Activation): ActivationSeen {
  return { ...seenParts(turn, activation), lastRefreshAt: activation.tokenRefreshAt };
}

function seenParts(turn: Turn, activation: Activation): Omit<Grant, "token"> {
  const { id, terms } = turn.license;
  return {
    license: licenseOf(id, terms),
    activationId: activation.id,
    fingerprint: activation.facts.fingerprint,
    leaseExpiresAt: activation.leaseEnd,
    licenseExpiresAt: activationEnd(turn, activation),
    generation: activation.generation,
    overLimit: activation.facts.overLimit === true,
    features: heldFeatures(terms, turn.now),
    user: userClaim(turn, activation),
    now: turn.now,
  };
}

function licenseOf(id: string, { productId, licensedProductIds, type, entitlementSetId }: Terms): Grant["license"] {
  return { id, productId, licensedProductIds, type, entitlementSetId };
}

/**
 * TOK-2 `user`: the license's user, whoever activated; else the owner, by e-mail where it is known. A body's e-mail
 * never: nobody has vouched for it.
 */
function userClaim(turn: Turn, { owner, facts }: Activation): string | null {
  const licensed = turn.license.terms.user;
  if (licensed !== null) return licensed.email;
  return owner === null ? null : (facts.userEmail ?? ownerParts(owner).subject);
}
