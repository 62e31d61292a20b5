/** Creates a license in D1 alone; its object takes it over at the first activation or change (ID-5). */

import { v7 as uuidv7 } from "uuid";
import type { GivenMeter } from "../../domain/license/meters.ts";
import type { Caller } from "../../domain/license/calls.ts";
import type { GivenEntitlement } from "../../domain/license/entitlements.ts";
import { newTerms, type NewLicense } from "../../domain/license/creation.ts";
import { licenseEnd } from "../../domain/terms/expiry.ts";
import { idWithLocator } from "../../domain/terms/identifier.ts";
import { keyOfPattern, readKeyPattern } from "../../domain/terms/key-pattern.ts";
import { generatedKey } from "../../domain/terms/license-key.ts";
import type { License, LicenseView, MetadataItem, Terms } from "../../domain/terms/license.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { withTemplate } from "../../domain/license/template.ts";
import { ask } from "../../registry/db/question.ts";
import { UNKNOWN_POLICY, UNKNOWN_SET, policyGiven, policyNamed } from "./named-policy.ts";
import { askingAlone, inOneTrip, type Asking } from "../../registry/db/round-trip.ts";
import { templateById, templateOfProduct, type LicenseTemplate } from "../../registry/rows/license-templates.ts";
import { holderOf, insertLicense, type CreationResult } from "../../registry/rows/licenses.ts";
import { keepAlone } from "../../registry/rows/idempotency-records.ts";
import { unknownProducts } from "../../registry/rows/products.ts";
import { userById } from "../../registry/rows/users.ts";
import { ATTEMPTS, pauseAfter } from "../attempts.ts";
import { keepNothing, type Keep } from "../create-once.ts";
import type { Deployment } from "../deployment.ts";
import { namedTags } from "../named-tags.ts";
import { readLicense } from "./read-license.ts";
import { eventOf } from "../record.ts";
import { say } from "../../log/line.ts";

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

export interface CreatedLicense {
  readonly license: LicenseView;
  /** False: the external reference is that of a license which exists already, and this is it. */
  readonly isNew: boolean;
}

/**
 * Refusals: those of `domain/creation`, `invalid-member` for unknown products and tags, an unknown user or template,
 * `already-exists` at `/key` (taken, or its locator is) and at `/externalReference` (its license was deleted).
 */
export async function createLicense(
  deployment: Deployment,
  wanted: WantedLicense,
  caller: Caller,
  now: number,
  keep: Keep<CreatedLicense> = keepNothing,
): Promise<Outcome<CreatedLicense>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const planned = await planOf(deployment, wanted, now);
    if (!planned.ok) return (await sold(deployment, wanted, keep)) ?? planned;
    const { terms, keyPattern } = planned.value;
    const license = await newLicense(deployment, wanted.key ?? randomKey(keyPattern), terms);
    const created = eventOf(
      { type: "license.created", subjectId: license.id, changes: {}, data: license },
      caller,
      now,
    );
    const listed = { expiresAt: licenseEnd(terms.end) };
    const kept = await keep({ license, isNew: true });
    const result = await insertLicense(deployment.db, license, listed, created, kept);
    if (result.created) return yes({ license: await settled(deployment, license), isNew: true });
    if (!isWorthAnother(result.why, wanted)) return await refused(deployment, terms, result, keep);
    await deployment.pause(pauseAfter(attempt));
  }
  return no({ code: "overloaded", what: "user" });
}

interface Plan {
  readonly terms: Terms;
  /** KEY-1: of a key that is to be generated; null = the default format. */
  readonly keyPattern: string | null;
}

/** Each attempt reads user, template and tags anew: the user's e-mail may have changed since the last (SNAP-1). */
async function planOf({ db }: Deployment, wanted: WantedLicense, now: number): Promise<Outcome<Plan>> {
  const { key: _, metadata, featureEntitlements: entitlements, userId = null, tagNames = [], ...rest } = wanted;
  const { template: wantedTemplate = null, maintenancePolicyId = null, meterAttributes: meters, ...given } = rest;
  const [user, template, tags, maintenance] = await inOneTrip(db, (asked) =>
    Promise.all([
      userId === null ? null : asked(userById(userId)),
      templateFor(asked, wantedTemplate, given.productId),
      namedTags(asked, tagNames),
      policyNamed(asked, maintenancePolicyId === "" ? null : maintenancePolicyId),
    ]),
  );
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
  const policy = maintenancePolicyId === null ? await policyGiven(askingAlone(db), members) : maintenance;
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

type Why = Exclude<CreationResult, { readonly created: true }>["why"];

function isWorthAnother(why: Why, { key }: WantedLicense): boolean {
  return why === "user-changed" || (key === null && (why === "key-taken" || why === "locator-taken"));
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

async function refused(
  deployment: Deployment,
  terms: Terms,
  result: Exclude<CreationResult, { readonly created: true }>,
  keep: Keep<CreatedLicense>,
): Promise<Outcome<CreatedLicense>> {
  switch (result.why) {
    case "reference-taken":
      return await existing(deployment, result.licenseId, keep);
    case "user-unknown":
      return no(UNKNOWN_USER);
    case "user-changed":
      return no({ code: "overloaded", what: "user" });
    case "policy-unknown":
      return no(UNKNOWN_POLICY);
    case "set-unknown":
      return no(UNKNOWN_SET);
    case "product-unknown":
      return no(await productRefusal(deployment, terms));
    case "key-taken":
    case "locator-taken":
      return no({ code: "already-exists", pointer: "/key" });
  }
}

/**
 * The license that the reference has: a creation that is sent again finds it, also where the user, tag or template that
 * it names has gone since. Null = none.
 */
async function sold(
  deployment: Deployment,
  { externalReference }: WantedLicense,
  keep: Keep<CreatedLicense>,
): Promise<Outcome<CreatedLicense> | null> {
  const holder = externalReference ? await holderOf(deployment.db, externalReference) : null;
  return holder === null ? null : await existing(deployment, holder, keep);
}

/** LIC-3: creating again with an external reference answers the license that has it; a deleted one keeps it taken. */
async function existing(
  deployment: Deployment,
  licenseId: string,
  keep: Keep<CreatedLicense>,
): Promise<Outcome<CreatedLicense>> {
  const found = await readLicense(deployment, licenseId);
  if (found.ok) {
    const answer = { license: found.value.license, isNew: false };
    await keepAlone(deployment.db, await keep(answer));
    return yes(answer);
  }
  const isDeleted = found.refusal.code === "license-unknown";
  return isDeleted ? no({ code: "already-exists", pointer: "/externalReference" }) : found;
}

async function productRefusal({ db }: Deployment, { productId, licensedProductIds }: Terms) {
  const [unknown] = await ask(db, unknownProducts([productId, ...licensedProductIds]));
  const isOwn = unknown === undefined || unknown === productId;
  const pointer = isOwn ? "/productId" : `/licensedProductIds/${licensedProductIds.indexOf(unknown)}`;
  return { code: "invalid-member", pointer, detail: "there is no such product" } as const;
}

/** ID-5: a license with a region is born now, near its users, as well as that can be had; else it is born later. */
async function settled(deployment: Deployment, license: LicenseView): Promise<LicenseView> {
  const { region } = license.terms;
  if (region === null) return license;
  const born = await deployment.licenses.at(await deployment.locator(license.key), region).bear(license.id);
  const isBorn = born.reached === "license" && born.outcome.ok;
  if (!isBorn) say("a license was not born in its region", { license: license.id });
  return license;
}
