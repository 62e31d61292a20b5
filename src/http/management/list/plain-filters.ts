/**
 * Filters of lists that are found elsewhere than in a table of the catalogue: any-of values, and spans of instants
 * (MGMT-1).
 */

import type { Filter, Member } from "../../../registry/find/filter.ts";
import { invalidRequest, pointerTo } from "../../problem.ts";

/** Epoch ms: from the first, included, to the second, excluded; null = without end. */
export interface Span {
  readonly from: number | null;
  readonly below: number | null;
}

export function anyOf(...names: readonly string[]): Readonly<Record<string, Member>> {
  return Object.fromEntries(names.map((name) => [name, { type: "text", operators: ["eq", "in"] } as const]));
}

export function spans(...names: readonly string[]): Readonly<Record<string, Member>> {
  const operators = ["eq", "gt", "gte", "lt", "lte"] as const;
  return Object.fromEntries(names.map((name) => [name, { type: "instant", operators } as const]));
}

/** Null: not asked for. */
export function valuesOf(asked: readonly Filter[], member: string): readonly string[] | null {
  const [filter, another] = asked.filter((one) => one.member === member);
  if (another !== undefined) throw refused(another, "must be given in one spelling");
  return filter?.values.map(String) ?? null;
}

export function spanOf(asked: readonly Filter[], member: string): Span {
  return asked
    .filter((filter) => filter.member === member)
    .map(bounds)
    .reduce(both, { from: null, below: null });
}

/** Instants have milliseconds, so each comparison is with a whole one. */
function bounds(filter: Filter): Span {
  const [value, ...more] = filter.values;
  if (more.length > 0) throw refused(filter, "must be given once");
  const at = Number(value);
  switch (filter.operator) {
    case "gt":
      return { from: at + 1, below: null };
    case "gte":
      return { from: at, below: null };
    case "lt":
      return { from: null, below: at };
    case "lte":
      return { from: null, below: at + 1 };
    default:
      return { from: at, below: at + 1 };
  }
}

function both(one: Span, other: Span): Span {
  const froms = [one.from, other.from].filter((at) => at !== null);
  const belows = [one.below, other.below].filter((at) => at !== null);
  return {
    from: froms.length === 0 ? null : Math.max(...froms),
    below: belows.length === 0 ? null : Math.min(...belows),
  };
}

function refused({ parameter }: Filter, detail: string) {
  return invalidRequest({ pointer: pointerTo([parameter]), detail });
}
