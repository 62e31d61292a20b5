/** Orders of lists and places in them (MGMT-1). Every order ends in the id; voids (null) sort first. */

import { and, isNotNull, isNull, sql, type SQL } from "drizzle-orm";
import type { Place } from "./page.ts";
import { bytesOf } from "../db/uuid.ts";

export interface Order {
  readonly at: SQL;
  /** The id, or its bytes. */
  readonly id: SQL;
  readonly hasBytes: boolean;
  readonly descending: boolean;
  /** `at` may be void. */
  readonly hasVoids: boolean;
}

export function inOrder({ at, id, descending }: Order): SQL {
  const direction = sql.raw(descending ? "DESC" : "ASC");
  return sql`ORDER BY ${at} ${direction}, ${id} ${direction}`;
}

/**
 * What follows a place (null: everything), as stretches to read one after the other: voids come first in ascending
 * order and last in descending order. One condition with OR would make SQLite sort the whole rest.
 */
export function stretches(order: Order, after: Place | null): readonly SQL[] {
  const values = valuesAfter(order, after);
  const voids = voidsAfter(order, after);
  const both = order.descending ? [values, voids] : [voids, values];
  return both.flatMap((stretch) => stretch ?? []);
}

function valuesAfter({ at, id, descending, hasVoids, ...order }: Order, after: Place | null): SQL | null {
  const all = hasVoids ? isNotNull(at) : sql`true`;
  if (after === null) return all;
  const { value } = after;
  if (value === null) return descending ? null : all;
  return sql`(${at}, ${id}) ${sql.raw(descending ? "<" : ">")} (${value}, ${placed(order, after.id)})`;
}

function voidsAfter({ at, id, descending, hasVoids, ...order }: Order, after: Place | null): SQL | null {
  if (!hasVoids) return null;
  if (after === null) return isNull(at);
  if (after.value !== null) return descending ? isNull(at) : null;
  return and(isNull(at), sql`${id} ${sql.raw(descending ? "<" : ">")} ${placed(order, after.id)}`) ?? null;
}

/** Up to a place, itself included, in the stretch that it is in. */
export function upTo({ at, id, descending, ...order }: Order, place: Place): SQL {
  const up = sql.raw(descending ? ">=" : "<=");
  const last = placed(order, place.id);
  return place.value === null ? sql`${id} ${up} ${last}` : sql`(${at}, ${id}) ${up} (${place.value}, ${last})`;
}

function placed({ hasBytes }: Pick<Order, "hasBytes">, id: string): SQL {
  return hasBytes ? bytesOf(id) : sql`${id}`;
}
