/**
 * How the rows of a file are read: page by page in the order of creation (keyset, so that each query is a seek), so
 * that what lives all the while comes exactly once, whatever comes and goes beside it. The instant of creation never
 * changes.
 */

import { sql, type SQL } from "drizzle-orm";
import { isOutage } from "../db/outage.ts";
import { prepared } from "../db/statement.ts";
import { bytesOf } from "../db/uuid.ts";
import type { Findable } from "../find/condition.ts";
import type { Wanted } from "../find/filter.ts";
import type { Request } from "../find/find-statements.ts";
import { findIds, type Found, type NotFound } from "../find/find.ts";
import type { Page } from "../find/page.ts";

/** Rows of one query: a million licenses take 500 of the 1,000 that an invocation may make. */
const PAGE_ROWS = 2_000;
/** Bytes of the largest column of one query, but for its last row: a page is in memory as a whole. */
const PAGE_BYTES = 4_000_000;

/** How often a page is asked for, and the pause after the first failure. */
const TRIES = 3;
const PAUSE_MS = 100;

/** Rows to export: undefined = all. */
export interface ExportFilter {
  /** Epoch ms: from, included, to below, excluded. */
  readonly createdAt: { readonly from: number | null; readonly below: number | null } | undefined;
  /** Any of these. */
  readonly productIds: readonly string[] | undefined;
  /** Of activations. */
  readonly licenseIds?: readonly string[] | undefined;
}

const ALL: ExportFilter = { createdAt: undefined, productIds: undefined };

/** Page after page, none empty. Rejects where D1 does not answer. */
export type Pages<T> = AsyncGenerator<readonly T[], void>;

/** What is read of each row. */
export interface Rows {
  readonly table: SQL;
  /** The column that grows. */
  readonly large: SQL;
  readonly columns: SQL;
  readonly joined: SQL;
}

export interface Source extends Rows {
  readonly filter: ExportFilter;
  readonly conditions: readonly SQL[];
  /** `id`, `bytes` and `created_at` of all the rows, by the last two in an index; unless given, the table itself. */
  readonly entries?: SQL | undefined;
  /** The id of the last row, where it is known. */
  readonly last?: string | undefined;
}

/** The file, or why there is none. */
export type Exported<T> = { readonly found: true; readonly pages: Pages<T> } | NotFound;

export interface Placed {
  readonly id: string;
  readonly createdAt: number;
}

export async function* pagesOf<Row extends Placed>(db: D1Database, source: Source): Pages<Row> {
  let after: Placed | undefined;
  do {
    const page: readonly Row[] = await patiently(readPage<Row>, db, source, after);
    if (page.length > 0) yield page;
    after = page.at(-1);
  } while (after !== undefined && after.id !== source.last);
}

/** The rows of ids that come page by page. */
export async function* rowsOf<Row extends Placed>(db: D1Database, rows: Rows, pages: Pages<string>): Pages<Row> {
  for await (const ids of pages) {
    const entries = sql`SELECT id, ${bytesOf(sql`id`)} AS bytes, created_at FROM ${rows.table}
      WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
    yield* pagesOf<Row>(db, { ...rows, filter: ALL, conditions: [], entries, last: ids.at(-1) });
  }
}

/** Ids of a page where so many would take too much: at last, what a list shows of them. */
const FEWER = [500, 100] as const;

/** MGMT-1: what a list finds, in the order of creation. A file whose first page is too broad is none. */
export async function foundIds(db: D1Database, list: Findable, wanted: Wanted, now: number): Promise<Exported<string>> {
  const find = async (from: Request["from"]) => await findPage(db, list, wanted, now, from);
  const first = await find({ skip: 0 });
  return first.found ? { found: true, pages: following(first.page, find) } : first;
}

async function* following(first: Page<string>, find: (from: Request["from"]) => Promise<Found<string>>): Pages<string> {
  let page = first;
  while (page.rows.length > 0) {
    yield page.rows;
    if (page.next === null) return;
    const found = await find({ after: page.next });
    if (!found.found) throw new Error("the rest of a file is found by too broad a filter");
    page = found.page;
  }
}

async function findPage(
  db: D1Database,
  list: Findable,
  wanted: Wanted,
  now: number,
  from: Request["from"],
): Promise<Found<string>> {
  const find = async (limit: number) =>
    await patiently(findIds, db, list, { sort: "createdAt", descending: false, limit, from }, wanted, now);
  let found = await find(PAGE_ROWS);
  for (const limit of FEWER) if (!found.found) found = await find(limit);
  return found;
}

/** A file of hundreds of pages does not break off for one call that failed. */
export async function patiently<Given extends readonly unknown[], T>(
  read: (...given: Given) => Promise<T>,
  ...given: Given
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await read(...given);
    } catch (error) {
      if (tries === TRIES || !isOutage(error)) throw error;
      await scheduler.wait(tries * PAUSE_MS);
    }
  }
}

/** The keys of a page first, with the size of each row, and then what of them has room. */
async function readPage<Row>(db: D1Database, source: Source, after: Placed | undefined): Promise<readonly Row[]> {
  const { table, columns, joined } = source;
  const query = sql`
    WITH place AS (
      SELECT id, created_at, ${bytesAndRows(source)}
      WHERE ${sql.join([beyond(source, after), ...source.conditions], sql` AND `)}
      ORDER BY created_at, ${placeIn(source)} LIMIT ${PAGE_ROWS}
    ), page AS (SELECT id, created_at, sum(bytes) OVER (ORDER BY created_at, id) - bytes AS before FROM place)
    SELECT row.id, row.created_at AS createdAt, ${columns}
    FROM page CROSS JOIN ${table} AS row ON row.id = page.id ${joined}
    WHERE page.before < ${PAGE_BYTES} ORDER BY page.created_at, page.id`;
  const { results } = await prepared(db, query).all<Row>();
  return results;
}

function bytesAndRows({ table, large, entries }: Source): SQL {
  if (entries === undefined) return sql`octet_length(${large}) AS bytes FROM ${table}`;
  return sql`(SELECT octet_length(${large}) FROM ${table} AS row WHERE row.id = entry.id) AS bytes FROM (${entries}) AS entry`;
}

/** The id as the order has it. */
function placeIn({ entries }: Pick<Source, "entries">): SQL {
  return entries === undefined ? sql`id` : sql`entry.bytes`;
}

function placeOf({ entries }: Pick<Source, "entries">, { id }: Placed): SQL {
  return entries === undefined ? sql`${id}` : bytesOf(id);
}

/** One lower bound: of two, SQLite might seek to the wrong one and walk the rest of the way for every page. */
function beyond({ filter: { createdAt }, ...source }: Source, after: Placed | undefined): SQL {
  const from =
    after === undefined
      ? sql`created_at >= ${createdAt?.from ?? 0}`
      : sql`(created_at, ${placeIn(source)}) > (${after.createdAt}, ${placeOf(source, after)})`;
  return sql`${from} AND created_at < ${createdAt?.below ?? Number.MAX_SAFE_INTEGER}`;
}
