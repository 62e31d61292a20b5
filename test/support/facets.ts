/** Whether what licenses and users are found by is true, in the whole D1 of a test file (MGMT-1). */

import { env } from "cloudflare:workers";
import { expect } from "vitest";

import { FACETS, type FacetName } from "../../src/domain/terms/facets.ts";
import { FACET_QUERIES, facetFaults } from "./facet-faults.ts";

type Row = Record<string, unknown>;

/**
 * Of every license and user that D1 has, by their rows: what D1 says of a license must be its object's word already.
 */
export async function expectFacetsTrue(): Promise<void> {
  expect(await faultsOfFacets()).toEqual([]);
}

export async function faultsOfFacets(): Promise<readonly string[]> {
  const names = Object.keys(FACET_QUERIES) as (keyof typeof FACET_QUERIES)[];
  const answers = await env.DB.batch<Row>(names.map((name) => env.DB.prepare(FACET_QUERIES[name])));
  const [licenses = [], users = [], licenseFacets = [], userFacets = []] = answers.map(({ results }) => results);
  return facetFaults({ licenses, users, licenseFacets, userFacets });
}

/** The values of one facet that stand for a license or user, in order; ids as 32 hex digits. */
export async function facetsOf(id: string, facet: FacetName): Promise<readonly (string | number)[]> {
  const value = "CASE typeof(value) WHEN 'blob' THEN lower(hex(value)) ELSE value END AS value";
  const query = (table: string, owner: string) =>
    `SELECT ${value} FROM ${table} WHERE ${owner} = unhex(?1, '-') AND facet = ?2`;
  const { results } = await env.DB.prepare(
    `${query("license_facets", "license_id")} UNION ALL ${query("user_facets", "user_id")} ORDER BY value`,
  )
    .bind(id, FACETS[facet])
    .all<{ value: string | number }>();
  return results.map((row) => row.value);
}

/** What a license is, of those that one facet says together. */
export async function stateOf(id: string): Promise<Readonly<Record<"revoked" | "suspended" | "perpetual", boolean>>> {
  const [state = Number.NaN, ...more] = await facetsOf(id, "state");
  expect(more).toEqual([]);
  const digit = (place: number) => Math.floor(Number(state) / 8 ** place) % 8 === 1;
  return { revoked: digit(0), suspended: digit(1), perpetual: digit(2) };
}
