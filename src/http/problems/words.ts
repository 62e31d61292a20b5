/** ERR-1: what a schema has against a value, in words that go on after the member's name: "must be ...". */

import type * as z from "zod/mini";

type RawIssue = z.core.$ZodRawIssue;
type IssueOf<Code extends RawIssue["code"]> = Extract<RawIssue, { readonly code: Code }>;
type Words = { readonly [Code in NonNullable<RawIssue["code"]>]: (issue: IssueOf<Code>) => string };

/** Total over the kinds of issues that the library knows. Schemas that say more say it themselves. */
const WORDS: Words = {
  invalid_type: ({ expected }) => TYPES[expected] ?? "must be of another type",
  too_small: ({ origin, minimum }) => `must ${lengthOf(origin, Number(minimum))} or more`,
  too_big: ({ origin, maximum }) =>
    maximum === 0 && origin === "array" ? "must be an empty list" : `must ${lengthOf(origin, Number(maximum))} or less`,
  invalid_format: ({ format }) => `must have the form of ${format === "regex" ? "what is described" : format}`,
  not_multiple_of: ({ divisor }) => `must be a multiple of ${divisor}`,
  invalid_value: ({ values }) => mustBeOneOf(values),
  unrecognized_keys: ({ keys }) => `must not have ${keys.join(", ")}`,
  invalid_union: () => "must be of another type or form",
  invalid_key: () => "must have names of another form",
  invalid_element: () => "must have entries of another form",
  custom: () => "is not valid",
};

const TYPES: Readonly<Record<string, string>> = {
  string: "must be text",
  number: "must be a number",
  int: "must be a whole number",
  boolean: "must be true or false",
  array: "must be a list",
  tuple: "must be a list",
  object: "must be an object",
  record: "must be an object",
  null: "must be null",
  undefined: "must be left out",
  never: "must be left out",
};

export function wordsOf(issue: RawIssue): string {
  return tell(issue.code, issue);
}

function tell<Code extends keyof Words>(code: Code, issue: RawIssue): string {
  return WORDS[code](issue as IssueOf<Code>);
}

function lengthOf(origin: string, size: number): string {
  if (origin === "string") return `have ${size} characters`;
  if (origin === "number" || origin === "int" || origin === "bigint") return `be ${size}`;
  return size === 1 ? "have 1 entry" : `have ${size} entries`;
}

export function mustBeText(least: number, most: number): string {
  return least === 0 ? `must be text of at most ${most} characters` : `must be text of ${least} to ${most} characters`;
}

export function mustBeWhole(least: number, most: number): string {
  return `must be a whole number from ${least} to ${most}`;
}

export function mustBeOneOf(values: readonly unknown[]): string {
  const [only, ...more] = values.map((value) => JSON.stringify(value));
  return more.length === 0 ? `must be ${only}` : `must be one of ${[only, ...more].join(", ")}`;
}

export const MUST_BE_UUID = "must be a UUID such as 0193f3a4-5b1c-7d2e-8f00-112233445566";
export const MUST_BE_INSTANT = "must be an instant such as 2026-05-01T12:00:00Z, between 1970 and 9999";
