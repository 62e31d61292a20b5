/**
 * Adds, replaces and removes rows of the catalogue, each with its event, or neither (EVT-1): what is there already is
 * written while it is as it was read (MGMT-3).
 */

import { and, eq, sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import { insertEvent } from "../events/outbox.ts";
import type { Kept } from "./idempotency-records.ts";
import { insertWhere, prepared } from "../db/statement.ts";

/** Unless `written`, nothing was. `outrun`: the row is no longer as it was read, or gone. Else: what a guard says. */
export type Written<Refused extends string = never> = "written" | "outrun" | Refused;

/** Rows are known by their id, and changes of a row by their instant, which every one of them moves. */
type CatalogueTable = SQLiteTable & { readonly id: SQLiteColumn; readonly updatedAt: SQLiteColumn };

export interface Guard<Refused extends string> {
  readonly holds: SQL;
  readonly otherwise: Refused;
}

export interface OptimisticWrite<Table extends CatalogueTable, Refused extends string> {
  readonly table: Table;
  /** The row as it was read. */
  readonly before: { readonly id: string; readonly updatedAt: number };
  readonly event: LeaseholdEvent;
  /** What must hold beside; `otherwise` of the first that is in the way is answered, where only these are. */
  readonly guards?: readonly Guard<Refused>[];
  /** Further statements of the batch: they are given the condition under which they may write. */
  readonly along?: (allowed: SQL) => readonly SQL[];
  /** MGMT-4: the answer of a call that is made once. */
  readonly kept?: Kept;
}

export interface Addition<Table extends CatalogueTable, Refused extends string> extends Pick<
  OptimisticWrite<Table, Refused>,
  "table" | "event" | "guards" | "kept"
> {
  readonly row: Table["$inferInsert"] & { readonly id: string };
}

/** A new row. Unless `written`, nothing was: a guard says why. */
export async function addRow<Table extends CatalogueTable, Refused extends string = never>(
  db: D1Database,
  { table, row, event, guards = [], kept = () => [] }: Addition<Table, Refused>,
): Promise<"written" | Refused> {
  const isThere = sql`EXISTS (SELECT 1 FROM ${table} WHERE ${eq(table.id, row.id)})`;
  const [judged, inserted] = await db.batch<{ readonly inTheWay?: number | null }>([
    prepared(db, firstInTheWay(guards)),
    prepared(db, insertWhere(table, row, and(...guards.map(({ holds }) => holds)) ?? sql`true`)),
    insertEvent(db, event, isThere),
    ...kept(isThere),
  ]);
  if (inserted?.meta.changes === 1) return "written";
  const refused = guards[judged?.results[0]?.inTheWay ?? -1];
  if (refused === undefined) throw new Error("a row was not written, and nothing was in the way");
  return refused.otherwise;
}

/** Writes `columns`, the others stay. */
export async function replaceRow<Table extends CatalogueTable, Refused extends string = never>(
  db: D1Database,
  write: OptimisticWrite<Table, Refused> & { readonly columns: Partial<Table["$inferInsert"]> },
): Promise<Written<Refused>> {
  return await writeRow(db, write, drizzle(db).update(write.table).set(write.columns).where(conditionOf(write)));
}

export async function removeRow<Table extends CatalogueTable, Refused extends string = never>(
  db: D1Database,
  write: OptimisticWrite<Table, Refused>,
): Promise<Written<Refused>> {
  return await writeRow(db, write, drizzle(db).delete(write.table).where(conditionOf(write)));
}

async function writeRow<Table extends CatalogueTable, Refused extends string>(
  db: D1Database,
  write: OptimisticWrite<Table, Refused>,
  change: { getSQL(): SQL },
): Promise<Written<Refused>> {
  const { table, event, guards = [], along = () => [], kept = () => [] } = write;
  const allowed = sql`EXISTS (SELECT 1 FROM ${table} WHERE ${conditionOf(write)})`;
  const results = await db.batch<{ readonly inTheWay?: number | null }>([
    ...(guards.length === 0 ? [] : [prepared(db, firstInTheWay(guards, isUnchanged(write)))]),
    // First the event and what goes along: they look at the row that the last statement is about to change.
    insertEvent(db, event, allowed),
    ...along(allowed).map((statement) => prepared(db, statement)),
    ...kept(allowed),
    prepared(db, change),
  ]);
  if (results.at(-1)?.meta.changes === 1) return "written";
  const [{ inTheWay = null } = {}] = guards.length === 0 ? [] : (results[0]?.results ?? []);
  return inTheWay === null ? "outrun" : (guards[inTheWay]?.otherwise ?? "outrun");
}

function conditionOf({ guards = [], ...write }: OptimisticWrite<CatalogueTable, string>): SQL | undefined {
  return and(unchanged(write), ...guards.map(({ holds }) => holds));
}

/** `inTheWay`: its place among the guards; null = none is, or `otherwise` does not hold, so that none is to blame. */
export function firstInTheWay(guards: readonly Guard<string>[], otherwise: SQL = sql`true`): SQL {
  const cases = guards.map(({ holds }, at) => sql`WHEN NOT (${holds}) THEN ${at}`);
  return sql`SELECT CASE WHEN NOT ${otherwise} THEN NULL ${sql.join(cases, sql` `)} END AS inTheWay`;
}

function isUnchanged(write: OptimisticWrite<CatalogueTable, string>): SQL {
  return sql`EXISTS (SELECT 1 FROM ${write.table} WHERE ${unchanged(write)})`;
}

function unchanged({ table, before }: Pick<OptimisticWrite<CatalogueTable, string>, "table" | "before">) {
  return and(eq(table.id, before.id), eq(table.updatedAt, before.updatedAt));
}
