/**
 * What is wrong with the facets of a D1, as rows of its four tables: none is missing, none is too much, and none
 * unlisted.
 */

import { licenseFacets, userFacets, type Facet } from "../../src/domain/terms/facets.ts";
import type { MetadataItem, Terms } from "../../src/domain/terms/license.ts";

type Row = Readonly<Record<string, unknown>>;

/** One statement for each: what `facetFaults` takes. */
export const FACET_QUERIES = {
  licenses: "SELECT id, key, revision, terms, facets, created_at FROM licenses",
  users: "SELECT id, email, first_name, last_name, company, metadata, tags, facets, created_at FROM users",
  licenseFacets: "SELECT facet, value, created_at, license_id AS id FROM license_facets",
  userFacets: "SELECT facet, value, created_at, user_id AS id FROM user_facets",
} as const;

export type FacetTables = Readonly<Record<keyof typeof FACET_QUERIES, readonly Row[]>>;

/** In words; a row that nothing has been written for is a fault, too. */
export function facetFaults(tables: FacetTables): readonly string[] {
  const licenses = tables.licenses.map((row) => expected(row, facetsOfLicense(row)));
  const users = tables.users.map((row) => expected(row, facetsOfUser(row)));
  return [
    ...[...licenses, ...users].flatMap(({ fault }) => fault ?? []),
    ...differing("license", licenses.flatMap(stands), tables.licenseFacets.map(written)),
    ...differing("user", users.flatMap(stands), tables.userFacets.map(written)),
  ];
}

interface Expected {
  readonly row: Row;
  readonly facets: readonly Facet[];
  /** The column does not list what is true. */
  readonly fault: string | null;
}

function expected(row: Row, facets: readonly Facet[]): Expected {
  const list = JSON.stringify(facets);
  const fault = row["facets"] === list ? null : `${String(row["id"])} lists ${String(row["facets"])}, not ${list}`;
  return { row, facets, fault };
}

function facetsOfLicense(row: Row): readonly Facet[] {
  const terms = JSON.parse(String(row["terms"])) as Terms;
  return licenseFacets({ id: String(row["id"]), key: String(row["key"]), revision: Number(row["revision"]), terms });
}

function facetsOfUser(row: Row): readonly Facet[] {
  return userFacets({
    email: String(row["email"]),
    firstName: row["first_name"] as string | null,
    lastName: row["last_name"] as string | null,
    company: row["company"] as string | null,
    tags: JSON.parse(String(row["tags"])) as string[],
    metadata: JSON.parse(String(row["metadata"])) as MetadataItem[],
  });
}

function stands({ row, facets }: Expected): readonly string[] {
  return facets.map(([facet, value]) => written({ ...row, facet, value }));
}

function written({ facet, value, created_at, id }: Row): string {
  return JSON.stringify([facet, value, created_at, id]);
}

function differing(of: string, truth: readonly string[], found: readonly string[]): readonly string[] {
  const [wanted, standing] = [new Set(truth), new Set(found)];
  return [
    ...[...wanted].filter((one) => !standing.has(one)).map((one) => `a ${of} facet is missing: ${one}`),
    ...[...standing].filter((one) => !wanted.has(one)).map((one) => `a ${of} facet is too much: ${one}`),
  ];
}
