/** Whole lists, as files have them: what is read of each row, and which rows are. */

import { sql, type SQL } from "drizzle-orm";
import type { ActivationView } from "../../domain/seats/activation-view.ts";
import type { LicenseView } from "../../domain/terms/license.ts";
import { readTerms } from "../../domain/terms/stored-terms.ts";
import { activations, licenseFacets, licenses } from "../db/schema.ts";
import { trialActivations, users } from "../db/schema-catalogue.ts";
import { bytesOf, uuidOf } from "../db/uuid.ts";
import { kindOf } from "../find/facets.ts";
import type { Wanted } from "../find/filter.ts";
import { OF_LICENSE, shownIn, told, type OfLicense } from "./activations.ts";
import { NO_NAMES, type Names } from "./names.ts";
import { tagNames } from "./tags.ts";
import {
  foundIds,
  pagesOf,
  patiently,
  rowsOf,
  type Exported,
  type ExportFilter,
  type Pages,
  type Placed,
  type Source,
} from "./export-pages.ts";
import { licenseList } from "./license-fields.ts";
import { trialList } from "../trials/trial-fields.ts";
import { trialOf, type Trial, type TrialRow } from "../trials/trials.ts";
import { readUses } from "./licenses.ts";
import type { User } from "./users.ts";

/** With the names of whom it is for, as D1 has them. */
export interface ExportedLicense {
  readonly license: LicenseView;
  /** Of tags, all that have come by so far. */
  readonly names: Names;
}

export interface ExportedUser {
  readonly user: User;
  /** All that have come by so far. */
  readonly tagNames: Names["tags"];
}

interface LicenseColumns extends Placed {
  readonly key: string;
  readonly revision: number;
  readonly terms: string;
  readonly totalActivations: number;
  readonly totalDeactivations: number;
  readonly lastUsedAt: number | null;
  readonly currentReleaseVersion: string | null;
  readonly meterUses: string | null;
  readonly userId: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly company: string | null;
}

interface ActivationColumns
  extends
    Pick<ActivationView, "id" | "licenseId" | "productId" | "createdAt" | "contactAt" | "leaseExpiresAt" | "device">,
    OfLicense {
  readonly facts: string;
  readonly ownClock: string | null;
}

type UserColumns = Omit<User, "metadata" | "tags"> & { readonly metadata: string; readonly tags: string };

const LICENSE_ROWS = {
  table: sql`${licenses}`,
  large: sql`terms`,
  columns: sql`row.key, row.revision, row.terms, row.total_activations AS totalActivations,
    row.total_deactivations AS totalDeactivations, row.last_used_at AS lastUsedAt,
    row.current_release_version AS currentReleaseVersion, row.meter_uses AS meterUses, person.id AS userId,
    person.first_name AS firstName, person.last_name AS lastName, person.company`,
  joined: sql`LEFT JOIN ${users} AS person ON person.id = row.user_id`,
};

/** What lists find (MGMT-1), or a whole table, a page of which takes no measuring. `now` in epoch ms. */
export async function exportLicenses(
  db: D1Database,
  filter: ExportFilter | Wanted,
  now: number,
): Promise<Exported<ExportedLicense>> {
  if (!("filters" in filter)) {
    const source = { ...LICENSE_ROWS, filter, ...ofProducts(filter.productIds) };
    return { found: true, pages: exportedLicenses(db, pagesOf<LicenseColumns>(db, source)) };
  }
  const found = await foundIds(db, licenseList, filter, now);
  return found.found ? { found: true, pages: exportedLicenses(db, rowsOf(db, LICENSE_ROWS, found.pages)) } : found;
}

async function* exportedLicenses(db: D1Database, pages: Pages<LicenseColumns>): Pages<ExportedLicense> {
  const namesOf = tagBook(db);
  for await (const page of pages) {
    const rows = page.map(exportedLicense);
    const tags = await namesOf(rows.flatMap(({ terms }) => terms.tags.map(({ id }) => id)));
    const people = new Map(page.flatMap((row) => (row.userId === null ? [] : [[row.userId, row] as const])));
    yield rows.map((license) => ({ license, names: { ...NO_NAMES, users: people, tags } }));
  }
}

/** Those of one product lie together among the facets (MGMT-1). */
function ofProducts(productIds: readonly string[] | undefined): Pick<Source, "conditions" | "entries"> {
  const [only, ...more] = productIds ?? [];
  if (only === undefined || more.length > 0) return { conditions: [isOneOf(sql`product_id`, productIds)] };
  const entries = sql`SELECT ${uuidOf(licenseFacets.licenseId)} AS id, license_id AS bytes, created_at FROM ${licenseFacets} WHERE facet = ${kindOf("product")} AND value = ${bytesOf(only)}`;
  return { conditions: [], entries };
}

/** As D1 has them: lease end and last contact may be a day behind (LEASE-6). */
export async function* exportActivations(db: D1Database, filter: ExportFilter): Pages<ActivationView> {
  const source = {
    table: sql`${activations}`,
    large: sql`facts`,
    columns: sql`row.license_id AS licenseId, row.product_id AS productId, row.contact_at AS contactAt,
      row.lease_expires_at AS leaseExpiresAt, row.own_clock AS ownClock, NULLIF(lower(hex(row.device)), '') AS device,
      row.facts AS facts, ${OF_LICENSE}`,
    joined: sql`LEFT JOIN ${licenses} AS license ON license.id = row.license_id`,
    filter,
    conditions: [isOneOf(sql`product_id`, filter.productIds), isOneOf(sql`license_id`, filter.licenseIds)],
  };
  for await (const page of pagesOf<ActivationColumns>(db, source)) yield page.map(exportedActivation);
}

export async function* exportUsers(db: D1Database, filter: ExportFilter): Pages<ExportedUser> {
  const namesOf = tagBook(db);
  for await (const page of pagesOf<UserColumns>(db, {
    table: sql`${users}`,
    large: sql`metadata`,
    columns: sql`row.email, row.first_name AS firstName, row.last_name AS lastName, row.company, row.metadata, row.tags,
      row.revision, row.updated_at AS updatedAt`,
    joined: sql``,
    filter,
    conditions: [],
  })) {
    const rows = page.map(exportedUser);
    const names = await namesOf(rows.flatMap(({ tags }) => tags));
    yield rows.map((user) => ({ user, tagNames: names }));
  }
}

const TRIAL_ROWS = {
  table: sql`${trialActivations}`,
  large: sql`facts`,
  columns: sql`row.product_id AS productId, row.expires_at AS expiresAt, row.updated_at AS updatedAt, row.facts`,
  joined: sql``,
};

/** What lists find (MGMT-1). `now` in epoch ms. */
export async function exportTrials(db: D1Database, wanted: Wanted, now: number): Promise<Exported<Trial>> {
  const found = await foundIds(db, trialList, wanted, now);
  return found.found ? { found: true, pages: exportedTrials(rowsOf(db, TRIAL_ROWS, found.pages)) } : found;
}

async function* exportedTrials(pages: Pages<TrialRow>): Pages<Trial> {
  for await (const page of pages) yield page.map(trialOf);
}

/** Names of tags, each read once for a file: most pages bring no new ones. */
function tagBook(db: D1Database): (ids: readonly string[]) => Promise<Names["tags"]> {
  const names = new Map<string, string | null>();
  return async (ids) => {
    const unknown = [...new Set(ids)].filter((id) => !names.has(id));
    const found = await patiently(tagNames, db, unknown);
    for (const id of unknown) names.set(id, found.get(id) ?? null);
    return names;
  };
}

/**
 * One value may be an index's first column. Of several, the rows would have to be sorted anew for every page: `+`
 * forbids it.
 */
function isOneOf(column: SQL, values: readonly string[] | undefined): SQL {
  if (values === undefined) return sql`true`;
  if (values.length === 1) return sql`${column} = ${values[0]}`;
  return sql`+${column} IN (SELECT value FROM json_each(${JSON.stringify(values)}))`;
}

function exportedLicense(row: LicenseColumns): LicenseView {
  const { id, key, revision, totalActivations, totalDeactivations, lastUsedAt, currentReleaseVersion } = row;
  const counters = { totalActivations, totalDeactivations, lastUsedAt, currentReleaseVersion };
  return { id, key, revision, terms: readTerms(row.terms), ...counters, ...readUses(row.meterUses) };
}

function exportedActivation(row: ActivationColumns): ActivationView {
  const { id, licenseId, productId, createdAt, contactAt, leaseExpiresAt, device } = row;
  return {
    ...{ id, licenseId, productId, createdAt, contactAt, leaseExpiresAt, device },
    ...shownIn(row.facts),
    ...told(row.ownClock, row),
  };
}

function exportedUser(row: UserColumns): User {
  return {
    ...row,
    metadata: JSON.parse(row.metadata) as User["metadata"],
    tags: JSON.parse(row.tags) as User["tags"],
  };
}
