/**
 * Licenses in D1: their creation (ID-5) and reading. After creation only a license's object changes its row, by
 * claim, reservation and relay; nothing here updates or deletes one.
 */

import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import { foldedList, licenseWords } from "../../domain/terms/facets.ts";
import type { License, LicenseView, MeterUses } from "../../domain/terms/license.ts";
import { upperKey } from "../../domain/terms/license-key.ts";
import { readTerms, storedTerms } from "../../domain/terms/stored-terms.ts";
import { kindOf, writeFacets } from "../find/facets.ts";
import type { Wanted } from "../find/filter.ts";
import { find, mapped, type Found } from "../find/find.ts";
import { LICENSE_FACETS } from "./license-facets.ts";
import { licenseList } from "./license-fields.ts";
import { NAMES_OF_ROW, namesOfRow, type Names } from "./names.ts";
import { insertAllEvents } from "../events/outbox.ts";
import type { PageRequest } from "../find/page.ts";
import type { Kept } from "./idempotency-records.ts";
import { answered, written, type Question } from "../db/question.ts";
import { externalReferences, licenseFacets, licenseKeys, licenses } from "../db/schema.ts";
import { entitlementSets, maintenancePolicies, products, users } from "../db/schema-catalogue.ts";
import { insertEach, prepared } from "../db/statement.ts";
import { bytesOf, uuidOf } from "../db/uuid.ts";

/** A license as D1 has it: the truth before birth, a projection after. */
export interface LicenseRow {
  readonly key: string;
  /** Null: its object has projected it (a fence above 0), and has the answer (ID-5). */
  readonly license: LicenseView | null;
  /** Of whom and what the row refers to. */
  readonly names: Names;
}

/** Why a license was not created; the first that applies, in this order. */
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

export interface NewRow {
  readonly license: License;
  /** The license's end, epoch ms: lists find it by that. */
  readonly expiresAt: number | null;
  readonly event: LeaseholdEvent;
}

/**
 * The rows, their facets, keys, external references and events: one atomic batch, of as many statements for one license
 * as for a hundred. Nothing of it is written if something speaks against any of them; what there is, is told of each:
 * `created` = nothing. No two may have the same key or reference.
 */
export async function insertLicenses(
  db: D1Database,
  rows: readonly [NewRow, ...NewRow[]],
  kept: Kept = () => [],
): Promise<readonly CreationResult[]> {
  // The keys are written only if all is well, and the rest only if they were: the first's id is new with this call.
  const [{ license: first }] = rows;
  const all = rows.map(({ license }) => license);
  const keysAreOurs = sql`EXISTS (SELECT 1 FROM ${licenseKeys} WHERE ${eq(licenseKeys.key, first.key)} AND ${eq(licenseKeys.licenseId, first.id)})`;
  const asked = sql`json_each(${JSON.stringify(all.map(questionOf))}) AS q`;
  const nothingAgainst = sql`NOT EXISTS (SELECT 1 FROM ${asked} WHERE ${ANYTHING_AGAINST})`;
  const references = all.flatMap(({ id, terms: { externalReference: reference } }) =>
    reference === null ? [] : [{ reference, licenseId: id }],
  );
  const keys = all.map(({ id, key }) => ({ key, licenseId: id }));
  const listed = rows.map(({ license, expiresAt }) => ({ ...rowOf(license), expiresAt }));
  const ids = all.map(({ id }) => id);
  const events = rows.map(({ event }) => event);
  const [evidence] = await db.batch<Evidence>([
    prepared(db, sql`SELECT ${EVIDENCE} FROM ${asked} ORDER BY q.key`),
    prepared(db, insertEach(licenseKeys, keys, nothingAgainst)),
    prepared(db, insertEach(licenses, listed, keysAreOurs)),
    prepared(db, writeFacets(LICENSE_FACETS, ids)),
    ...(references.length === 0 ? [] : [prepared(db, insertEach(externalReferences, references, keysAreOurs))]),
    insertAllEvents(db, events, keysAreOurs),
    ...kept(keysAreOurs),
  ]);
  const found = evidence?.results ?? [];
  if (found.length !== rows.length) throw new Error("a row of evidence for each license");
  return found.map(judged);
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

/** What D1 is asked about a license before it is written. */
function questionOf({ id, key, terms }: License): object {
  const [from, below] = neighbours(id);
  return {
    ...{ from, below, key },
    // KEY-3: a key in lower case must not lead past a license that it has led to.
    upper: upperKey(key),
    reference: terms.externalReference,
    products: [...new Set([terms.productId, ...terms.licensedProductIds])],
    userId: terms.user?.id ?? null,
    revision: terms.user?.revision ?? null,
    policyId: terms.maintenance?.id ?? null,
    setId: terms.entitlementSetId,
  };
}

const about = (member: string) => sql.raw(`(q.value ->> '$.${member}')`);

const HOLDER = sql`(SELECT license_id FROM ${externalReferences} WHERE reference = ${about("reference")})`;
const PRODUCTS_EXIST = sql`((SELECT count(*) FROM ${products} WHERE id IN (SELECT p.value FROM json_each(q.value, '$.products') AS p)) = json_array_length(q.value, '$.products'))`;
const USER_REVISION = sql`(SELECT revision FROM ${users} WHERE id = ${about("userId")})`;
/** REF-1, SNAP-1: there is no user in the terms, or it is there in D1 with the very e-mail that is in them. */
const USER_FITS = sql`(${about("userId")} IS NULL OR COALESCE(${USER_REVISION} = ${about("revision")}, 0))`;
/** REF-1: nothing of the kind is in the terms, or it is there in D1. */
const POLICY_FITS = sql`(${about("policyId")} IS NULL OR EXISTS (SELECT 1 FROM ${maintenancePolicies} WHERE id = ${about("policyId")}))`;
const SET_FITS = sql`(${about("setId")} IS NULL OR EXISTS (SELECT 1 FROM ${entitlementSets} WHERE id = ${about("setId")}))`;
const KEY_TAKEN = sql`EXISTS (SELECT 1 FROM ${licenseKeys} WHERE key IN (${about("key")}, ${about("upper")}))`;
const LOCATOR_TAKEN = sql`EXISTS (SELECT 1 FROM ${licenses} WHERE id >= ${about("from")} AND id < ${about("below")})`;

const EVIDENCE = sql`${HOLDER} AS reference, ${PRODUCTS_EXIST} AS products, ${USER_REVISION} AS userRevision,
  ${USER_FITS} AS userFits, ${POLICY_FITS} AS policyFits, ${SET_FITS} AS setFits, ${KEY_TAKEN} AS keyTaken,
  ${LOCATOR_TAKEN} AS locatorTaken`;
const ANYTHING_AGAINST = sql`${HOLDER} IS NOT NULL OR NOT ${PRODUCTS_EXIST} OR NOT ${USER_FITS} OR NOT ${POLICY_FITS}
  OR NOT ${SET_FITS} OR ${KEY_TAKEN} OR ${LOCATOR_TAKEN}`;

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
