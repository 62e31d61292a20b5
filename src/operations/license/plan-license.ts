/** From what a creation asks for to the rows that it writes: names looked up, terms judged, key and ids made. */

import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../../domain/license/calls.ts";
import { newTerms, type NewLicense } from "../../domain/license/creation.ts";
import type { GivenEntitlement } from "../../domain/license/entitlements.ts";
import type { GivenMeter } from "../../domain/license/meters.ts";
import { withTemplate } from "../../domain/license/template.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { licenseEnd } from "../../domain/terms/expiry.ts";
import { idWithLocator } from "../../domain/terms/identifier.ts";
import { keyOfPattern, readKeyPattern } from "../../domain/terms/key-pattern.ts";
import { generatedKey } from "../../domain/terms/license-key.ts";
import type { License, LicenseView, MetadataItem, Terms } from "../../domain/terms/license.ts";
import type { Asking } from "../../registry/db/round-trip.ts";
import { templateById, templateOfProduct, type LicenseTemplate } from "../../registry/rows/license-templates.ts";
import type { NewRow } from "../../registry/rows/licenses.ts";
import { userById } from "../../registry/rows/users.ts";
import type { Deployment } from "../deployment.ts";
import { namedTags } from "../named-tags.ts";
import { eventOf } from "../record.ts";
import { policyNamed } from "./named-policy.ts";

export const UNKNOWN_USER = { code: "invalid-member", pointer: "/userId", detail: "there is no such user" } as const;

/** A template's id, `""` = none, and what names it in the body. */
export interface NamedTemplate {
  readonly id: string;
  readonly pointer: string;
}

/** A creation's body; `key` is as it is stored (KEY-3), null = generate one. */
export interface WantedLicense extends Omit<
  NewLicense,
  | ("metadata" | "featureEntitlements" | "meterAttributes" | "user" | "maintenance" | "tags")
  | ("requiredMetadataKeys" | "licenseTemplateId")
> {
  readonly key: string | null;
  /** Whom the license is for; null or absent = nobody in particular. */
  readonly userId?: string | null;
  /** Null or absent = the template's; `""` = none, not even that. */
  readonly maintenancePolicyId?: string | null | undefined;
  readonly metadata: readonly Pick<MetadataItem, "key" | "value" | "viewPermissions">[];
  readonly featureEntitlements?: readonly GivenEntitlement[] | null | undefined;
  readonly meterAttributes?: readonly GivenMeter[] | null | undefined;
  /** TPL-1: null or absent = the product's own. */
  readonly template?: NamedTemplate | null | undefined;
  /** Of tags that there are; absent = none. */
  readonly tagNames?: readonly string[];
}

export interface Plan {
  /** Which of those that were asked for, from 0. */
  readonly number: number;
  readonly wanted: WantedLicense;
  readonly terms: Terms;
  /** KEY-1: of a key that is to be generated; null = the default format. */
  readonly keyPattern: string | null;
}

/** Looks things up, each of them once. */
export type Once = <T>(what: readonly unknown[], look: () => Promise<T>) => Promise<T>;

export function lookedUpOnce(): Once {
  const found = new Map<string, Promise<unknown>>();
  return async <T>(what: readonly unknown[], look: () => Promise<T>) => {
    const name = JSON.stringify(what);
    const known = found.get(name) ?? look();
    found.set(name, known);
    return (await known) as T;
  };
}

/** Refusals: `invalid-member` for what there is not, and those of `domain/creation`. */
export async function planOf(
  asked: Asking,
  once: Once,
  wanted: WantedLicense,
  now: number,
): Promise<Outcome<Pick<Plan, "terms" | "keyPattern">>> {
  const { key: _, metadata, featureEntitlements: entitlements, userId = null, tagNames = [], ...rest } = wanted;
  const { template: wantedTemplate = null, maintenancePolicyId = null, meterAttributes: meters, ...given } = rest;
  const policyOf = (id: string | null) => once(["policy", id], () => policyNamed(asked, id));
  const [user, template, tags, maintenance] = await Promise.all([
    userId === null ? null : once(["user", userId], () => asked(userById(userId))),
    once(["template", wantedTemplate, given.productId], () => templateFor(asked, wantedTemplate, given.productId)),
    once(["tags", tagNames], () => namedTags(asked, tagNames)),
    policyOf(maintenancePolicyId === "" ? null : maintenancePolicyId),
  ]);
  if (userId !== null && user === null) return no(UNKNOWN_USER);
  if (!template.ok) return template;
  if (!tags.ok) return tags;
  if (!maintenance.ok) return maintenance;
  const copied = user === null ? null : { id: user.id, email: user.email, revision: user.revision };
  const items = metadata.map((item) => ({ id: uuidv7(), ...item }));
  const featureEntitlements = (entitlements ?? []).map((item) => ({ id: uuidv7(), ...item }));
  // Their ids come with the locator (`newLicense`).
  const meterAttributes = (meters ?? []).map((item) => ({ id: "", ...item }));
  const { id: licenseTemplateId = null, members = {} } = template.value ?? {};
  const policy = maintenancePolicyId === null ? await policyOf(members.maintenancePolicyId ?? null) : maintenance;
  if (!policy.ok) return policy;
  const copies = { user: copied, tags: tags.value, maintenance: policy.value };
  const lists = { metadata: items, featureEntitlements, meterAttributes };
  const terms = newTerms(withTemplate({ ...given, licenseTemplateId, ...copies, ...lists }, members), now);
  return terms.ok ? yes({ terms: terms.value, keyPattern: members.keyPattern ?? null }) : terms;
}

/** SNAP-1: a copy; null = none. The template may go before the license comes, which remembers its id (TPL-1). */
async function templateFor(
  asked: Asking,
  named: WantedLicense["template"],
  productId: string,
): Promise<Outcome<LicenseTemplate | null>> {
  if (named === null || named === undefined) return yes(await asked(templateOfProduct(productId)));
  if (named.id === "") return yes(null);
  const found = await asked(templateById(named.id));
  return found === null
    ? no({ code: "invalid-member", pointer: named.pointer, detail: "there is no such license template" })
    : yes(found);
}

export interface PlannedRow extends NewRow {
  readonly number: number;
  readonly license: LicenseView;
}

export async function newRow(
  deployment: Deployment,
  { number, wanted, terms, keyPattern }: Plan,
  caller: Caller,
  now: number,
): Promise<PlannedRow> {
  const license = await newLicense(deployment, wanted.key ?? randomKey(keyPattern), terms);
  const event = eventOf({ type: "license.created", subjectId: license.id, changes: {}, data: license }, caller, now);
  return { number, license, expiresAt: licenseEnd(terms.end), event };
}

async function newLicense(deployment: Deployment, key: string, terms: Terms): Promise<LicenseView> {
  const locator = await deployment.locator(key);
  const newId = () => idWithLocator(locator, crypto.getRandomValues(new Uint8Array(8)));
  const meterAttributes = terms.meterAttributes.map((item) => ({ ...item, id: newId() }));
  const license: License = { id: newId(), key, revision: 1, terms: { ...terms, meterAttributes } };
  return { ...license, totalActivations: 0, totalDeactivations: 0, lastUsedAt: null, currentReleaseVersion: null };
}

function randomKey(pattern: string | null): string {
  const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));
  if (pattern === null) return generatedKey(random(18));
  const read = readKeyPattern(pattern);
  // The template was checked when it was written.
  if (!read.ok) throw new Error(`the key pattern ${read.detail}`);
  return keyOfPattern(read.places, random);
}
