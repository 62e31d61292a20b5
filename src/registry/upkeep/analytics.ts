/**
 * Numbers by day and of now, in tables that nothing but the cron and refused calls write. A
 * count that is made again replaces what it found before, so that it may run late or twice. Hours are of UTC.
 */

import { FACETS } from "../../domain/terms/facets.ts";
import { beginningAt } from "../events/event-log-seek.ts";
import { EVENT_TABLES } from "../events/event-tables.ts";
import { statesWith } from "../rows/license-states.ts";

export const HOUR_MS = 3_600_000;
const HOURS = 24;

/** Days since 1970. */
export interface Counted {
  readonly day: number;
  readonly name: string;
  readonly n: number;
}

/** A seek for each type in the index of types. What the log has forgotten meanwhile stays counted. */
export async function countEvents(db: D1Database, hour: number, types: readonly string[]): Promise<void> {
  const counts = EVENT_TABLES.map(
    (table) =>
      `(SELECT count(*) FROM ${table} INDEXED BY ${table}_type WHERE type = kind.value AND id >= ?2 AND id < ?3)`,
  );
  await db
    .prepare(
      `INSERT INTO event_hours (hour, type, n) SELECT * FROM (
         SELECT ?1 AS hour, kind.value AS type, ${counts.join(" + ")} AS n FROM json_each(?4) AS kind) WHERE n > 0
       ON CONFLICT (hour, type) DO UPDATE SET n = excluded.n WHERE excluded.n > n`,
    )
    .bind(hour, beginningAt(hour * HOUR_MS), beginningAt((hour + 1) * HOUR_MS), JSON.stringify(types))
    .run();
}

/** The hours of a day become its first one's. */
export async function foldDay(db: D1Database, day: number): Promise<void> {
  await db.batch(
    (["event_hours (hour, type, n)", "refusal_hours (hour, code, n)"] as const).flatMap((columns) => {
      const [table = "", , name = ""] = columns.split(/[ (,]+/);
      const [first, next] = [day * HOURS, (day + 1) * HOURS];
      return [
        db
          .prepare(
            `INSERT INTO ${columns} SELECT ?1, ${name}, sum(n) FROM ${table} WHERE hour >= ?1 AND hour < ?2
             GROUP BY ${name} HAVING max(hour) > ?1 ON CONFLICT DO UPDATE SET n = excluded.n`,
          )
          .bind(first, next),
        db.prepare(`DELETE FROM ${table} WHERE hour > ?1 AND hour < ?2`).bind(first, next),
      ];
    }),
  );
}

/** The first day before `before` that has hours of its own; null = none has. */
export async function firstUnfolded(db: D1Database, before: number): Promise<number | null> {
  const days = await db.batch<{ readonly day: number | null }>(
    ["event_hours", "refusal_hours"].map((table) =>
      db
        .prepare(`SELECT min(hour) / ${HOURS} AS day FROM ${table} WHERE hour < ?1 AND hour % ${HOURS} > 0`)
        .bind(before * HOURS),
    ),
  );
  const found = days.flatMap(({ results }) => results.flatMap(({ day }) => day ?? []));
  return found.length === 0 ? null : Math.min(...found);
}

/** Adds what an isolate has seen. */
export async function addRefusals(
  db: D1Database,
  seen: readonly { readonly hour: number; readonly code: string; readonly n: number }[],
): Promise<void> {
  await db
    .prepare(
      `INSERT INTO refusal_hours (hour, code, n) SELECT value ->> 'hour', value ->> 'code', value ->> 'n'
       FROM json_each(?1) WHERE true ON CONFLICT (hour, code) DO UPDATE SET n = n + excluded.n`,
    )
    .bind(JSON.stringify(seen))
    .run();
}

/** Days since 1970, both included. */
export interface Days {
  readonly first: number;
  readonly last: number;
}

export async function eventsByDay(db: D1Database, days: Days): Promise<readonly Counted[]> {
  return await byDay(db, "event_hours", "type", days);
}

export async function refusalsByDay(db: D1Database, days: Days): Promise<readonly Counted[]> {
  return await byDay(db, "refusal_hours", "code", days);
}

async function byDay(db: D1Database, table: string, name: string, { first, last }: Days): Promise<readonly Counted[]> {
  const { results } = await db
    .prepare(
      `SELECT hour / ${HOURS} AS day, ${name} AS name, sum(n) AS n FROM ${table} WHERE hour >= ?1 AND hour < ?2
       GROUP BY 1, 2`,
    )
    .bind(first * HOURS, (last + 1) * HOURS)
    .all<Counted>();
  return results;
}

/** What is counted of now. */
export const TALLIES = ["activations", "users", "licenses"] as const;
export type Tally = (typeof TALLIES)[number];

/** How many there are, up to one more than `most`, by standing for licenses. */
export type Numbers = Readonly<
  Record<"activations" | "users" | "licenses" | "expired" | "suspended" | "revoked", number>
>;

const STATE = FACETS.state;
const statesOf = (member: string) => JSON.stringify(statesWith("state", member, [true]));

/** Each up to `most`: six counts, each of as many entries of an index at most. `now`: epoch ms. */
export async function countNow(db: D1Database, most: number, now: number): Promise<Numbers> {
  const upTo = (entries: string) => `(SELECT count(*) FROM (${entries} LIMIT ?1))`;
  const ofState = (place: string) =>
    upTo(
      `SELECT 1 FROM json_each(${place}) AS state CROSS JOIN license_facets AS f ON f.facet = ${STATE} AND f.value = state.value`,
    );
  const row = await db
    .prepare(
      `SELECT ${upTo("SELECT 1 FROM activations INDEXED BY activations_created_at")} AS activations,
        ${upTo("SELECT 1 FROM users INDEXED BY users_created_at")} AS users,
        ${upTo("SELECT 1 FROM licenses INDEXED BY licenses_expires_at")} AS licenses,
        ${upTo("SELECT 1 FROM licenses INDEXED BY licenses_expires_at WHERE expires_at <= ?2")} AS expired,
        ${ofState("?3")} AS suspended, ${ofState("?4")} AS revoked`,
    )
    .bind(most, now, statesOf("suspended"), statesOf("revoked"))
    .first<Numbers>();
  if (row === null) throw new Error("a SELECT without FROM has a row");
  return row;
}

interface Walk {
  /** The last id that was counted. */
  readonly after: string;
  readonly found: Readonly<Record<string, number>>;
  readonly startedAt: number;
}

export interface Whole {
  readonly counted: Readonly<Record<string, number>>;
  /** Epoch ms. */
  readonly countedAt: number;
}

interface TallyRow {
  readonly name: Tally;
  readonly counted: string;
  readonly countedAt: number;
  readonly walk: string | null;
}

/** The last whole counts, by name; empty where there was none. */
export async function wholeCounts(db: D1Database): Promise<ReadonlyMap<string, Whole>> {
  const rows = await tallyRows(db);
  const whole = rows.filter(({ countedAt }) => countedAt > 0);
  return new Map(whole.map(({ name, counted, countedAt }) => [name, { counted: JSON.parse(counted), countedAt }]));
}

async function tallyRows(db: D1Database): Promise<readonly TallyRow[]> {
  return (await db.prepare("SELECT name, counted, counted_at AS countedAt, walk FROM tallies").all<TallyRow>()).results;
}

/**
 * Goes on with the count that is under way, or begins the one that is oldest, if older than an hour: `step` rows, in
 * the order of their ids. `now`: epoch ms.
 */
export async function stepTally(db: D1Database, step: number, now: number): Promise<void> {
  const rows = new Map((await tallyRows(db)).map((row) => [row.name, row]));
  const due = TALLIES.map((name) => rows.get(name) ?? { name, counted: "{}", countedAt: 0, walk: null })
    .filter(({ countedAt, walk }) => walk !== null || countedAt <= now - HOUR_MS)
    .toSorted(
      (one, other) => Number(other.walk !== null) - Number(one.walk !== null) || one.countedAt - other.countedAt,
    );
  const [first] = due;
  if (first === undefined) return;
  const walk: Walk = first.walk === null ? { after: "", found: {}, startedAt: now } : JSON.parse(first.walk);
  const { last, rows: read, ...found } = await countedAfter(db, first.name, walk.after, step, walk.startedAt);
  const sums = Object.fromEntries(Object.entries(found).map(([name, n]) => [name, (walk.found[name] ?? 0) + n]));
  const isWhole = read < step;
  const next: Walk = { after: last ?? "", found: sums, startedAt: walk.startedAt };
  await db
    .prepare(
      `INSERT INTO tallies (name, counted, counted_at, walk) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE SET
       counted = excluded.counted, counted_at = excluded.counted_at, walk = excluded.walk WHERE walk IS ?5`,
    )
    .bind(
      first.name,
      isWhole ? JSON.stringify(sums) : first.counted,
      isWhole ? walk.startedAt : first.countedAt,
      isWhole ? null : JSON.stringify(next),
      first.walk,
    )
    .run();
}

type Step = Readonly<Record<string, number>> & { readonly rows: number; readonly last: string | null };

const SUMS: Readonly<Record<Tally, string>> = {
  activations: "SELECT id FROM activations",
  users: "SELECT id FROM users",
  licenses: `SELECT id, expires_at <= ?3 AS expired, COALESCE(terms ->> '$.suspended', 0) AS suspended,
    COALESCE(terms ->> '$.revoked', 0) AS revoked FROM licenses`,
};

async function countedAfter(db: D1Database, name: Tally, after: string, step: number, now: number): Promise<Step> {
  const more =
    name === "licenses"
      ? ", COALESCE(sum(expired), 0) AS expired, COALESCE(sum(suspended), 0) AS suspended, COALESCE(sum(revoked), 0) AS revoked"
      : "";
  const row = await db
    .prepare(
      `SELECT count(*) AS rows, count(*) AS ${name}, max(id) AS last${more}
       FROM (${SUMS[name]} WHERE id > ?1 ORDER BY id LIMIT ?2)${name === "licenses" ? "" : " WHERE ?3 > 0"}`,
    )
    .bind(after, step, now)
    .first<Step>();
  if (row === null) throw new Error("an aggregate has a row");
  return row;
}
