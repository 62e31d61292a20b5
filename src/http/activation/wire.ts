/** The activation API's foreign words: request bodies in, documents out (DOC-1, NET-2). ISO strings exist only here. */

import * as z from "zod/mini";
import { NO_CLAIMS, type DeviceClaims } from "../../domain/license/device.ts";
import type { CheckedIn, CheckedOut, Grant, ActivationSeen } from "../../domain/license/calls.ts";
import type { CheckedNow } from "../../operations/activation/check.ts";
import type { Accompaniment } from "../../operations/activation/issue.ts";
import { DEVICE_MEMBERS, fingerprint, optional } from "../device-members.ts";
import { DURATION_CHARACTERS, EMAIL_CHARACTERS, VERSION_CHARACTERS } from "../limits.ts";
import { baseValues, featureValues } from "../../tokens/claims.ts";
import { parsed, text } from "../validate.ts";
import { leaseWish } from "./duration.ts";
import { toldOf } from "./refusals.ts";

const MUST_BE_DURATION = "must be a duration longer than zero: seconds, PT1H, or 01:00:00";

/** Seconds, or null = no wish (LEASE-2). */
const requestedLeaseDuration = optional(
  parsed(z.union([text(0, DURATION_CHARACTERS), z.number()], { error: MUST_BE_DURATION }), leaseWish, MUST_BE_DURATION),
);

/** AUTH-4: whatever text it is, it is recorded and decides nothing. A form sends "" for none. */
const email = z.pipe(
  optional(text(0, EMAIL_CHARACTERS)),
  z.transform((sent: string | null) => (sent === "" ? null : sent)),
);

/** `POST /license` and `POST /jwt`. */
export const activationBody = z.object({
  activationCode: z.string(),
  fingerprint,
  email,
  requestedLeaseDuration,
  targetSoftwareVersion: optional(text(0, VERSION_CHARACTERS)),
  ...DEVICE_MEMBERS,
});

/** NET-2: what of v3's rules holds here, too. */
export function claimsOf(sent: z.output<typeof activationBody> | z.output<typeof checkBody>): DeviceClaims {
  const { hostname, vmName, container, userHash, targetSoftwareVersion } = sent;
  return { ...NO_CLAIMS, hostname, vmName, container, userHash, releaseVersion: targetSoftwareVersion };
}

/** `POST /check`: of a device, or of one that nobody knows. */
export const checkBody = z.extend(activationBody, { fingerprint: optional(fingerprint) });

export const renewBody = z.object({ fingerprint: optional(fingerprint), requestedLeaseDuration });

export const checkInBody = z.object({ fingerprint: optional(fingerprint) });

/** Check-out has no members of its own; what is sent must be JSON all the same. */
export const checkOutBody = z.object({});

const DOCUMENT_VERSION = 1;

/** The activation document (DOC-1) of a grant whose token was signed. */
export function activationDocument(grant: Grant, token: string, beside: Accompaniment) {
  return { licenseToken: token, ...common(grant, beside), renewAfter: instantOrNull(grant.token.refreshAt) };
}

/** The same without `licenseToken`; `renewAfter` is the last token's. */
export function sessionDocument(session: ActivationSeen, beside: Accompaniment) {
  return { ...common(session, beside), renewAfter: instantOrNull(session.lastRefreshAt) };
}

export function checkedInDocument(checkedIn: CheckedIn) {
  return {
    sessionId: checkedIn.activationId,
    leaseExpiresAt: instantOrNull(checkedIn.leaseExpiresAt),
    nextCheckInSeconds: checkedIn.nextCheckInSeconds,
    renewNow: checkedIn.renewNow,
    serverTime: instant(checkedIn.now),
  };
}

export function checkedOutDocument(checkedOut: CheckedOut) {
  return { sessionId: checkedOut.activationId, serverTime: instant(checkedOut.now) };
}

/** Null: not told, or none. */
export function checkDocument(checked: CheckedNow) {
  const { refusal, activated, seats, licensedProductIds, features } = checked;
  const told = refusal === null ? { code: null, action: null } : toldOf(refusal);
  return {
    valid: refusal === null,
    ...told,
    standing: checked.standing,
    expiresAt: instantOrNull(checked.expiresAt),
    activated,
    sessionId: checked.activationId,
    seats,
    features: features === null ? null : featureValues(features),
    baseFeatures: features === null ? null : baseValues(features),
    licensedProducts: licensedProductIds,
    serverTime: instant(checked.now),
  };
}

function common(grant: Omit<Grant, "token">, { publicKeyBase64, texts }: Accompaniment) {
  return {
    tokenPublicKeyBase64: publicKeyBase64,
    version: DOCUMENT_VERSION,
    legalNotice: texts.legalNotice,
    copyright: texts.copyright,
    providerUrl: texts.providerUrl,
    providerEmail: texts.providerEmail,
    description: texts.description,
    licensedProducts: grant.license.licensedProductIds,
    sessionId: grant.activationId,
    leaseExpiresAt: instantOrNull(grant.leaseExpiresAt),
    serverTime: instant(grant.now),
  };
}

/** RFC 3339 in UTC. */
function instant(at: number): string {
  return new Date(at).toISOString();
}

function instantOrNull(at: number | null): string | null {
  return at === null ? null : instant(at);
}
