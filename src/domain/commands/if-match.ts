/**
 * MGMT-3: what an `ETag` stands for, and whether an `If-Match` holds. A tag is over the members that PATCH accepts and
 * over nothing else: ends, counters and names that are read live move without it.
 */

import type { IfMatch, LicensePatch } from "../license/calls.ts";
import type { License, MetadataItem } from "../terms/license.ts";
import { no, type Outcome } from "../outcome.ts";
import { eachOf, PATCHED_SETTINGS, type PatchedSetting } from "../terms/settings.ts";
import type { Turn } from "../turn/turn.ts";

/** For each member of a PATCH: what it sets of the stored resource, as JSON. One that is missing does not compile. */
export type PatchableMembers<Resource, Patch> = {
  readonly [Member in keyof Patch]-?: (resource: Resource) => unknown;
};

/** The text whose digest is the tag: the same for the same values, in whatever order the members are declared. */
export function patchableText<Resource, Patch>(resource: Resource, members: PatchableMembers<Resource, Patch>): string {
  const parts = Object.entries<(resource: Resource) => unknown>(members);
  const sorted = parts.toSorted(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify(sorted.map(([member, part]) => [member, part(resource)]));
}

/** Metadata as a PATCH gives it, in its order; ids and instants come by themselves. */
export function givenMetadata(items: readonly MetadataItem[]): unknown {
  return items.map(({ key, value, viewPermissions }) => [key, value, viewPermissions]);
}

export function licenseText(license: License): string {
  return patchableText(license, LICENSE_MEMBERS);
}

/** Strong comparison (RFC 9110 13.1.1); weak tags were left out before. */
export function holds(ifMatch: IfMatch, tag: string): boolean {
  return ifMatch === "*" || ifMatch.includes(tag);
}

/** `change`, if the license is still in a state that the call names; else `precondition-failed`, before anything. */
export function ifStill<T>(
  turn: Turn,
  { ifMatch }: { readonly ifMatch?: IfMatch },
  change: () => Outcome<T>,
): Outcome<T> {
  const stands = ifMatch === undefined || holds(ifMatch, turn.ledger.digest(licenseText(turn.license)));
  return stands ? change() : no({ code: "precondition-failed" });
}

/** `leavesUser` and `readOnly` set no member of their own. */
type Settable = Omit<LicensePatch, "leavesUser" | "dropsMetadata" | "dropsMeter" | "readOnly">;

type Part = (license: License) => unknown;

const LICENSE_MEMBERS: PatchableMembers<License, Settable> = {
  ...eachOf<Record<PatchedSetting, Part>>(
    PATCHED_SETTINGS,
    (name) =>
      ({ terms }) =>
        terms[name],
  ),
  key: ({ key }) => key,
  effectiveAt: ({ terms }) => terms.effectiveAt,
  licensedProductIds: ({ terms }) => terms.licensedProductIds,
  // SNAP-1: the e-mail is the user's own.
  user: ({ terms }) => terms.user?.id ?? null,
  metadata: ({ terms }) => givenMetadata(terms.metadata),
  featureEntitlements: ({ terms }) =>
    terms.featureEntitlements.map(({ featureName, value, expiresAt }) => [featureName, value, expiresAt]),
  // SNAP-1: what it says is copied once.
  maintenance: ({ terms }) => terms.maintenance?.id ?? null,
  entitlementSetId: ({ terms }) => terms.entitlementSetId,
  meterAttributes: ({ terms }) =>
    terms.meterAttributes.map(({ name, allowedUses, floating, viewPermissions }) => [
      ...[name, allowedUses, floating, viewPermissions],
    ]),
  subscriptionInterval: ({ terms }) => terms.subscriptionInterval,
  tags: ({ terms }) => terms.tags.map(({ id }) => id),
  plan: ({ terms }) => terms.licenseTemplateId,
};
