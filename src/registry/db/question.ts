/**
 * Statements of hot reads: each text is written once per isolate, when it is first asked, and bound per call, since to
 * build it takes the query builder a fifth of such a call. Texts name tables and columns by the schema: one that goes
 * by another name does not compile. Several questions go to D1 in one round trip
 * (0066-one-round-trip-to-d1.md).
 */

import { getTableColumns, is, Param, Placeholder, sql, type GetColumnData, type SQL } from "drizzle-orm";
import { alias, SQLiteAsyncDialect, SQLiteColumn, type SQLiteTable } from "drizzle-orm/sqlite-core";
import { accessTokens } from "./schema.ts";

type RawRow = Readonly<Record<string, unknown>>;
type Value = string | number | null;
/** D1, or a session of it. */
type Database = Pick<D1Database, "prepare" | "batch">;

/** Whom alone D1 answers: the holder of this access token, if it is live at `now` (epoch ms). */
export interface Bearer {
  /** SHA-256 of the token, as it is stored. */
  readonly hash: string;
  readonly now: number;
}

/** One statement with its values, and what its rows say. */
export interface Question<Answer> {
  /** For a bearer it reads nothing, not even whether there is something, unless their token is live. */
  statement(db: Database, bearer: Bearer | null): D1PreparedStatement;
  answer(rows: readonly RawRow[]): Answer;
}

/** What a statement selects: columns, and SQL of what its rows say beside them. */
export type Selected = Readonly<Record<string, SQLiteColumn | SQL>>;
export type RowOf<S extends Selected> = {
  readonly [Member in keyof S]: S[Member] extends SQLiteColumn
    ? GetColumnData<S[Member]>
    : S[Member] extends SQL<infer T>
      ? T
      : never;
};

interface Parts<S extends Selected> {
  readonly select: S;
  readonly from: SQLiteTable | SQL;
  readonly where: SQL;
  /** Order and limit. */
  readonly rest?: SQL;
}

export interface Written<Name extends string, Row> {
  all(values: Readonly<Record<Name, Value>>): Question<readonly Row[]>;
  /** The first row; null = there is none. */
  one(values: Readonly<Record<Name, Value>>): Question<Row | null>;
}

/** `parts` gets what stands for each value, and is called when the statement is first asked. */
export function written<const Name extends string, const S extends Selected>(
  names: readonly Name[],
  parts: (at: Readonly<Record<Name, SQL>>) => Parts<S>,
): Written<Name, RowOf<S>> {
  let made: Texts | null = null;
  const statement = (values: Readonly<Record<Name, Value>>): Omit<Question<unknown>, "answer"> => ({
    statement: (db, bearer) => {
      made ??= textsOf(parts(placesOf(names)));
      const { text, params } = bearer === null ? made.open : made.guarded;
      return db.prepare(text).bind(...params.map((param) => valueIn(param, { ...values, ...guardOf(bearer) })));
    },
  });
  const rowsOf = (rows: readonly RawRow[]) => rows.map((row) => readRow(made?.select ?? {}, row) as RowOf<S>);
  return {
    all: (values) => ({ ...statement(values), answer: rowsOf }),
    one: (values) => ({ ...statement(values), answer: (rows) => rowsOf(rows.slice(0, 1))[0] ?? null }),
  };
}

/** All columns of a table, by id. */
export function writtenById<T extends SQLiteTable & { readonly id: SQLiteColumn }>(table: T) {
  return written(["id"], ({ id }) => ({
    select: getTableColumns(table),
    from: table,
    where: sql`${table.id} = ${id}`,
  }));
}

/** The same question, whose answer is made into something else. */
export function answered<Answer, Made>(question: Question<Answer>, make: (answer: Answer) => Made): Question<Made> {
  return { statement: question.statement, answer: (rows) => make(question.answer(rows)) };
}

type Answers<Questions extends readonly Question<unknown>[]> = {
  readonly [At in keyof Questions]: Questions[At] extends Question<infer Answer> ? Answer : never;
};

/** Asks alone. Rejects when D1 fails. */
export async function ask<Answer>(db: Database, question: Question<Answer>): Promise<Answer> {
  const { results } = await told(question.statement(db, null).all<RawRow>());
  return question.answer(results);
}

/** One round trip. Rejects when D1 fails. */
export async function askTogether<const Questions extends readonly Question<unknown>[]>(
  db: Database,
  questions: Questions,
): Promise<Answers<Questions>> {
  const answers = await answersOf(
    db,
    questions.map((question) => ({ question, bearer: null })),
  );
  return answers as Answers<Questions>;
}

/** The same, of each for whom it is asked; one that is asked alone is no batch. */
export async function answersOf(
  db: Database,
  asked: readonly { readonly question: Question<unknown>; readonly bearer: Bearer | null }[],
): Promise<readonly unknown[]> {
  const statements = asked.map(({ question, bearer }) => question.statement(db, bearer));
  const [only, ...more] = statements;
  if (only === undefined) return [];
  const results = more.length === 0 ? [await told(only.all<RawRow>())] : await told(db.batch<RawRow>(statements));
  return asked.map(({ question }, at) => question.answer(results[at]?.results ?? []));
}

/** As drizzle does: whatever the platform threw, it threw at a statement (src/registry/db/outage.ts). */
async function told<T>(sent: Promise<T>): Promise<T> {
  try {
    return await sent;
  } catch (error) {
    throw new Error("Failed query", { cause: error });
  }
}

interface Text {
  readonly text: string;
  readonly params: readonly unknown[];
}

interface Texts {
  readonly select: Selected;
  readonly open: Text;
  readonly guarded: Text;
}

const dialect = new SQLiteAsyncDialect();

function textsOf({ select, from, where, rest = sql`` }: Parts<Selected>): Texts {
  const members = Object.entries(select).map(([member, what]) => sql`${what} AS ${sql.identifier(member)}`);
  const selecting = sql`SELECT ${sql.join(members, sql`, `)} FROM`;
  return {
    select,
    open: textOf(sql`${selecting} ${from} WHERE ${where} ${rest}`),
    guarded: textOf(
      sql`${selecting} ${accessTokens} AS ${BEARER} CROSS JOIN ${from} WHERE ${IS_LIVE} AND (${where}) ${rest}`,
    ),
  };
}

/** CROSS JOIN: the token is looked up first, and without one nothing else is. */
const BEARER = alias(accessTokens, "bearer");
const GUARD = { hash: "bearer hash", now: "bearer now" } as const;
const IS_LIVE = sql`${BEARER.hash} = ${sql.placeholder(GUARD.hash)} AND NOT ${BEARER.revoked}
  AND (${BEARER.expiresAt} IS NULL OR ${BEARER.expiresAt} > ${sql.placeholder(GUARD.now)})`;

function guardOf(bearer: Bearer | null): Readonly<Record<string, Value>> {
  return bearer === null ? {} : { [GUARD.hash]: bearer.hash, [GUARD.now]: bearer.now };
}

function textOf(query: SQL): Text {
  const { sql: text, params } = dialect.sqlToQuery(query);
  return { text, params };
}

function placesOf<Name extends string>(names: readonly Name[]): Readonly<Record<Name, SQL>> {
  return Object.fromEntries(names.map((name) => [name, sql`${sql.placeholder(name)}`])) as Record<Name, SQL>;
}

/** What is no place for a value is a value of ours. */
function valueIn(param: unknown, values: Readonly<Record<string, Value>>): unknown {
  const place = is(param, Param) ? param.value : param;
  return is(place, Placeholder) ? values[place.name] : param;
}

function readRow(select: Selected, row: RawRow): RawRow {
  const members = Object.entries(select).map(([member, what]) => {
    const value = row[member] ?? null;
    return [member, value !== null && is(what, SQLiteColumn) ? what.mapFromDriverValue(value) : value];
  });
  return Object.fromEntries(members) as RawRow;
}
