/** Whether what licenses and users are found by is true, in the whole D1 of a test file (MGMT-1). */

import { env } from "cloudflare:workers";
import { expect } from "vitest";

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

/** The values of one facet that stand for a license or user, in order. */
export async function facetsOf(id: string, facet: string): Promise<readonly string[]> {
  const query = (table: string, owner: string) => `SELECT value FROM ${table} WHERE ${owner} = ?1 AND facet = ?2`;
  const { results } = await env.DB.prepare(
    `${query("license_facets", "license_id")} UNION ALL ${query("user_facets", "user_id")} ORDER BY value`,
  )
    .bind(id, facet)
    .all<{ value: string }>();
  return results.map(({ value }) => value);
}
