/** Creates a license in D1 alone; its object takes it over at the first activation or change (ID-5). */

import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../domain/calls.ts";
import { newTerms, type NewLicense } from "../domain/creation.ts";
import { licenseEnd } from "../domain/expiry.ts";
import { licenseFacets } from "../domain/facets.ts";
import { idWithLocator } from "../domain/identifier.ts";
import { generatedKey } from "../domain/license-key.ts";
import type { License, LicenseView, MetadataItem, Terms } from "../domain/license.ts";
import { no, yes, type Outcome } from "../domain/outcome.ts";
import { insertLicense, type CreationResult } from "../registry/licenses.ts";
import { keepAlone } from "../registry/replays.ts";
import { unknownProducts } from "../registry/products.ts";
import { findUser } from "../registry/users.ts";
import { keepNothing, type Keep } from "./create-once.ts";
import type { Deployment } from "./deployment.ts";
import { namedTags } from "./named-tags.ts";
import { readLicense } from "./read-license.ts";
import { eventOf } from "./record.ts";

export const UNKNOWN_USER = { code: "invalid-member", pointer: "/userId", detail: "there is no such user" } as const;

/** A creation's body; `key` is normalised (KEY-1), null = generate one. */
export interface WantedLicense extends Omit<NewLicense, "metadata" | "user" | "tags"> {
  readonly key: string | null;
  /** Whom the license is for; null or absent = nobody in particular. */
  readonly userId?: string | null;
  readonly metadata: readonly Pick<MetadataItem, "key" | "value" | "viewPermissions">[];
  /** Of tags that there are; absent = none. */
  readonly tagNames?: readonly string[];
}

export interface CreatedLicense {
  readonly license: LicenseView;
  /** False: the external reference is that of a license which exists already, and this is it. */
  readonly isNew: boolean;
}

/** 144 random bits collide once in no lifetime, and nobody changes an e-mail that often: more means that something is wrong. */
const ATTEMPTS = 3;

/**
 * Refusals: those of `domain/creation`, `invalid-member` for unknown products, tags and an unknown user, `already-exists` at `/key` (taken, or
 * its locator is) and at `/externalReference` (its license was deleted).
 */
export async function createLicense(
  deployment: Deployment,
  wanted: WantedLicense,
  caller: Caller,
  now: number,
  keep: Keep<CreatedLicense> = keepNothing,
): Promise<Outcome<CreatedLicense>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const terms = await termsOf(deployment, wanted, now);
    if (!terms.ok) return terms;
    const license = await newLicense(deployment, wanted.key ?? randomKey(), terms.value);
    const created = eventOf(
      { type: "license.created", subjectId: license.id, changes: {}, data: license },
      caller,
      now,
    );
    const listed = { expiresAt: licenseEnd(terms.value.end), facets: licenseFacets(license) };
    const kept = await keep({ license, isNew: true });
    const result = await insertLicense(deployment.db, license, listed, created, kept);
    if (result.created) return yes({ license: await settled(deployment, license), isNew: true });
    if (!isWorthAnother(result.why, wanted)) return await refused(deployment, terms.value, result, keep);
  }
  return no({ code: "overloaded" });
}

/** Each attempt reads the user anew: its e-mail may have changed since the last (SNAP-1). */
async function termsOf({ db }: Deployment, wanted: WantedLicense, now: number): Promise<Outcome<Terms>> {
  const { key: _, metadata, userId = null, tagNames = [], ...given } = wanted;
  const [user, tags] = await Promise.all([userId === null ? null : findUser(db, userId), namedTags(db, tagNames)]);
  if (userId !== null && user === null) return no(UNKNOWN_USER);
  if (!tags.ok) return tags;
  const copied = user === null ? null : { id: user.id, email: user.email, revision: user.revision };
  const items = metadata.map((item) => ({ id: uuidv7(), ...item }));
  return newTerms({ ...given, user: copied, metadata: items, tags: tags.value }, now);
}

type Why = Exclude<CreationResult, { readonly created: true }>["why"];

function isWorthAnother(why: Why, { key }: WantedLicense): boolean {
  return why === "user-changed" || (key === null && (why === "key-taken" || why === "locator-taken"));
}

async function newLicense(deployment: Deployment, key: string, terms: Terms): Promise<LicenseView> {
  const random = crypto.getRandomValues(new Uint8Array(8));
  const id = idWithLocator(await deployment.locator(key), random);
  const license: License = { id, key, revision: 1, terms };
  return { ...license, totalActivations: 0, totalDeactivations: 0, lastUsedAt: null };
}

function randomKey(): string {
  return generatedKey(crypto.getRandomValues(new Uint8Array(18)));
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
      return no({ code: "overloaded" });
    case "product-unknown":
      return no(await productRefusal(deployment, terms));
    case "key-taken":
    case "locator-taken":
      return no({ code: "already-exists", pointer: "/key" });
  }
}

/** Spec 3: creating again with an external reference answers the license that has it; a deleted one keeps it taken. */
async function existing(
  deployment: Deployment,
  licenseId: string,
  keep: Keep<CreatedLicense>,
): Promise<Outcome<CreatedLicense>> {
  const found = await readLicense(deployment, licenseId);
  if (found.ok) {
    const answer = { license: found.value, isNew: false };
    await keepAlone(deployment.db, await keep(answer));
    return yes(answer);
  }
  const isDeleted = found.refusal.code === "license-unknown";
  return isDeleted ? no({ code: "already-exists", pointer: "/externalReference" }) : found;
}

async function productRefusal({ db }: Deployment, { productId, licensedProductIds }: Terms) {
  const [unknown] = await unknownProducts(db, [productId, ...licensedProductIds]);
  const isOwn = unknown === undefined || unknown === productId;
  const pointer = isOwn ? "/productId" : `/licensedProductIds/${licensedProductIds.indexOf(unknown)}`;
  return { code: "invalid-member", pointer, detail: "there is no such product" } as const;
}

/** ID-5: a license with a region is born now, near its users, as well as that can be had; else it is born later. */
async function settled(deployment: Deployment, license: LicenseView): Promise<LicenseView> {
  const { region } = license.terms;
  if (region === null) return license;
  const born = await deployment.licenses.at(await deployment.locator(license.key), region).bear(license.id);
  if (born.reached !== "license" || !born.outcome.ok) console.warn("a license was not born in its region", license.id);
  return license;
}
