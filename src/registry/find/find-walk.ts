/** Walks entries of an index in their order, looking at each one's row (MGMT-1): at most `WALK` of them. */

import type { SQL } from "drizzle-orm";
import type { Findable } from "./condition.ts";
import { orderOf, walked, walkEnd, walkLength, type Entries, type Request } from "./find-statements.ts";
import { stretches, type Order } from "./order.ts";
import type { Place } from "./page.ts";
import { WALK } from "./seek.ts";
import { prepared } from "../db/statement.ts";

export interface Walked {
  /** Those of the page, and maybe one more. */
  readonly places: readonly Place[];
  readonly hasMore: boolean;
}

/** Null: the walk ended before the page was full. */
export async function walkTo(
  db: D1Database,
  list: Findable,
  request: Request,
  entries: Entries,
  predicate: SQL | undefined,
): Promise<Walked | null> {
  const order = orderOf(list, request, entries);
  const { select } = entries;
  const { from, limit } = request;
  const skip = "skip" in from ? from.skip : 0;
  const wanted = skip + limit + 1;
  const places: Place[] = [];
  let steps = WALK;
  for (const stretch of stretches(order, "after" in from ? from.after : null)) {
    const { end, length } = await limits(db, select, order, stretch, steps);
    const statement = walked(list, select, order, predicate, stretch, end, wanted - places.length);
    const { results } = await prepared(db, statement).all<Entry>();
    places.push(...results.map(({ id, at }) => ({ id, value: at })));
    const isFull = places.length >= skip + limit;
    if (places.length === wanted || (isFull && end !== null)) return { places: places.slice(skip), hasMore: true };
    if (end !== null) return null;
    steps -= length;
  }
  return { places: places.slice(skip), hasMore: false };
}

interface Entry {
  readonly id: string;
  readonly at: Place["value"];
}

interface Limits {
  readonly end: Place | null;
  readonly length: number;
}

async function limits(db: D1Database, entries: SQL, order: Order, stretch: SQL, steps: number): Promise<Limits> {
  const [ends, lengths] = await db.batch<Entry & { n: number }>([
    prepared(db, walkEnd(entries, order, stretch, steps)),
    prepared(db, walkLength(entries, stretch, steps)),
  ]);
  const end = ends?.results[0];
  return {
    end: end === undefined ? null : { id: end.id, value: end.at },
    length: lengths?.results[0]?.n ?? 0,
  };
}
