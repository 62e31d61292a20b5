/** What filters of lists mean (MGMT-1), said over resources in plain JavaScript: an oracle that knows no SQL. */

import type { Json } from "./management.ts";

export type Kind = "exact" | "text" | "e-mail" | "number" | "instant";

export interface Asked {
  readonly member: string;
  readonly operator: string;
  readonly values: readonly string[];
}

/** How a member is read from a resource, and compared. `isVoidable`: the empty value asks for those without. */
export interface Read {
  readonly kind: Kind;
  readonly isVoidable: boolean;
  readonly value: (resource: Json) => unknown;
}

export const OPERATORS: Readonly<Record<Kind, readonly string[]>> = {
  exact: ["eq", "ne", "in", "nin"],
  text: ["eq", "ne", "in", "nin", "sw", "ew", "cn", "nc"],
  "e-mail": ["eq", "ne", "in", "nin", "sw", "ew", "cn", "nc"],
  number: ["eq", "ne", "in", "nin", "gt", "gte", "lt", "lte"],
  instant: ["eq", "ne", "in", "nin", "gt", "gte", "lt", "lte"],
};

const NEGATIONS: Readonly<Record<string, string>> = { ne: "eq", nin: "in", nc: "cn" };

export function fulfils(resource: Json, { operator, values }: Asked, read: Read): boolean {
  const positive = NEGATIONS[operator];
  const value = read.value(resource);
  if (positive !== undefined) return !values.some((wanted) => isSo(value, positive, wanted, read));
  return values.some((wanted) => isSo(value, operator, wanted, read));
}

/** MGMT-1: `metadata.key` and `metadata.value` bind to the same item, negations too. */
export function hasItem(resource: Json, filters: readonly Asked[]): boolean {
  const items = resource.metadata as readonly Json[];
  return items.some((item) =>
    filters.every((asked) =>
      fulfils(item, asked, {
        kind: "text",
        isVoidable: false,
        value: (one) => one[asked.member.slice("metadata.".length)],
      }),
    ),
  );
}

const DEFAULT_KEY = /^([A-F0-9]{6}-){5}[A-F0-9]{6}$/;

/** Every word of the search begins one of the license's, or its user's; or all of it a key in the default format. */
export function hasWords(resource: Json, search: string): boolean {
  const key = String(resource.key);
  const isDefault = DEFAULT_KEY.test(key);
  const digits = search.replace(/[\s-]/g, "").toUpperCase();
  if (isDefault && digits !== "" && key.replaceAll("-", "").startsWith(digits)) return true;
  const user = (resource.user ?? {}) as Json;
  const items = resource.metadata as readonly Json[];
  const texts = [isDefault ? "" : key, user.email, user.firstName, user.lastName, user.company].concat(
    items.map(({ value }) => value),
  );
  const words = texts.flatMap((text) => wordsIn(String(text ?? "")));
  return wordsIn(search).every((wanted) => words.some((word) => word.startsWith(wanted)));
}

function wordsIn(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

function isSo(value: unknown, operator: string, wanted: string, { kind, isVoidable }: Read): boolean {
  if (value === null || value === undefined || (isVoidable && value === "")) {
    return isVoidable && wanted === "" && (operator === "eq" || operator === "in");
  }
  if (kind === "number" || kind === "instant") {
    if (wanted === "") return false;
    const [left, right] =
      kind === "number" ? [Number(value), Number(wanted)] : [Date.parse(String(value)), Date.parse(wanted)];
    return compared(left, operator, right);
  }
  const [text, part] = [String(value), wanted];
  const [folded, foldedPart] = [text.toLowerCase(), part.toLowerCase()];
  switch (operator) {
    case "sw":
      return folded.startsWith(foldedPart);
    case "ew":
      return folded.endsWith(foldedPart);
    case "cn":
      return folded.includes(foldedPart);
    default:
      return kind === "e-mail" ? folded === foldedPart : text === part;
  }
}

function compared(left: number, operator: string, right: number): boolean {
  switch (operator) {
    case "gt":
      return left > right;
    case "gte":
      return left >= right;
    case "lt":
      return left < right;
    case "lte":
      return left <= right;
    default:
      return left === right;
  }
}

/** As lists are sorted: voids first, ties by id, all of it turned round by a minus. */
export function sorted(resources: readonly Json[], sort: string): readonly Json[] {
  const member = sort.replace("-", "");
  const up = resources.toSorted(
    (one, other) => inOrder(one[member] ?? "", other[member] ?? "") || inOrder(one.id, other.id),
  );
  return sort.startsWith("-") ? up.toReversed() : up;
}

function inOrder(one: unknown, other: unknown): number {
  const [left, right] = [String(one), String(other)];
  return left < right ? -1 : Number(left > right);
}
