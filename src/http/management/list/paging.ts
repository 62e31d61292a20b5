/** Lists of /v3 (MGMT-1): query parameters in, a bare array with `Pagination-*` and `Link` headers out. */

import type { Context } from "hono";
import * as z from "zod/mini";
import { membersOf, type Findable } from "../../../registry/find/condition.ts";
import type { Member } from "../../../registry/find/filter.ts";
import type { Found, NotFound } from "../../../registry/find/find.ts";
import { COUNT_LIMIT, type Page, type PageRequest, type Place } from "../../../registry/find/page.ts";
import { WALK } from "../../../registry/find/seek.ts";
import { CURSOR_CHARACTERS, DEEPEST_ROW, LARGEST_PAGE, PAGE_ROWS } from "../../limits.ts";
import { invalidRequest, pointerTo } from "../../problem.ts";
import { validQuery, wholeText } from "../../validate.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { filtering, readFilters, type Filters } from "./filters.ts";
import { allow, seen, type Subject } from "../resource/sight.ts";

export interface ListQuery<Sort extends string> extends PageRequest<Sort> {
  /** Null where the page was asked for by cursor. */
  readonly page: number | null;
  /** The order as it was asked for, with its minus. */
  readonly order: string;
  readonly wanted: Filters;
}

/** What a list has beyond its pages. */
export interface ListOptions {
  /** The table that is listed: what it is filtered and searched by. */
  readonly list?: Findable;
  /** The same of what is no table. */
  readonly members?: Readonly<Record<string, Member>>;
  /** Linked resources that may be asked for by `include`. */
  readonly includes?: readonly string[];
  /** Unless asked otherwise: the first order, or the first from its end. */
  readonly newestFirst?: true;
}

/** The order that is sorted by, a row's value in it and its id, as base64url of JSON. */
const cursorContent = z.tuple([z.string(), z.union([z.number(), z.string(), z.null()]), z.string()]);

/** Schema of a list's query: pages, orders, and the members that it can be filtered by. */
export function listQuery<const Sort extends string>(
  sorts: readonly [Sort, ...Sort[]],
  { list, members = {}, includes = [], newestFirst }: ListOptions = {},
) {
  const known = {
    members: list === undefined ? members : membersOf(list),
    isSearched: list?.word !== undefined,
    includes,
  };
  const orders = sorts.flatMap((sort) => [sort, `-${sort}`]);
  const sent = z.looseObject({
    page: z.optional(wholeText(1, DEEPEST_ROW)),
    limit: z.optional(wholeText(1, LARGEST_PAGE)),
    sort: z.optional(z.enum(orders, { error: `must be one of ${sorts.join(", ")}, or one of them with - before it` })),
    cursor: z.optional(z.string().check(z.maxLength(CURSOR_CHARACTERS))),
  });
  const pages = Object.keys(sent.shape);
  const schema = z.pipe(
    sent,
    z.transform((query: z.output<typeof sent>, context): ListQuery<Sort> => {
      const { page, cursor, limit = PAGE_ROWS, sort: sentOrder, ...others } = query;
      const order = sentOrder ?? (newestFirst ? `-${sorts[0]}` : sorts[0]);
      const refuse = (name: string, message: string) =>
        context.issues.push({ code: "custom", path: [name], message, input: query });
      const wanted = readFilters(others, known, refuse, pages);
      const from = cursor === undefined ? { skip: ((page ?? 1) - 1) * limit } : afterCursor(cursor, order);
      if (from === null) refuse("cursor", "must be from the `Link` of a list with this `sort`");
      if (cursor !== undefined && page !== undefined) refuse("page", "must be left out when there is a cursor");
      if ((page ?? 1) * limit > DEEPEST_ROW) {
        refuse("page", tooFar("times limit"));
      }
      const descending = order.startsWith("-");
      const sort = sorts.find((name) => name === (descending ? order.slice(1) : order)) ?? sorts[0];
      return {
        sort,
        descending,
        limit,
        order,
        from: from ?? { skip: 0 },
        page: cursor === undefined ? (page ?? 1) : null,
        wanted,
      };
    }),
  );
  return filtering(schema, known);
}

/** Middleware: the query of a list of such resources; 403 for what it must not be asked by this caller (MGMT-7). */
export function validList<Schema extends z.ZodMiniType<ListQuery<string>>>(subject: Subject, schema: Schema) {
  return validQuery(schema, ({ wanted }, c: Context<ManagementEnv>) => allow(c.var.sight, subject, wanted));
}

function afterCursor(cursor: string, order: string): { readonly after: Place } | null {
  const content = cursorContent.safeParse(decoded(cursor));
  if (!content.success || content.data[0] !== order) return null;
  const [, value, id] = content.data;
  return { after: { value, id } };
}

function decoded(cursor: string): unknown {
  try {
    const bytes = Uint8Array.from(atob(cursor.replaceAll("-", "+").replaceAll("_", "/")), (letter) =>
      letter.charCodeAt(0),
    );
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return null;
  }
}

function encoded(order: string, { value, id }: Place): string {
  const bytes = new TextEncoder().encode(JSON.stringify([order, value, id]));
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** What was found; a list that no index narrows enough is 400 at the parameter that needs another beside it. */
export function answerFound<Row>(
  c: Context<ManagementEnv>,
  subject: Subject,
  query: ListQuery<string>,
  result: Found<Row>,
  resource: (row: Row) => object,
): Response {
  const shown = (row: Row) => seen(c.var.sight, subject, resource(row));
  if (result.found) return answerList(c, query, result.page, result.total, shown);
  throw notFound(result);
}

export function notFound(result: NotFound) {
  if (result.why === "too-deep") return tooDeep("times limit, for each value asked for,");
  const detail = `needs a narrower filter beside it: more than ${WALK} rows would have to be looked at`;
  return invalidRequest({ pointer: pointerTo([result.parameter]), detail });
}

export function tooDeep(what: string) {
  return invalidRequest({ pointer: "/page", detail: tooFar(what) });
}

function tooFar(what: string): string {
  return `${what} must be at most ${DEEPEST_ROW}: follow the Link header instead`;
}

/** `total` as `registry/page` counts: exact to its limit; null = counting would take too much. */
export function answerList<Row>(
  c: Context,
  query: ListQuery<string>,
  page: Page<Row>,
  total: number | null,
  resource: (row: Row) => unknown,
): Response {
  if (total !== null) c.header("Pagination-Count", String(Math.min(total, COUNT_LIMIT)));
  if (total !== null && total > COUNT_LIMIT) c.header("Pagination-Count-Capped", "true");
  if (query.page !== null) c.header("Pagination-Page", String(query.page));
  c.header("Pagination-Limit", String(query.limit));
  if (page.next !== null) {
    const next = new URLSearchParams([
      ["limit", String(query.limit)],
      ["sort", query.order],
      ...query.wanted.sent.map(([name, value]) => [name, value]),
      ["cursor", encoded(query.order, page.next)],
    ]);
    c.header("Link", `<${c.req.path}?${next}>; rel="next"`);
  }
  return c.json(page.rows.map(resource));
}
