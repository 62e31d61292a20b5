/**
 * What is wrong with the facets of a D1, as rows of its four tables: none is missing, none is too much, and no word
 * unlisted.
 */

import { foldedList, licenseWords, userWords, type Folded } from "../../src/domain/terms/facets.ts";
import type { License, MetadataItem } from "../../src/domain/terms/license.ts";
import { readTerms } from "../../src/domain/terms/stored-terms.ts";
import { licenseFacets, userFacets, type Facet } from "./facet-oracle.ts";

type Row = Readonly<Record<string, unknown>>;

/** Ids as hex. */
const VALUE = "CASE typeof(value) WHEN 'blob' THEN lower(hex(value)) ELSE value END AS value";

/** One statement for each: what `facetFaults` takes. */
export const FACET_QUERIES = {
  licenses: "SELECT id, key, revision, terms, folded, created_at FROM licenses",
  users: "SELECT id, email, first_name, last_name, company, metadata, tags, folded, created_at FROM users",
  licenseFacets: `SELECT facet, ${VALUE}, created_at, lower(hex(license_id)) AS id FROM license_facets`,
  userFacets: `SELECT facet, ${VALUE}, created_at, lower(hex(user_id)) AS id FROM user_facets`,
} as const;

export type FacetTables = Readonly<Record<keyof typeof FACET_QUERIES, readonly Row[]>>;

/** In words; a row that nothing has been written for is a fault, too. */
export function facetFaults(tables: FacetTables): readonly string[] {
  const licenses = tables.licenses.map((row) => expectedOfLicense(row));
  const users = tables.users.map((row) => expectedOfUser(row));
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

function expected(row: Row, facets: readonly Facet[], words: readonly Folded[]): Expected {
  const list = foldedList(words);
  const fault = row["folded"] === list ? null : `${String(row["id"])} lists ${String(row["folded"])}, not ${list}`;
  return { row: { ...row, id: String(row["id"]).replaceAll("-", "") }, facets, fault };
}

function expectedOfLicense(row: Row): Expected {
  const terms = readTerms(String(row["terms"]));
  const license: License = { id: String(row["id"]), key: String(row["key"]), revision: Number(row["revision"]), terms };
  return expected(row, licenseFacets(license), licenseWords(license.key, terms.metadata));
}

function expectedOfUser(row: Row): Expected {
  const user = {
    email: String(row["email"]),
    firstName: row["first_name"] as string | null,
    lastName: row["last_name"] as string | null,
    company: row["company"] as string | null,
    tags: JSON.parse(String(row["tags"])) as string[],
    metadata: JSON.parse(String(row["metadata"])) as MetadataItem[],
  };
  return expected(row, userFacets(user), userWords(user));
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
