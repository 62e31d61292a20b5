/**
 * One statement that measures what could lead and reads the page by the least of it (MGMT-1), so that D1 is asked once.
 * What is not to be gone through has a LIMIT of 0, which SQLite looks at before the first entry.
 */

import { and, or, sql, type SQL } from "drizzle-orm";
import type { Condition, Findable, Related } from "./condition.ts";
import {
  columnsOf,
  countOf,
  measureOf,
  orderOf,
  sortOf,
  unionOf,
  type Entries,
  type Request,
} from "./find-statements.ts";
import { isWithin } from "./filter-test.ts";
import { inOrder, stretches } from "./order.ts";
import { WALK, type Seek } from "./seek.ts";
import { uuidOf } from "../db/uuid.ts";

/** What could lead: a filter's entries, or the list's. */
export type Lead = Pick<Seek, "any" | "hops">;

export interface Plan {
  readonly list: Findable;
  readonly request: Request;
  readonly conditions: readonly Condition[];
  /** Empty where `few` leads. */
  readonly leads: readonly Lead[];
  /** Entries of a unique index: nothing has fewer, and nobody measures. */
  readonly few: Seek | null;
  /** In the order asked for; null = some filter has no index, and a walk might find nothing for ever. */
  readonly walk: Entries | null;
}

/** What the statement says beside the rows, in each of them; without rows, in one that has no id. */
export interface Told {
  /** 1: the page was read by what leads. */
  readonly led: 0 | 1;
  /** 1: the walk filled the page, or came to the end. */
  readonly filled: 0 | 1;
  /** 1: there are entries after the walk. */
  readonly cut: 0 | 1;
  /** Rows that fulfil it all, up to one more than `WALK`; null = counting would take too much. */
  readonly total: number | null;
}

/** Rows of the walk that comes first: mostly enough. */
const SHORT_WALK = 500;

export function atOnce(plan: Plan): SQL {
  const { list, request } = plan;
  const { descending, limit, from } = request;
  const skip = "skip" in from ? from.skip : 0;
  const direction = sql.raw(descending ? "DESC" : "ASC");
  const page = sql`SELECT * FROM (${pageEntries(plan)}) ORDER BY stretch, at ${direction}, id ${direction} LIMIT ${limit + 1} OFFSET ${skip}`;
  return sql`WITH ${sql.join([...tablesOf(plan, skip + limit)], sql`, `)}
    SELECT told.*, ${columnsOf(list)} FROM (${toldOf(plan)}) AS told LEFT JOIN (${page}) AS page ON true
    LEFT JOIN ${list.table} ON ${list.id} = page.id
    ORDER BY page.stretch, page.at ${direction}, page.id ${direction}`;
}

function tablesOf(plan: Plan, wanted: number): readonly SQL[] {
  const { walk, conditions } = plan;
  const related = conditions.find((condition) => condition.related !== undefined)?.related;
  if (related === undefined) {
    return [...leastOf(plan, sql`least`), ...(walk === null ? [] : walkOf(plan, walk, wanted)), foundOf(plan)];
  }
  // What only narrows is never walked.
  const led = sql`SELECT id FROM led WHERE (SELECT lead IS NOT NULL FROM least)`;
  return [...leastOf(plan, sql`smallest`), ...reachOf(plan, related), foundAmong(plan, led)];
}

/** `least`, or another name: which one leads, and how many entries it has. */
function leastOf({ leads, few }: Plan, name: SQL): readonly SQL[] {
  if (few !== null) return [sql`${name} AS MATERIALIZED (SELECT 0 AS lead, 0 AS n)`];
  const sizes = leads.map((_, at) => sql.identifier(`n${at}`));
  const measures = leads.map((lead, at) => sql`(${measureOf(lead)}) AS ${sizes[at]}`);
  const least = sizes.length === 1 ? sql`${sizes[0]}` : sql`min(${sql.join(sizes, sql`, `)})`;
  const names = sizes.map((size, at) => sql`WHEN n = ${size} THEN ${sql.raw(String(at))}`);
  return [
    sql`measured AS MATERIALIZED (SELECT ${sql.join(measures, sql`, `)})`,
    sql`${name} AS MATERIALIZED (SELECT CASE WHEN n > ${WALK} THEN NULL ${sql.join(names, sql` `)} END AS lead, n
      FROM (SELECT *, ${least} AS n FROM measured))`,
  ];
}

/**
 * `led`: the ids of what leads. `least`: the same lead, unless too many related rows belong to them. Measured once, of
 * the one that leads: to measure it of each that could would make the statement too long for D1.
 */
function reachOf(plan: Plan, { rows, hops }: Related): readonly SQL[] {
  const counts = [...hops, rows].map((way) => sql`(${countOf(sql`SELECT 1 FROM led CROSS JOIN ${way(sql`led.id`)}`)})`);
  return [
    sql`led AS MATERIALIZED (${idsOf(armsOf(plan, sql`smallest`, sql`lead IS NOT NULL`))})`,
    sql`least AS MATERIALIZED (SELECT CASE WHEN ${sql.join(counts, sql` + `)} <= ${WALK} THEN lead END AS lead, n FROM smallest)`,
  ];
}

/**
 * The one filter, where its entries are the rows that it finds: nobody has to look at them all to count them, so a walk
 * comes first where they are many.
 */
function isCounted({ conditions: [only, ...more], few }: Plan): boolean {
  const seek = only?.seek ?? null;
  return seek !== null && more.length === 0 && few === null && seek.isExact && seek.isSingle;
}

/**
 * `walked1`, `walked2`: what a short walk finds in each stretch, up to the page's end and one; CROSS JOIN takes the
 * entries in their order. `walk`: how it ended.
 */
function walkOf(plan: Plan, entries: Entries, wanted: number): readonly SQL[] {
  const { list, request } = plan;
  const order = orderOf(list, request, entries);
  const after = "after" in request.from ? request.from.after : null;
  const isOn = isCounted(plan) ? sql`n > ${SHORT_WALK}` : sql`lead IS NULL`;
  const steps = sql`(SELECT CASE WHEN ${isOn} THEN ${SHORT_WALK} ELSE 0 END FROM least)`;
  const parts = stretches(order, after);
  const walked = parts.map(
    (stretch, at) =>
      sql`${nameOf(at)} AS MATERIALIZED (SELECT place.id, place.at FROM (
          SELECT id, at FROM (${entries.select}) AS place WHERE ${stretch} ${inOrder(order)} LIMIT ${steps}) AS place
        CROSS JOIN ${list.table} ON ${list.id} = place.id WHERE ${predicateOf(plan)} LIMIT ${wanted + 1})`,
  );
  const cuts = parts.map(
    (stretch, at) =>
      sql`(SELECT count(*) FROM (SELECT 1 FROM (${entries.select}) AS place WHERE ${stretch} LIMIT ${steps})) = ${SHORT_WALK} AS ${cutOf(at)}`,
  );
  const counts = parts.map((_, at) => sql`(SELECT count(*) FROM ${nameOf(at)})`);
  // What comes after a stretch that was cut is not what follows in the order.
  const found =
    counts.length === 1 ? sql`${counts[0]}` : sql`${counts[0]} + CASE WHEN cut1 THEN 0 ELSE ${counts[1]} END`;
  const cut = parts.length === 1 ? sql`cut1` : sql`(cut1 OR cut2)`;
  return [
    ...walked,
    sql`ends AS MATERIALIZED (SELECT ${sql.join(cuts, sql`, `)})`,
    sql`walk AS MATERIALIZED (SELECT *, ${cut} AS cut, (SELECT ${isOn} FROM least) AND (NOT ${cut} OR ${found} >= ${wanted}) AS filled FROM ends)`,
  ];
}

function nameOf(stretch: number): SQL {
  return sql.raw(`walked${stretch + 1}`);
}

function cutOf(stretch: number): SQL {
  return sql.raw(`cut${stretch + 1}`);
}

/** `found`: all rows that fulfil it, by what leads. */
function foundOf(plan: Plan): SQL {
  const hasWalk = plan.walk !== null && isCounted(plan);
  const open = hasWalk ? sql`lead IS NOT NULL AND NOT (SELECT filled FROM walk)` : sql`lead IS NOT NULL`;
  const arms = armsOf(plan, sql`least`, open);
  const tests = indexTests(plan);
  if (tests === null) return foundAmong(plan, idsOf(arms));
  const each = arms.map(({ any, most }, at) => {
    const others = tests.filter((_, other) => other !== at);
    return sql`SELECT ${uuidOf(sql`e.bytes`)} AS id, e.at FROM (SELECT DISTINCT bytes, at FROM (${any}) LIMIT ${most}) AS e WHERE ${and(...others) ?? sql`true`}`;
  });
  return sql`found AS MATERIALIZED (${unionOf(each)})`;
}

/** Entries of each that could lead, as many as `most` says: of those that do not, none. */
interface Arm {
  readonly any: SQL;
  readonly most: SQL;
}

function armsOf({ leads, few }: Plan, least: SQL, open: SQL): readonly Arm[] {
  return (few === null ? leads : [few]).map(({ any }, at) => {
    const most = sql`(SELECT CASE WHEN ${open} AND lead = ${sql.raw(String(at))} THEN ${WALK + 1} ELSE 0 END FROM ${least})`;
    return { any, most };
  });
}

function idsOf(arms: readonly Arm[]): SQL {
  const ids = unionOf(arms.map(({ any, most }) => sql`SELECT id FROM (SELECT id FROM (${any}) LIMIT ${most})`));
  return sql`SELECT DISTINCT id FROM (${ids})`;
}

function foundAmong(plan: Plan, ids: SQL): SQL {
  const { list, request } = plan;
  const { column } = sortOf(list, request);
  return sql`found AS MATERIALIZED (SELECT ${list.id} AS id, ${column} AS at FROM (${ids}) AS e
    CROSS JOIN ${list.table} ON ${list.id} = e.id WHERE ${predicateOf(plan)})`;
}

/** More would make the statement long, since each of them is tried on the entries of each other one. */
const MOST_TESTS = 3;

/**
 * Where an index knows all filters, and the order: whether an entry `e` is in each filter's index, too. Null: rows have
 * to be looked at.
 */
function indexTests({ conditions, request, leads, few }: Plan): readonly SQL[] | null {
  if (few !== null || request.sort !== "createdAt" || conditions.length > MOST_TESTS) return null;
  const sought = conditions.flatMap(({ seek }) => seek ?? []);
  const tests = sought.flatMap(({ isExact, has }) =>
    isExact && has !== undefined ? has(sql`e.bytes`, sql`e.at`) : [],
  );
  const spans = conditions.flatMap(({ seek, span }) =>
    seek === null && span?.sort === request.sort ? isWithin(sql`e.at`, span.from, span.below) : [],
  );
  const isKnown = tests.length === leads.length && tests.length + spans.length === conditions.length;
  return isKnown && tests.length > 0 ? [...tests, ...spans] : null;
}

function predicateOf({ conditions }: Plan): SQL {
  return (
    and(...conditions.flatMap(({ predicate }) => (typeof predicate === "boolean" ? [] : [predicate]))) ?? sql`true`
  );
}

/** Of the page and what follows it. */
function pageEntries({ list, request, walk }: Plan): SQL {
  const { from, descending } = request;
  const hasVoids = !sortOf(list, request).column.notNull;
  const order = { at: sql`at`, id: sql`id`, hasBytes: false, descending, hasVoids };
  const rest = "after" in from ? (or(...stretches(order, from.after)) ?? sql`false`) : sql`true`;
  const led = sql`SELECT 0 AS stretch, id, at FROM found WHERE ${rest}`;
  if (walk === null) return led;
  const parts = stretches(order, "after" in from ? from.after : null).map((_, at) => {
    const isWhole = at === 0 ? sql`filled` : sql`filled AND NOT cut1`;
    return sql`SELECT ${sql.raw(String(at + 1))} AS stretch, id, at FROM ${nameOf(at)} WHERE (SELECT ${isWhole} FROM walk)`;
  });
  return sql.join([led, ...parts], sql` UNION ALL `);
}

function toldOf(plan: Plan): SQL {
  const ended =
    plan.walk === null
      ? sql`0 AS filled, 0 AS cut`
      : sql`(SELECT filled FROM walk) AS filled, (SELECT cut FROM walk) AS cut`;
  const total = isCounted(plan)
    ? sql`(SELECT n FROM least)`
    : sql`(SELECT CASE WHEN lead IS NOT NULL THEN (SELECT count(*) FROM found) END FROM least)`;
  return sql`SELECT (SELECT lead IS NOT NULL FROM least) AS led, ${ended}, ${total} AS total`;
}
