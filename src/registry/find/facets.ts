/**
 * What licenses and users are found by, in D1 (MGMT-1): rows of a facet table, each made by SQL of what its row says.
 * They are not listed anywhere: who changes or removes a row computes in the same batch which of them stood, so the
 * row and its facets change together or not at all.
 */

import { sql, type SQL, type SQLWrapper } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { bytesOf } from "../db/uuid.ts";
import { BETWEEN, FACETS, FACET_VALUE_LENGTH, type FacetName } from "../../domain/terms/facets.ts";

/** A table of rows, and its table of facets. */
export interface Faceted {
  readonly rows: SQLiteTable;
  readonly facets: SQLiteTable;
  /** The column of the facets that has the row's id, in 16 bytes. */
  readonly owner: SQL;
  /** Names of the row's columns that its facets are made of. */
  readonly columns: readonly string[];
  /** SELECTs of kind and value `FROM` rows `r`: five at most, D1 takes no more in one. A null value is none. */
  readonly each: (from: SQL) => readonly SQL[];
}

/** The number that stands for the facet; ours, so no parameter. */
export function kindOf(facet: FacetName): SQL {
  return sql.raw(String(FACETS[facet]));
}

/** One value of the row for each of these. */
export function oneEach(from: SQL, values: Partial<Readonly<Record<FacetName, SQL>>>): SQL {
  const entries = Object.entries(values).map(([facet, value]) => ({ kind: kindOf(facet as FacetName), value }));
  const kinds = sql.join(
    entries.map(({ kind }) => sql`(${kind})`),
    sql`, `,
  );
  const cases = entries.map(({ kind, value }) => sql`WHEN ${kind} THEN ${value}`);
  return sql`SELECT k.column1 AS facet, CASE k.column1 ${sql.join(cases, sql` `)} END AS value, r.created_at, r.id FROM ${from} CROSS JOIN (VALUES ${kinds}) AS k`;
}

/** An id for each entry `e` of a JSON list in the row. */
export function idsOf(from: SQL, facet: FacetName, list: SQL, id: SQL, condition: SQL = sql`true`): SQL {
  return sql`SELECT ${kindOf(facet)} AS facet, ${bytesOf(id)} AS value, r.created_at, r.id FROM ${from} CROSS JOIN json_each(${list}) AS e WHERE ${condition}`;
}

/** As domain `metadataFacetValue` and `plainValue`. */
export function metadataOf(from: SQL, list: SQL, withIds: boolean): SQL {
  const item = (member: string) => sql`(e.value ->> ${sql.raw(`'$.${member}'`)})`;
  const pair = sql`${item("key")} || char(${sql.raw(String(BETWEEN.codePointAt(0)))}) || ${item("value")}`;
  const values = {
    ...(withIds ? { "metadata-id": bytesOf(item("id")) } : {}),
    metadata: plain(pair),
    "metadata-value": plain(item("value")),
  };
  return oneEach(sql`${from} CROSS JOIN json_each(${list}) AS e`, values);
}

/** What the domain has folded. */
export function foldedOf(from: SQL): SQL {
  return sql`SELECT e.value ->> 0 AS facet, e.value ->> 1 AS value, r.created_at, r.id FROM ${from} CROSS JOIN json_each(r.folded) AS e`;
}

function plain(text: SQL): SQL {
  return sql`substr(lower(${text}), 1, ${sql.raw(String(FACET_VALUE_LENGTH))})`;
}

/** For the batch that has just inserted the rows, if it has. */
export function writeFacets(of: Faceted, ids: readonly string[]): SQL {
  const among = sql`r.id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  return sql`${standing(of, among)} INSERT INTO ${of.facets} SELECT * FROM (${facetsOf(of, "was")}) WHERE true ON CONFLICT DO NOTHING`;
}

/**
 * For a batch that is about to give the row the values `now`, where `condition` holds about the row `r`: the facets
 * that it has no more go, new ones come. Those that stand already are not written again.
 */
export function replaceFacets(of: Faceted, id: string, now: Values, condition: SQL): readonly SQL[] {
  const both = bothAs(of, id, now, condition);
  const gone = sql`SELECT * FROM (${facetsOf(of, "was")}) EXCEPT SELECT * FROM (${facetsOf(of, "now")})`;
  return [
    sql`${both} DELETE FROM ${of.facets} WHERE (facet, value, created_at, ${of.owner}) IN (${gone})`,
    sql`${both} INSERT INTO ${of.facets} SELECT * FROM (${facetsOf(of, "now")}) WHERE true ON CONFLICT DO NOTHING`,
  ];
}

/** For a batch that is about to delete the row `r`, where `condition` holds. */
export function removeFacets(of: Faceted, id: string, condition: SQL = sql`true`): SQL {
  return sql`${standingAs(of, id, condition)} DELETE FROM ${of.facets} WHERE (facet, value, created_at, ${of.owner}) IN (${facetsOf(of, "was")})`;
}

/** How many facets the row makes that one with the values `now` would not, and how many of that one's are not there. */
export function countFaults(of: Faceted, id: string, now: Values): SQL {
  const more = sql`SELECT * FROM (${facetsOf(of, "was")}) EXCEPT SELECT * FROM (${facetsOf(of, "now")})`;
  const isThere = sql`EXISTS (SELECT 1 FROM ${of.facets} AS f WHERE f.facet = wanted.facet AND f.value = wanted.value
    AND f.created_at = wanted.created_at AND f.${of.owner} = wanted.owner)`;
  return sql`${bothAs(of, id, now, sql`true`)} SELECT (SELECT count(*) FROM (${more}))
    + (SELECT count(*) FROM (${facetsOf(of, "now")}) AS wanted WHERE NOT ${isThere}) AS n`;
}

type Values = Readonly<Record<string, SQLWrapper>>;

function standingAs(of: Faceted, id: string, condition: SQL = sql`true`): SQL {
  return standing(of, sql`r.id = ${id} AND ${condition}`);
}

function standing({ rows, columns }: Faceted, condition: SQL): SQL {
  return sql`WITH was AS (SELECT id, created_at, ${named(columns)} FROM ${rows} AS r WHERE ${condition})`;
}

function bothAs(of: Faceted, id: string, now: Values, condition: SQL): SQL {
  const values = of.columns.map((name) => sql`${now[name] ?? sql.identifier(name)} AS ${sql.identifier(name)}`);
  return sql`${standingAs(of, id, condition)}, now AS (SELECT id, created_at, ${sql.join(values, sql`, `)} FROM was)`;
}

function named(columns: readonly string[]): SQL {
  return sql.join(
    columns.map((name) => sql.identifier(name)),
    sql`, `,
  );
}

/** All facets of the rows that go by a name. */
export function facetsOf(of: Faceted, rows: "was" | "now"): SQL {
  const all = sql.join([...of.each(sql.raw(`${rows} AS r`))], sql` UNION ALL `);
  return sql`SELECT facet, value, created_at, unhex(id, '-') AS owner FROM (${all}) WHERE value IS NOT NULL`;
}
