/**
 * What licenses and users are found by, in D1 (MGMT-1): rows of a facet table, and beside them in the row of the
 * license or user the JSON list of those that stand, so that they are found again when it changes or goes.
 */

import { sql, type SQL } from "drizzle-orm";
import type { Facet } from "../../domain/terms/facets.ts";
import { licenseFacets, licenses } from "../db/schema.ts";
import { userFacets, users } from "../db/schema-catalogue.ts";

const LICENSES = { rows: licenses, facets: licenseFacets, owner: sql.identifier("license_id") };
const USERS = { rows: users, facets: userFacets, owner: sql.identifier("user_id") };

export type Faceted = typeof LICENSES | typeof USERS;
export { LICENSES as LICENSE_FACETS, USERS as USER_FACETS };

/** As the column `facets` has it. */
export function facetList(facets: readonly Facet[]): string {
  return JSON.stringify(facets);
}

/** For the batch that has just inserted the row, if it has: its facets as its column lists them. */
export function writeListed(of: Faceted, id: string): SQL {
  return sql`INSERT INTO ${of.facets} (facet, value, created_at, ${of.owner})
    SELECT f.value ->> 0, f.value ->> 1, r.created_at, r.id FROM ${of.rows} AS r, json_each(r.facets) AS f
    WHERE r.id = ${id} ON CONFLICT DO NOTHING`;
}

/**
 * Makes `list` what the row has: those that are no longer listed go, new ones come, and the column lists them.
 * `condition` is about the row `r`. Statements of one batch, in order.
 */
export function replaceListed(of: Faceted, id: string, list: string, condition: SQL): readonly SQL[] {
  const row = sql`r.id = ${id} AND ${condition}`;
  return [
    sql`DELETE FROM ${of.facets} WHERE (facet, value, created_at, ${of.owner}) IN (
      SELECT f.value ->> 0, f.value ->> 1, r.created_at, r.id FROM ${of.rows} AS r, json_each(r.facets) AS f
      WHERE ${row} AND f.value NOT IN (SELECT value FROM json_each(${list})))`,
    sql`INSERT INTO ${of.facets} (facet, value, created_at, ${of.owner})
      SELECT f.value ->> 0, f.value ->> 1, r.created_at, r.id FROM ${of.rows} AS r, json_each(${list}) AS f
      WHERE ${row} ON CONFLICT DO NOTHING`,
    sql`UPDATE ${of.rows} AS r SET facets = ${list} WHERE ${row}`,
  ];
}

/** The row has other facets than `list`: most changes are of nothing that is looked for. */
export function listsOther(list: string): SQL {
  return sql`r.facets <> ${list}`;
}

/** For a batch that is about to delete the row `r`, where `condition` holds. */
export function removeListed(of: Faceted, id: string, condition: SQL = sql`true`): SQL {
  return sql`DELETE FROM ${of.facets} WHERE (facet, value, created_at, ${of.owner}) IN (
    SELECT f.value ->> 0, f.value ->> 1, r.created_at, r.id FROM ${of.rows} AS r, json_each(r.facets) AS f
    WHERE r.id = ${id} AND ${condition})`;
}
