/**
 * What one text finds at once (0095-one-box-for-everything.md): a batch of seeks in indexes that are
 * there anyway, each of a handful of entries, and a second one that reads the rows behind them. Nothing is walked.
 */

import { WORD_LENGTH, plainValue, wordValue, wordsOf, FACETS } from "../../domain/terms/facets.ts";
import { foldedEmail } from "../../domain/terms/email.ts";

export type HitType = "license" | "activation" | "user" | "product" | "personalAccessToken" | "webhook" | "event";

/** `name`: what a person knows it by; null = it has none, or it is not to be shown. */
export interface Hit {
  readonly type: HitType;
  readonly id: string;
  readonly name: string | null;
}

type Statement = readonly [text: string, ...values: readonly (string | number)[]];

/** Entries that a seek looks through where further words have to be there too. */
const LOOKED_THROUGH = 500;
/** Greater than any text that begins so. */
const LAST = "\u{10FFFF}";
/** Words of one text that are looked for. */
const MOST_WORDS = 4;

const uuidOf = (bytes: string) =>
  `lower(${["1, 8", "9, 4", "13, 4", "17, 4", "21"].map((part) => `substr(hex(${bytes}), ${part})`).join(" || '-' || ")})`;

/**
 * Rows of what has an id of its own in D1 alone (UUIDv7), by their primary keys; and of devices that make a UUID their
 * fingerprint.
 */
export async function byOwnId(
  db: D1Database,
  id: string,
  digests: readonly string[],
  most: number,
  types: readonly HitType[],
): Promise<readonly Hit[]> {
  const statements: Partial<Record<HitType, Statement>> = {
    activation: activationsBy(id, digests, most),
    product: ["SELECT id, name FROM products WHERE id = ?1", id],
    user: [`SELECT id, ${NAME} AS name FROM users WHERE id = ?1`, id],
    personalAccessToken: ["SELECT id, name FROM access_tokens WHERE id = ?1", id],
    webhook: ["SELECT id, name FROM webhooks WHERE id = ?1", id],
  };
  return await hitsOf(db, statements, types);
}

/**
 * Activations by what may stand for their device, in base 16, or by the beginning of its name. What is known by just
 * this comes first, the newest of a device before the others.
 */
function activationsBy(text: string, digests: readonly string[], most: number): Statement {
  const host = text.toLowerCase();
  const devices = digests.map(
    (_, at) => `SELECT id, 0 AS rank FROM (SELECT id FROM activations INDEXED BY activations_device
      WHERE device = unhex(?${at + 4}) ORDER BY created_at DESC LIMIT ?1)`,
  );
  const hosts = `SELECT id, host > ?2 FROM (SELECT id, host FROM activations INDEXED BY activations_host
      WHERE host >= ?2 AND host < ?3 ORDER BY host LIMIT ?1)`;
  const found = `SELECT a.id, a.facts ->> '$.shown.hostname' AS name
    FROM (SELECT id, min(rank) AS rank FROM (${[...devices, hosts].join(" UNION ALL ")}) GROUP BY id) AS e
    CROSS JOIN activations AS a ON a.id = e.id ORDER BY e.rank, iif(e.rank = 0, NULL, a.host), a.created_at DESC LIMIT ?1`;
  return [found, most, host, `${host}${LAST}`, ...digests];
}

/** A user's e-mail where nobody knows their name. */
const NAME = "COALESCE(NULLIF(trim(COALESCE(first_name, '') || ' ' || COALESCE(last_name, '')), ''), email)";

/** Users by their e-mail, then by its beginning; and the licenses of the first one. */
export async function byEmail(db: D1Database, text: string, most: number, types: readonly HitType[]) {
  const lower = text.toLowerCase();
  const users = `SELECT id, created_at FROM users WHERE email_folded = ?1
    UNION SELECT * FROM (SELECT id, created_at FROM users WHERE email_lower >= ?2 AND email_lower < ?3
      ORDER BY email_lower LIMIT ?4)`;
  const values = [foldedEmail(text), lower, `${lower}${LAST}`, most] as const;
  const exact = "email_folded = ?1 DESC";
  return await hitsOf(
    db,
    {
      user: [
        `SELECT id, ${NAME} AS name FROM users WHERE id IN (SELECT id FROM (${users})) ORDER BY ${exact}, id LIMIT ?4`,
        ...values,
      ],
      license: [
        `SELECT l.id, l.key AS name FROM (SELECT id FROM users WHERE email_folded = ?1) AS u
           CROSS JOIN licenses AS l ON l.user_id = u.id ORDER BY l.created_at DESC LIMIT ?2`,
        foldedEmail(text),
        most,
      ],
    },
    types,
  );
}

/** Licenses by their key or its beginning, `key` as it is stored. */
export async function byKey(db: D1Database, key: string, most: number): Promise<readonly Hit[]> {
  return await hitsOf(db, { license: [LICENSES_BY_KEY, key, `${key}${LAST}`, most] }, ["license"]);
}

const LICENSES_BY_KEY = `SELECT l.id, l.key AS name FROM
  (SELECT license_id FROM license_keys WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3) AS k
  CROSS JOIN licenses AS l ON l.id = k.license_id`;

/**
 * Licenses by reference, key, metadata and words; users by theirs; activations by their host and device. At most `most`
 * of each way.
 */
export async function byWords(
  db: D1Database,
  text: string,
  digests: readonly string[],
  most: number,
  types: readonly HitType[],
) {
  const words = wordsOf(text)
    .map(wordValue)
    .toSorted((one, other) => other.length - one.length)
    .slice(0, MOST_WORDS);
  const found = await db.batch<{ readonly id: string }>([
    db.prepare("SELECT license_id AS id FROM external_references WHERE reference = ?1").bind(text),
    db
      .prepare(
        `SELECT ${uuidOf("license_id")} AS id FROM license_facets
         WHERE facet = ${FACETS["metadata-value"]} AND value = ?1 ORDER BY created_at DESC LIMIT ?2`,
      )
      .bind(plainValue(text), most),
    ...(words.length === 0 ? [] : [withWords(db, "license", words, most), withWords(db, "user", words, most)]),
    db
      .prepare("SELECT license_id AS id FROM license_keys WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3")
      .bind(text, `${text}${LAST}`, most),
  ]);
  const ids = found.map(({ results }) => results.map(({ id }) => id));
  const ofUsers = words.length === 0 ? [] : (ids[3] ?? []);
  const ofLicenses = ids.filter((_, at) => words.length === 0 || at !== 3).flat();
  return await hitsOf(
    db,
    {
      license: [
        "SELECT l.id, l.key AS name FROM json_each(?1) AS e CROSS JOIN licenses AS l ON l.id = e.value ORDER BY e.key",
        JSON.stringify([...new Set(ofLicenses)].slice(0, most)),
      ],
      user: [
        `SELECT u.id, ${NAME} AS name FROM json_each(?1) AS e CROSS JOIN users AS u ON u.id = e.value ORDER BY e.key`,
        JSON.stringify(ofUsers),
      ],
      activation: activationsBy(text, digests, most),
    },
    types,
  );
}

/** Rows that have a word with each of these beginnings, found by the first, which is the longest. */
function withWords(
  db: D1Database,
  of: "license" | "user",
  words: readonly string[],
  most: number,
): D1PreparedStatement {
  const [first = "", ...others] = words;
  const facet = `facet = ${FACETS.word}`;
  const table = `${of}_facets`;
  const ranges = others.map(
    (
      _,
      at,
    ) => `AND EXISTS (SELECT 1 FROM ${table} AS o WHERE o.${facet} AND o.value >= ?${2 * at + 4} AND o.value < ?${2 * at + 5}
      AND o.created_at = f.created_at AND o.${of}_id = f.id)`,
  );
  return db
    .prepare(
      `SELECT DISTINCT ${uuidOf("id")} AS id FROM (
         SELECT ${of}_id AS id, created_at FROM ${table} WHERE ${facet} AND value >= ?1 AND value < ?2
         ORDER BY value LIMIT ${others.length === 0 ? `2 * ?3` : LOOKED_THROUGH}) AS f WHERE true ${ranges.join(" ")} LIMIT ?3`,
    )
    .bind(first, after(first), most, ...others.flatMap((word) => [word, after(word)]));
}

function after(word: string): string {
  return word.length < WORD_LENGTH ? `${word}${LAST}` : `${word}\u0000`;
}

async function hitsOf(
  db: D1Database,
  statements: Partial<Readonly<Record<HitType, Statement>>>,
  types: readonly HitType[],
): Promise<readonly Hit[]> {
  const asked = Object.entries(statements).filter(([type]) => types.includes(type as HitType));
  if (asked.length === 0) return [];
  const results = await db.batch<{ readonly id: string; readonly name: string | null }>(
    asked.map(([, [text, ...values]]) => db.prepare(text).bind(...values)),
  );
  return results.flatMap(({ results: rows }, at) =>
    rows.map(({ id, name }) => ({ type: (asked[at]?.[0] ?? "license") as HitType, id, name })),
  );
}
