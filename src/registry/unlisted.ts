/**
 * Rows of licenses and users that list no facets yet, because they are older than the facet tables: nothing finds them
 * by one (MGMT-1). Whoever changes such a row meanwhile lists its facets himself.
 */

import { and, asc, gt, isNull, sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Facet } from "../domain/facets.ts";
import type { License } from "../domain/license.ts";
import { readTerms } from "../domain/stored-terms.ts";
import { facetList, LICENSE_FACETS, USER_FACETS, type Faceted } from "./facets.ts";
import { licenses } from "./schema.ts";
import { users } from "./schema-catalogue.ts";
import { prepared } from "./statement.ts";
import { userOf, type User } from "./users.ts";

/** At most `limit`, by id after `after` ("" = from the first). */
export async function unlistedLicenses(db: D1Database, after: string, limit: number): Promise<readonly License[]> {
  const { id, key, revision, terms, facets } = licenses;
  const rows = await drizzle(db)
    .select({ id, key, revision, terms })
    .from(licenses)
    .where(and(isNull(facets), gt(id, after)))
    .orderBy(asc(id))
    .limit(limit);
  return rows.map((row) => ({ ...row, terms: readTerms(row.terms) }));
}

/** The same of users. */
export async function unlistedUsers(db: D1Database, after: string, limit: number): Promise<readonly User[]> {
  const { id, facets } = users;
  const rows = await drizzle(db)
    .select()
    .from(users)
    .where(and(isNull(facets), gt(id, after)))
    .orderBy(asc(id))
    .limit(limit);
  return rows.map(userOf);
}

/** The facets of a row as it was when it was read. */
export interface Found {
  readonly id: string;
  /** A license's revision, or a user's `updatedAt`. */
  readonly state: number;
  readonly facets: readonly Facet[];
}

/** One batch. A row that has changed since, or lists its facets by now, is left alone. Together at most 2 MB. */
export async function listLicenseFacets(db: D1Database, found: readonly Found[]): Promise<void> {
  await list(db, LICENSE_FACETS, sql`r.revision`, found);
}

/** The same of users. */
export async function listUserFacets(db: D1Database, found: readonly Found[]): Promise<void> {
  await list(db, USER_FACETS, sql`r.updated_at`, found);
}

async function list(db: D1Database, of: Faceted, state: SQL, found: readonly Found[]): Promise<void> {
  const given = JSON.stringify(found.map(({ facets, ...row }) => ({ ...row, list: facetList(facets) })));
  const isAsRead = sql`r.id = g.value ->> 'id' AND ${state} = g.value ->> 'state' AND r.facets IS NULL`;
  await db.batch([
    prepared(
      db,
      sql`INSERT INTO ${of.facets} (facet, value, created_at, ${of.owner})
          SELECT f.value ->> 0, f.value ->> 1, r.created_at, r.id
          FROM json_each(${given}) AS g CROSS JOIN ${of.rows} AS r CROSS JOIN json_each(g.value ->> 'list') AS f
          WHERE ${isAsRead} ON CONFLICT DO NOTHING`,
    ),
    prepared(
      db,
      sql`UPDATE ${of.rows} AS r SET facets = g.value ->> 'list' FROM json_each(${given}) AS g WHERE ${isAsRead}`,
    ),
  ]);
}
