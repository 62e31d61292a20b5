/** What one filter asks of a value (MGMT-1), and how SQL asks it. One parameter each, whatever the number of values. */

import { and, sql, type SQL, type SQLWrapper } from "drizzle-orm";
import type { FilterValue, Member, Operator, ValueType } from "./filter.ts";

/** A filter without its negation. */
export type Test =
  | { readonly kind: "any"; readonly values: readonly FilterValue[] }
  | { readonly kind: "text"; readonly where: Where; readonly texts: readonly string[] }
  /** From the first, included, to the second, excluded; null = without end. */
  | { readonly kind: "span"; readonly from: number | null; readonly below: number | null };

export type Where = "start" | "end" | "anywhere";

export interface Asked {
  readonly test: Test;
  readonly isNot: boolean;
}

/** Of operators that do not compare. Not to be one of a few values is to be one of the others, which an index finds. */
export function askedOf(member: Member, operator: Operator, values: readonly FilterValue[]): Asked {
  const texts = values.map(String);
  switch (operator) {
    case "sw":
      return { test: { kind: "text", where: "start", texts }, isNot: false };
    case "ew":
      return { test: { kind: "text", where: "end", texts }, isNot: false };
    case "cn":
    case "nc":
      return { test: { kind: "text", where: "anywhere", texts }, isNot: operator === "nc" };
    default: {
      const isNot = operator === "ne" || operator === "nin";
      const all = isNot ? allValues(member) : null;
      if (all === null) return { test: { kind: "any", values }, isNot };
      return { test: { kind: "any", values: all.filter((value) => !values.includes(value)) }, isNot: false };
    }
  }
}

function allValues({ type, nullable }: Member): readonly FilterValue[] | null {
  const named = namedValues(type);
  return named === null || nullable !== true ? named : [...named, null];
}

function namedValues(type: ValueType): readonly FilterValue[] | null {
  if (type === "boolean") return [true, false];
  return typeof type === "string" ? null : type;
}

/** Null counts as false. */
export function negated(predicate: SQL | boolean): SQL | boolean {
  return typeof predicate === "boolean" ? !predicate : sql`NOT COALESCE(${predicate}, 0)`;
}

/** Values as JSON has them, which is how SQLite reads them out of JSON: booleans are 1 and 0. */
export function isAny(operand: SQLWrapper, values: readonly FilterValue[]): SQL {
  const given = values.filter((value) => value !== null);
  const isGiven = sql`${operand} IN ${listed(given)}`;
  if (given.length === values.length) return isGiven;
  return given.length === 0 ? sql`${operand} IS NULL` : sql`(${isGiven} OR ${operand} IS NULL)`;
}

/** The values as a subquery. */
export function listed(values: readonly FilterValue[]): SQL {
  return sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`;
}

/** Any of the texts is in the operand there. The case of A to Z alone is ignored: SQLite knows no other. */
export function hasText(operand: SQLWrapper, where: Where, texts: readonly string[]): SQL {
  return sql`EXISTS (SELECT 1 FROM json_each(${JSON.stringify(texts)}) AS text WHERE ${found(sql`lower(${operand})`, where, sql`lower(text.value)`)})`;
}

/** The same of texts and an operand that are folded alike already. */
export function hasFolded(operand: SQLWrapper, where: Where, texts: readonly string[]): SQL {
  return sql`EXISTS (SELECT 1 FROM json_each(${JSON.stringify(texts)}) AS text WHERE ${found(sql`${operand}`, where, sql`text.value`)})`;
}

/** No LIKE: D1 refuses patterns of more than 50 bytes. */
function found(operand: SQL, where: Where, text: SQL): SQL {
  switch (where) {
    case "start":
      return sql`substr(${operand}, 1, length(${text})) = ${text}`;
    case "end":
      return sql`substr(${operand}, -length(${text})) = ${text}`;
    case "anywhere":
      return sql`instr(${operand}, ${text}) > 0`;
  }
}

export function isWithin(operand: SQLWrapper, from: number | null, below: number | null): SQL {
  const bounds = [
    ...(from === null ? [] : [sql`${operand} >= ${from}`]),
    ...(below === null ? [] : [sql`${operand} < ${below}`]),
  ];
  return and(...bounds) ?? sql`${operand} IS NOT NULL`;
}

/** A predicate on a plain value, by every kind of test. */
export function matches(operand: SQLWrapper, test: Test): SQL {
  switch (test.kind) {
    case "any":
      return isAny(operand, test.values);
    case "text":
      return hasText(operand, test.where, test.texts);
    case "span":
      return isWithin(operand, test.from, test.below);
  }
}

/** The same of a value that all rows have. */
export function isTrueOf(value: FilterValue, test: Test): boolean {
  switch (test.kind) {
    case "any":
      return test.values.includes(value);
    case "text":
      return typeof value === "string" && test.texts.some((text) => hasPart(value.toLowerCase(), test.where, text));
    case "span":
      return typeof value === "number" && value >= (test.from ?? value) && (test.below === null || value < test.below);
  }
}

function hasPart(value: string, where: Where, text: string): boolean {
  const part = text.toLowerCase();
  if (where === "start") return value.startsWith(part);
  return where === "end" ? value.endsWith(part) : value.includes(part);
}
