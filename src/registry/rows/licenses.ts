/**
 * Licenses in D1: their creation (ID-5) and reading. After creation only a license's object changes its row, by
 * claim, reservation and relay; nothing here updates or deletes one.
 */

import { eq, inArray, sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import { foldedList, licenseWords } from "../../domain/terms/facets.ts";
import type { License, LicenseView, MeterUses } from "../../domain/terms/license.ts";
import { upperKey } from "../../domain/terms/license-key.ts";
import { readTerms, storedTerms } from "../../domain/terms/stored-terms.ts";
import { kindOf, writeFacets } from "../find/facets.ts";
import type { Wanted } from "../find/filter.ts";
import { find, mapped, type Found } from "../find/find.ts";
import { entitlementSetExists } from "./entitlement-sets.ts";
import { LICENSE_FACETS } from "./license-facets.ts";
import { licenseList } from "./license-fields.ts";
import { NAMES_OF_ROW, namesOfRow, type Names } from "./names.ts";
import { insertEvent } from "../events/outbox.ts";
import type { PageRequest } from "../find/page.ts";
import type { Kept } from "./idempotency-records.ts";
import { answered, written, type Question } from "../db/question.ts";
import { externalReferences, licenseFacets, licenseKeys, licenses } from "../db/schema.ts";
import { maintenancePolicies, products, users } from "../db/schema-catalogue.ts";
import { insertWhere, prepared } from "../db/statement.ts";
import { bytesOf, uuidOf } from "../db/uuid.ts";

/** A license as D1 has it: the truth before birth, a projection after. */
export interface LicenseRow {
  readonly key: string;
  /** Null: its object has projected it (a fence above 0), and has the answer (ID-5). */
  readonly license: LicenseView | null;
  /** Of whom and what the row refers to. */
  readonly names: Names;
}

/** Why a creation wrote nothing; the first that applies, in this order. */
export type CreationResult =
  | { readonly created: true }
  | { readonly created: false; readonly why: "reference-taken"; readonly licenseId: string }
  | { readonly created: false; readonly why: "product-unknown" }
  | { readonly created: false; readonly why: "user-unknown" }
  | { readonly created: false; readonly why: "policy-unknown" }
  | { readonly created: false; readonly why: "set-unknown" }
  /** SNAP-1: the user has another e-mail by now than the terms. */
  | { readonly created: false; readonly why: "user-changed" }
  | { readonly created: false; readonly why: "key-taken" }
  /** ID-4: another license has the same locator. */
  | { readonly created: false; readonly why: "locator-taken" };

/** What lists find a new license by. */
export interface Listed {
  /** The license's end, epoch ms. */
  readonly expiresAt: number | null;
}

/** The row, its facets, key, external reference and event, or none of them and the reason: one atomic batch. */
export async function insertLicense(
  db: D1Database,
  license: License,
  { expiresAt }: Listed,
  event: LeaseholdEvent,
  kept: Kept = () => [],
): Promise<CreationResult> {
  const { id, key, terms } = license;
  // The key is written only if all is well, and the rest only if the key was: its license id is new with this call.
  const keyIsOurs = sql`EXISTS (SELECT 1 FROM ${licenseKeys} WHERE ${eq(licenseKeys.key, key)} AND ${eq(licenseKeys.licenseId, id)})`;
  const reference = terms.externalReference;
  const [evidence] = await db.batch<Evidence>([
    prepared(db, evidenceOf(license)),
    prepared(db, insertWhere(licenseKeys, { key, licenseId: id }, nothingAgainst(license))),
    prepared(db, insertWhere(licenses, { ...rowOf(license), expiresAt }, keyIsOurs)),
    prepared(db, writeFacets(LICENSE_FACETS, id)),
    ...(reference === null
      ? []
      : [prepared(db, insertWhere(externalReferences, { reference, licenseId: id }, keyIsOurs))]),
    insertEvent(db, event, keyIsOurs),
    ...kept(keyIsOurs),
  ]);
  const found = evidence?.results[0];
  if (found === undefined) throw new Error("a SELECT without FROM answers one row");
  return judged(found);
}

/** The license that an external reference belongs, or once belonged to; null = none. */
export async function holderOf(db: D1Database, reference: string): Promise<string | null> {
  const row = await drizzle(db)
    .select()
    .from(externalReferences)
    .where(eq(externalReferences.reference, reference))
    .get();
  return row?.licenseId ?? null;
}

const SHOWN = {
  id: licenses.id,
  key: licenses.key,
  revision: licenses.revision,
  terms: licenses.terms,
  totalActivations: licenses.totalActivations,
  totalDeactivations: licenses.totalDeactivations,
  lastUsedAt: licenses.lastUsedAt,
  currentReleaseVersion: licenses.currentReleaseVersion,
  meterUses: licenses.meterUses,
} as const;

/** By far the largest column: of a license that its object has projected, nobody reads D1's copy here. */
const UNBORN_TERMS = sql<string | null>`CASE WHEN ${licenses.fence} = 0 THEN ${licenses.terms} END`;

const BY_ID = written(["id"], ({ id }) => ({
  select: { ...SHOWN, ...NAMES_OF_ROW, terms: UNBORN_TERMS },
  from: licenses,
  where: sql`${licenses.id} = ${id}`,
}));

/** Null if D1 does not know the id. */
export function licenseById(id: string): Question<LicenseRow | null> {
  return answered(BY_ID.one({ id }), (row) => {
    if (row === null) return null;
    const { terms, key } = row;
    return { key, license: terms === null ? null : viewOf({ ...row, terms }), names: namesOfRow(row) };
  });
}

/** The id of the license that has a metadata item of this id, as far as D1 knows. */
export async function findByMetadataItem(db: D1Database, itemId: string): Promise<string | null> {
  const found = await drizzle(db).get<{ readonly id: string } | undefined>(
    sql`SELECT ${uuidOf(licenseFacets.licenseId)} AS id FROM ${licenseFacets}
        WHERE facet = ${kindOf("metadata-id")} AND value = ${bytesOf(itemId)} LIMIT 1`,
  );
  return found?.id ?? null;
}

/** The license whose locator an id has; null = none, as far as D1 knows. */
export async function findByLocatorOf(db: D1Database, id: string): Promise<string | null> {
  const [from, below] = neighbours(id);
  const found = await drizzle(db).get<{ readonly id: string } | undefined>(
    sql`SELECT id FROM ${licenses} WHERE id >= ${from} AND id < ${below} LIMIT 1`,
  );
  return found?.id ?? null;
}

export interface ListedLicense {
  readonly license: LicenseView;
  readonly names: Names;
}

/** MGMT-2: lists read D1, which lags the objects a little. `now` (epoch ms) decides what is expired. */
export async function listLicenses(
  db: D1Database,
  request: PageRequest<string>,
  wanted: Wanted,
  now: number,
): Promise<Found<ListedLicense>> {
  const found = await find(db, licenseList, request, wanted, now);
  return mapped(found, (row) => ({ license: viewOf(row), names: namesOfRow(row) }));
}

interface Evidence {
  readonly reference: string | null;
  readonly products: 0 | 1;
  /** Of the user, as D1 has it; null = there is none. */
  readonly userRevision: number | null;
  readonly userFits: 0 | 1;
  readonly policyFits: 0 | 1;
  readonly setFits: 0 | 1;
  readonly keyTaken: 0 | 1;
  readonly locatorTaken: 0 | 1;
}

function evidenceOf(license: License): SQL {
  return sql`SELECT ${referenceHolder(license)} AS reference, ${productsExist(license)} AS products,
                    ${userRevision(license)} AS userRevision, ${userFits(license)} AS userFits,
                    ${policyFits(license)} AS policyFits, ${setFits(license)} AS setFits,
                    ${keyTaken(license)} AS keyTaken, ${locatorTaken(license)} AS locatorTaken`;
}

function nothingAgainst(license: License): SQL {
  return sql`${referenceHolder(license)} IS NULL AND ${productsExist(license)} AND ${userFits(license)}
             AND ${policyFits(license)} AND ${setFits(license)} AND NOT ${keyTaken(license)} AND NOT ${locatorTaken(license)}`;
}

function judged(evidence: Evidence): CreationResult {
  if (evidence.reference !== null) return { created: false, why: "reference-taken", licenseId: evidence.reference };
  if (evidence.products === 0) return { created: false, why: "product-unknown" };
  if (evidence.userFits === 0) {
    return { created: false, why: evidence.userRevision === null ? "user-unknown" : "user-changed" };
  }
  if (evidence.policyFits === 0) return { created: false, why: "policy-unknown" };
  if (evidence.setFits === 0) return { created: false, why: "set-unknown" };
  if (evidence.keyTaken === 1) return { created: false, why: "key-taken" };
  if (evidence.locatorTaken === 1) return { created: false, why: "locator-taken" };
  return { created: true };
}

function referenceHolder({ terms }: License): SQL {
  return sql`(SELECT license_id FROM ${externalReferences} WHERE ${eq(externalReferences.reference, terms.externalReference ?? "")})`;
}

function productsExist({ terms }: License): SQL {
  const ids = [...new Set([terms.productId, ...terms.licensedProductIds])];
  return sql`((SELECT count(*) FROM ${products} WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))) = ${ids.length})`;
}

function userRevision({ terms }: License): SQL {
  return sql`(SELECT revision FROM ${users} WHERE ${eq(users.id, terms.user?.id ?? "")})`;
}

/** REF-1, SNAP-1: there is no user in the terms, or it is there in D1 with the very e-mail that is in them. */
function userFits(license: License): SQL {
  const { user } = license.terms;
  return user === null ? sql`1` : sql`COALESCE(${userRevision(license)} = ${user.revision}, 0)`;
}

/** REF-1: there is no maintenance policy in the terms, or it is there in D1. */
function policyFits({ terms: { maintenance } }: License): SQL {
  if (maintenance === null) return sql`1`;
  return sql`EXISTS (SELECT 1 FROM ${maintenancePolicies} WHERE ${eq(maintenancePolicies.id, maintenance.id)})`;
}

function setFits({ terms: { entitlementSetId } }: License): SQL {
  return entitlementSetId === null ? sql`1` : entitlementSetExists(entitlementSetId);
}

/** KEY-3: a key in lower case must not lead past a license that it has led to. */
function keyTaken({ key }: License): SQL {
  const spellings = [...new Set([key, upperKey(key)])];
  const isOne = spellings.length === 1 ? eq(licenseKeys.key, key) : inArray(licenseKeys.key, spellings);
  return sql`EXISTS (SELECT 1 FROM ${licenseKeys} WHERE ${isOne})`;
}

function locatorTaken({ id }: License): SQL {
  const [from, below] = neighbours(id);
  return sql`EXISTS (SELECT 1 FROM ${licenses} WHERE id >= ${from} AND id < ${below})`;
}

/**
 * Ids begin with the locator (ID-1), so its licenses are neighbours in the primary key's index: up to the variant
 * digit's dash.
 */
function neighbours(id: string): readonly [string, string] {
  const prefix = id.slice(0, "xxxxxxxx-xxxx-8xxx-".length);
  return [prefix, `${prefix}g`];
}

function rowOf({ id, key, revision, terms }: License): typeof licenses.$inferInsert {
  return {
    id,
    key,
    revision,
    productId: terms.productId,
    userId: terms.user?.id ?? null,
    maintenancePolicyId: terms.maintenance?.id ?? null,
    entitlementSetId: terms.entitlementSetId,
    terms: storedTerms(terms),
    folded: foldedList(licenseWords(key, terms.metadata)),
    createdAt: terms.createdAt,
    updatedAt: terms.updatedAt,
  };
}

/** METER-1: of a row; null = nothing was ever counted. */
export function readUses(json: string | null): Pick<LicenseView, "meterUses"> {
  return json === null ? {} : { meterUses: JSON.parse(json) as readonly MeterUses[] };
}

function viewOf(row: Pick<typeof licenses.$inferSelect, keyof typeof SHOWN>): LicenseView {
  const { id, key, revision, totalActivations, totalDeactivations, lastUsedAt, currentReleaseVersion } = row;
  const counters = { totalActivations, totalDeactivations, lastUsedAt, currentReleaseVersion };
  return { id, key, revision, terms: readTerms(row.terms), ...counters, ...readUses(row.meterUses) };
}
