/**
 * Whole tables, page by page in the order of creation (keyset, so that each query is a seek): what lives all the while
 * comes exactly once, whatever comes and goes beside it. The instant of creation never changes.
 */

import { sql, type SQL } from "drizzle-orm";
import type { ActivationView } from "../../domain/seats/activation-view.ts";
import type { LicenseView } from "../../domain/terms/license.ts";
import { readTerms } from "../../domain/terms/stored-terms.ts";
import { isOutage } from "../db/outage.ts";
import { activations, licenseFacets, licenses } from "../db/schema.ts";
import { users } from "../db/schema-catalogue.ts";
import { prepared } from "../db/statement.ts";
import { bytesOf, uuidOf } from "../db/uuid.ts";
import { kindOf } from "../find/facets.ts";
import { OF_LICENSE, shownIn, told, type OfLicense } from "./activations.ts";
import type { Names } from "./names.ts";
import { tagNames } from "./tags.ts";
import { readUses } from "./licenses.ts";
import type { User } from "./users.ts";

/** Rows of one query: a million licenses take 500 of the 1,000 that an invocation may make. */
const PAGE_ROWS = 2_000;
/** Bytes of the largest column of one query, but for its last row: a page is in memory as a whole. */
const PAGE_BYTES = 4_000_000;

/** How often a page is asked for, and the pause after the first failure. */
const TRIES = 3;
const PAUSE_MS = 100;

/** Rows to export: undefined = all. */
export interface ExportFilter {
  /** Epoch ms: from, included, to below, excluded. */
  readonly createdAt: { readonly from: number | null; readonly below: number | null } | undefined;
  /** Any of these. */
  readonly productIds: readonly string[] | undefined;
  /** Of activations. */
  readonly licenseIds?: readonly string[] | undefined;
}

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

/** Page after page, none empty. Rejects where D1 does not answer. */
export type Pages<T> = AsyncGenerator<readonly T[], void>;

interface Source {
  readonly table: SQL;
  /** The column that grows. */
  readonly large: SQL;
  readonly columns: SQL;
  readonly joined: SQL;
  readonly filter: ExportFilter;
  readonly conditions: readonly SQL[];
  /** `id`, `bytes` and `created_at` of all the rows, by the last two in an index; unless given, the table itself. */
  readonly entries?: SQL | undefined;
}

interface Placed {
  readonly id: string;
  readonly createdAt: number;
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
    Pick<ActivationView, "id" | "licenseId" | "productId" | "createdAt" | "contactAt" | "leaseExpiresAt">,
    OfLicense {
  readonly facts: string;
  readonly ownClock: string | null;
}

type UserColumns = Omit<User, "metadata" | "tags"> & { readonly metadata: string; readonly tags: string };

export async function* exportLicenses(db: D1Database, filter: ExportFilter): Pages<ExportedLicense> {
  const source = {
    table: sql`${licenses}`,
    large: sql`terms`,
    columns: sql`row.key, row.revision, row.terms, row.total_activations AS totalActivations,
      row.total_deactivations AS totalDeactivations, row.last_used_at AS lastUsedAt,
      row.current_release_version AS currentReleaseVersion, row.meter_uses AS meterUses, person.id AS userId,
      person.first_name AS firstName, person.last_name AS lastName, person.company`,
    joined: sql`LEFT JOIN ${users} AS person ON person.id = row.user_id`,
    filter,
    ...ofProducts(filter.productIds),
  };
  const namesOf = tagBook(db);
  for await (const page of pagesOf<LicenseColumns>(db, source)) {
    const rows = page.map(exportedLicense);
    const tags = await namesOf(rows.flatMap(({ terms }) => terms.tags.map(({ id }) => id)));
    const people = new Map(page.flatMap((row) => (row.userId === null ? [] : [[row.userId, row] as const])));
    yield rows.map((license) => ({ license, names: { users: people, tags } }));
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
      row.lease_expires_at AS leaseExpiresAt, row.own_clock AS ownClock, row.facts AS facts, ${OF_LICENSE}`,
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

async function* pagesOf<Row extends Placed>(db: D1Database, source: Source): Pages<Row> {
  let after: Placed | undefined;
  do {
    const page: readonly Row[] = await patiently(readPage<Row>, db, source, after);
    if (page.length > 0) yield page;
    after = page.at(-1);
  } while (after !== undefined);
}

/** A file of hundreds of pages does not break off for one call that failed. */
async function patiently<Given extends readonly unknown[], T>(
  read: (...given: Given) => Promise<T>,
  ...given: Given
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await read(...given);
    } catch (error) {
      if (tries === TRIES || !isOutage(error)) throw error;
      await scheduler.wait(tries * PAUSE_MS);
    }
  }
}

/** The keys of a page first, with the size of each row, and then what of them has room. */
async function readPage<Row>(db: D1Database, source: Source, after: Placed | undefined): Promise<readonly Row[]> {
  const { table, columns, joined } = source;
  const query = sql`
    WITH place AS (
      SELECT id, created_at, ${bytesAndRows(source)}
      WHERE ${sql.join([beyond(source, after), ...source.conditions], sql` AND `)}
      ORDER BY created_at, ${placeIn(source)} LIMIT ${PAGE_ROWS}
    ), page AS (SELECT id, created_at, sum(bytes) OVER (ORDER BY created_at, id) - bytes AS before FROM place)
    SELECT row.id, row.created_at AS createdAt, ${columns}
    FROM page CROSS JOIN ${table} AS row ON row.id = page.id ${joined}
    WHERE page.before < ${PAGE_BYTES} ORDER BY page.created_at, page.id`;
  const { results } = await prepared(db, query).all<Row>();
  return results;
}

function bytesAndRows({ table, large, entries }: Source): SQL {
  if (entries === undefined) return sql`octet_length(${large}) AS bytes FROM ${table}`;
  return sql`(SELECT octet_length(${large}) FROM ${table} AS row WHERE row.id = entry.id) AS bytes FROM (${entries}) AS entry`;
}

/** The id as the order has it. */
function placeIn({ entries }: Pick<Source, "entries">): SQL {
  return entries === undefined ? sql`id` : sql`entry.bytes`;
}

function placeOf({ entries }: Pick<Source, "entries">, { id }: Placed): SQL {
  return entries === undefined ? sql`${id}` : bytesOf(id);
}

/** One lower bound: of two, SQLite might seek to the wrong one and walk the rest of the way for every page. */
function beyond({ filter: { createdAt }, ...source }: Source, after: Placed | undefined): SQL {
  const from =
    after === undefined
      ? sql`created_at >= ${createdAt?.from ?? 0}`
      : sql`(created_at, ${placeIn(source)}) > (${after.createdAt}, ${placeOf(source, after)})`;
  return sql`${from} AND created_at < ${createdAt?.below ?? Number.MAX_SAFE_INTEGER}`;
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
  const { id, licenseId, productId, createdAt, contactAt, leaseExpiresAt } = row;
  return {
    ...{ id, licenseId, productId, createdAt, contactAt, leaseExpiresAt },
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
