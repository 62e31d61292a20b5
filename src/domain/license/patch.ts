/**
 * PATCH of a license: which changes the rules allow, and the license after them (IN-1, IN-2, SEAT-8, SEAT-10, EXP-8).
 * Reads counters only, never activations: its cost does not depend on how many seats are taken.
 */

import type { LicensePatch } from "./calls.ts";
import { changesBetween } from "./difference.ts";
import type { Changes } from "./event.ts";
import { intervalPeriod, isTooLong } from "../terms/expiry.ts";
import {
  hasLease,
  type License,
  type LicenseTag,
  type LicenseUser,
  type LicenseView,
  type Terms,
} from "../terms/license.ts";
import { entitlementsRefusal, replacedEntitlements } from "./entitlements.ts";
import { begunMaintenance } from "../terms/maintenance.ts";
import { leaseGraceRefusal } from "./lease-grace.ts";
import { leasingRefusal } from "./leasing.ts";
import { metersRefusal, otherKindRefusal, patchedMeters } from "./meters.ts";
import { licensedProductsRefusal, metadataRefusal, requiredMetadataRefusal, tagsRefusal } from "./list-members.ts";
import { replacedMetadata } from "./metadata.ts";
import { no, yes, type Outcome } from "../outcome.ts";
import { begunAnew, planRefusal, pointedAt, withPlan } from "./plan.ts";
import { readOnlyRefusal } from "./read-only.ts";
import type { Refusal } from "../refusal.ts";
import {
  mayHaveEndlessTokens,
  rememberingEndlessTokens,
  restsOnActivationEnds,
  seatReleaseRefusal,
} from "./seat-release.ts";
import { patchedSettings } from "../terms/settings.ts";

export type NewId = (of: "item" | "meter") => string;

export interface Patched {
  /** As it was, revision included, if nothing changed; but for a newer copy of the same user (SNAP-1). */
  readonly license: License;
  /** Empty if nothing changed: then there is no event either. */
  readonly changes: Changes;
  /** STAND-2: the license became revoked, which ends every activation. */
  readonly endsActivations: boolean;
  /** AUTH-6: the license is another user's, or nobody's, or somebody's at last: what signed-in people own ends. */
  readonly endsOwned: boolean;
}

/**
 * The license after `patch` at `now` (epoch ms). `live` is how many activations are live by the clock, plus holds.
 * `newId` makes the ids of new items: UUIDv7, of meter attributes with the license's locator. The key is put in as it
 * is: reserving it is the caller's (KEY-2). Refusals: `invalid-member` and `activations-live`, each with a pointer into
 * the body; `license-unknown` where the item that should go is not there.
 */
export function patchLicense(
  view: LicenseView,
  patch: LicensePatch,
  live: number,
  newId: NewId,
  now: number,
): Outcome<Patched> {
  const before: License = { id: view.id, key: view.key, revision: view.revision, terms: view.terms };
  if (lacksItem(view.terms, patch)) return no({ code: "license-unknown" });
  const planned = withPlan(view.terms, patch);
  if (!planned.ok) return planned;
  const asked = begunAnew(view.terms, patchedTerms(planned.value.terms, planned.value.patch, newId, now), now);
  const patched: License = {
    ...before,
    key: patch.key ?? view.key,
    terms: rememberingEndlessTokens(asked, live > 0 && mayHaveEndlessTokens(view.terms)),
  };
  const differs = readOnlyRefusal(view, patch.readOnly ?? []);
  if (differs !== null) return no(differs);
  const refusal =
    planRefusal(view.terms, asked, view.totalActivations) ?? refusalOf(view.terms, patched.terms, patch, live);
  if (refusal !== null) return no(patch.plan === undefined ? refusal : pointedAt(refusal, patch.plan, patch));
  const changes = changesBetween(before, patched);
  if (Object.keys(changes).length === 0) {
    const license = withUser(before, patched.terms.user);
    return yes({ license, changes, endsActivations: false, endsOwned: false });
  }
  const license = { ...patched, revision: before.revision + 1, terms: { ...patched.terms, updatedAt: now } };
  return yes({
    license,
    changes,
    endsActivations: license.terms.revoked && !before.terms.revoked,
    endsOwned: license.terms.user?.id !== before.terms.user?.id,
  });
}

function patchedTerms(terms: Terms, patch: LicensePatch, makeId: NewId, now: number): Terms {
  const newId = () => makeId("item");
  return {
    ...terms,
    ...patchedSettings(terms, patch),
    ...patchedPeriod(terms, patch.subscriptionInterval),
    effectiveAt: patch.effectiveAt === undefined ? terms.effectiveAt : patch.effectiveAt,
    licensedProductIds: patch.licensedProductIds ?? terms.licensedProductIds,
    user: patchedUser(terms.user, patch),
    featureEntitlements: patchedEntitlements(terms.featureEntitlements, patch, newId, now),
    maintenance: patchedMaintenance(terms, patch, now),
    entitlementSetId: patch.entitlementSetId === undefined ? terms.entitlementSetId : patch.entitlementSetId,
    metadata: patchedMetadata(terms.metadata, patch, newId, now),
    tags: patchedTags(terms.tags, patch.tags),
    meterAttributes: patchedMeters(terms.meterAttributes, patch, () => makeId("meter"), now),
  };
}

function lacksItem({ metadata, meterAttributes }: Terms, { dropsMetadata, dropsMeter }: LicensePatch): boolean {
  return lacks(metadata, dropsMetadata) || lacks(meterAttributes, dropsMeter);
}

function lacks(items: readonly { readonly id: string }[], dropped: string | undefined): boolean {
  return dropped !== undefined && !items.some(({ id }) => id === dropped);
}

function patchedMetadata(
  items: Terms["metadata"],
  { metadata, dropsMetadata }: LicensePatch,
  newId: () => string,
  now: number,
): Terms["metadata"] {
  if (metadata !== undefined) return replacedMetadata(items, metadata, newId, now);
  return dropsMetadata === undefined ? items : items.filter(({ id }) => id !== dropsMetadata);
}

function patchedEntitlements(
  items: Terms["featureEntitlements"],
  { featureEntitlements }: LicensePatch,
  newId: () => string,
  now: number,
): Terms["featureEntitlements"] {
  return featureEntitlements === undefined ? items : replacedEntitlements(items, featureEntitlements, newId, now);
}

/** SNAP-1: the policy that the license has already stays as it was copied, and its end with it. */
function patchedMaintenance(
  { maintenance: before, activatedAt }: Terms,
  { maintenance: policy }: LicensePatch,
  now: number,
): Terms["maintenance"] {
  if (policy === undefined || policy?.id === before?.id) return before;
  return policy === null ? null : begunMaintenance(policy, now, activatedAt !== null);
}

/** The ids count: the same ones under other names change nothing. */
function patchedTags(known: readonly LicenseTag[], given: LicensePatch["tags"]): readonly LicenseTag[] {
  const ids = (tags: readonly LicenseTag[]) => tags.map(({ id }) => id).join();
  return given === undefined || ids(given) === ids(known) ? known : given;
}

/** A license that is another's by now does not leave the user that it is asked to leave (DEL-1). */
function patchedUser(known: LicenseUser | null, { user, leavesUser }: LicensePatch): LicenseUser | null {
  if (user !== undefined) return newerUser(known, user);
  return known !== null && known.id === leavesUser ? null : known;
}

/** SNAP-1: a copy that shows nothing new is newer all the same, and keeps an e-mail out that is older than it. */
function withUser(license: License, user: LicenseUser | null): License {
  const isNewer = user !== null && user.revision !== license.terms.user?.revision;
  return isNewer ? { ...license, terms: { ...license.terms, user } } : license;
}

/** SNAP-1: of two copies of the same user the newer one; another user, or nobody, as it was given. */
function newerUser(known: LicenseUser | null, given: LicenseUser | null): LicenseUser | null {
  return known !== null && known.id === given?.id && known.revision >= given.revision ? known : given;
}

/**
 * EXP-8: a changed interval sets `validity` to 0 and moves no end. The interval that stands already changes nothing, so
 * a resource that is read and sent back keeps its `validity` beside a null interval.
 */
function patchedPeriod(
  terms: Terms,
  interval: LicensePatch["subscriptionInterval"],
): Pick<Terms, "period" | "subscriptionInterval" | "validity"> {
  const { period, subscriptionInterval, validity } = terms;
  if (interval === undefined) return { period, subscriptionInterval, validity };
  const given = intervalPeriod(interval);
  const text = given === null ? null : interval.text;
  if (text === subscriptionInterval) return { period, subscriptionInterval, validity };
  return { period: given, subscriptionInterval: text, validity: 0 };
}

function refusalOf(before: Terms, after: Terms, patch: LicensePatch, live: number): Refusal | null {
  return (
    (patch.licensedProductIds === undefined
      ? null
      : licensedProductsRefusal(after.productId, after.licensedProductIds)) ??
    (patch.metadata === undefined ? null : metadataRefusal(patch.metadata)) ??
    entitlementsRefusal(patch.featureEntitlements ?? []) ??
    (before.metadata === after.metadata && before.requiredMetadataKeys === after.requiredMetadataKeys
      ? null
      : requiredMetadataRefusal(after.requiredMetadataKeys, after.metadata)) ??
    metersRefusal(patch.meterAttributes ?? []) ??
    otherKindRefusal(before.meterAttributes, after.meterAttributes) ??
    tagsRefusal(patch.tags ?? []) ??
    (after.period !== null && isTooLong(after.period) ? tooLong() : null) ??
    seatReleaseRefusal(after) ??
    leaseGraceRefusal(after) ??
    leasingRefusal(after) ??
    (live > 0 ? liveRefusal(before, after, live) : null) ??
    (live > 0 && before.seatRelease !== after.seatRelease ? endlessTokensRefusal(before) : null)
  );
}

/** SEAT-10: live devices may hold tokens without an end, which `after-token` could never see end. */
function endlessTokensRefusal(before: Terms): Refusal | null {
  if (!mayHaveEndlessTokens(before)) return null;
  const detail = "after-token cannot begin while devices may hold tokens without an end";
  return { code: "invalid-member", pointer: "/seatRelease", detail };
}

/** SEAT-8; and SEAT-10: activations that are live may lack the ends that the new terms rest on. */
function liveRefusal(before: Terms, after: Terms, live: number): Refusal | null {
  const refused = (pointer: string): Refusal => ({ code: "activations-live", pointer, live });
  if (before.fingerprintMatchingStrategy !== after.fingerprintMatchingStrategy)
    return refused("/fingerprintMatchingStrategy");
  if (before.leasingStrategy !== after.leasingStrategy) return refused("/leasingStrategy");
  if (hasLease(before) !== hasLease(after)) return refused("/leaseDuration");
  if (restsOnActivationEnds(after) && !restsOnActivationEnds(before)) return refused("/seatRelease");
  return null;
}

function tooLong(): Refusal {
  return { code: "invalid-member", pointer: "/subscriptionInterval", detail: "a period is at most 100 years" };
}
