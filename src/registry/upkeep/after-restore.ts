/**
 * What D1 says of itself after it was set back (OPS-1): which licenses it knows of, and what they refer to and it
 * lacks.
 */

/** Reference that a license has and that leads nowhere, or to another license. */
export interface Finding {
  readonly licenseId: string;
  /** Products that the license covers and D1 does not have. */
  readonly products: readonly string[];
  /** The license's user, if D1 does not have it. */
  readonly user: string | null;
  /** The license's user, if D1 has it with an e-mail older than the license's (SNAP-1). */
  readonly olderUser: string | null;
  /** The license that the key leads to in place of this one; "" = to none. */
  readonly keyLeadsTo: string | null;
  /** The license that has the external reference in place of this one; "" = none has. */
  readonly referenceLeadsTo: string | null;
}

export interface Looked<T> {
  readonly rows: readonly T[];
  /** Where the next look goes on; null = that was all. */
  readonly next: string | null;
}

/**
 * License ids that D1 knows of, after `after` and in order: those it has, those it remembers as deleted, and those that
 * its other tables name, should rows be missing. `next` may be there where there is no row: other ids lay between.
 */
export async function knownLicenses(db: D1Database, after: string, limit: number): Promise<Looked<string>> {
  const { results } = await db
    .prepare(
      `WITH RECURSIVE known(id) AS (
         SELECT ?1
         UNION ALL
         SELECT min(${SOURCES.map(nextIn).join(", ")}) FROM known WHERE id < '${END}'
         LIMIT ?2
       )
       SELECT id FROM known WHERE id > ?1 AND id < '${END}'`,
    )
    .bind(after, limit + 1)
    .all<{ readonly id: string }>();
  const ids = results.map(({ id }) => id);
  return { rows: ids.filter(isLicenseId), next: ids.length < limit ? null : (ids.at(-1) ?? null) };
}

/** Every one with an index that leads by it, so that a step costs a seek. */
const SOURCES = [
  ["licenses", "id"],
  ["deleted_licenses", "id"],
  ["license_keys", "license_id"],
  ["activations", "license_id"],
  ["event_log", "subject_id"],
  ["management_log", "subject_id"],
] as const;
/** After every id. */
const END = "~";

function nextIn([table, column]: (typeof SOURCES)[number]): string {
  return `ifnull((SELECT min(${column}) FROM ${table} WHERE ${column} > known.id), '${END}')`;
}

/** UUIDv8: events are about products and users, too, whose ids are UUIDv7. */
function isLicenseId(id: string): boolean {
  return id[14] === "8";
}

/** Of these licenses, those that were projected before: where their object is empty, it is lost (ID-5). */
export async function projectedAmong(db: D1Database, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { results } = await db
    .prepare("SELECT id FROM licenses WHERE id IN (SELECT value FROM json_each(?1)) AND fence > 0")
    .bind(JSON.stringify(ids))
    .all<{ readonly id: string }>();
  return new Set(results.map(({ id }) => id));
}

interface FindingRow {
  readonly id: string;
  /** JSON list. */
  readonly products: string;
  readonly user: string | null;
  readonly olderUser: string | null;
  readonly keyLeadsTo: string | null;
  readonly referenceLeadsTo: string | null;
}

/** Looks at `limit` licenses after `after`, and answers those of them that refer to what is not there. */
export async function findMissing(db: D1Database, after: string, limit: number): Promise<Looked<Finding>> {
  const { results } = await db.prepare(FINDINGS).bind(after, limit).all<FindingRow>();
  const rows = results.map(findingOf).filter(isFound);
  return { rows, next: results.length < limit ? null : (results.at(-1)?.id ?? null) };
}

const FINDINGS = `
  SELECT l.id,
         (SELECT json_group_array(DISTINCT p.value)
          FROM json_each(json_insert(COALESCE(l.terms -> '$.licensedProductIds', '[]'), '$[#]', l.product_id)) AS p
          WHERE p.value NOT IN (SELECT id FROM products)) AS products,
         CASE WHEN u.id IS NULL THEN l.user_id END AS user,
         CASE WHEN u.revision < l.terms ->> '$.user.revision' THEN u.id END AS olderUser,
         CASE WHEN k.license_id IS NOT l.id THEN ifnull(k.license_id, '') END AS keyLeadsTo,
         CASE WHEN l.terms ->> '$.externalReference' IS NOT NULL AND r.license_id IS NOT l.id
              THEN ifnull(r.license_id, '') END AS referenceLeadsTo
  FROM licenses AS l
  LEFT JOIN users AS u ON u.id = l.user_id
  LEFT JOIN license_keys AS k ON k.key = l.key
  LEFT JOIN external_references AS r ON r.reference = l.terms ->> '$.externalReference'
  WHERE l.id > ?1 ORDER BY l.id LIMIT ?2`;

function findingOf({ id, products, ...rest }: FindingRow): Finding {
  return { ...rest, licenseId: id, products: JSON.parse(products) as string[] };
}

function isFound({ products, user, olderUser, keyLeadsTo, referenceLeadsTo }: Finding): boolean {
  return products.length > 0 || [user, olderUser, keyLeadsTo, referenceLeadsTo].some((found) => found !== null);
}
