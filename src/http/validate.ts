/** Schemas at the door: `@hono/zod-validator` with our problem body, and the text types that schemas share. */

import { zValidator } from "@hono/zod-validator";
import type { Context } from "hono";
import * as z from "zod/mini";
import { ERRORS_SHOWN } from "./limits.ts";
import { formOf, strangersIn } from "./members.ts";
import { invalidRequest, pointerTo, type FieldError } from "./problem.ts";
import { mustBeText, mustBeWhole, wordsOf } from "./problems/words.ts";

export { MUST_BE_INSTANT, MUST_BE_UUID, mustBeWhole } from "./problems/words.ts";

// zod/mini says "Invalid input" to everything until it is given words.
z.config({ customError: wordsOf });

/**
 * Middleware: the body (already read by `jsonBody`) by a schema; 400 with one pointer for each member at fault.
 * Unknown members are dropped (IN-1), but for those that look misspelt (IN-3), unless the body is a device's
 * ("client"). The handler reads `c.req.valid("json")`.
 */
export function validBody<Schema extends z.core.$ZodType>(schema: Schema, whose: "vendor" | "client" = "vendor") {
  const form = formOf(schema);
  const lenient = whose === "client" ? "client" : "near";
  const middleware = zValidator("json", schema, (result, c: Context) => {
    throwIssues(result, strangersIn(c.get("sent"), form(), c.get("isStrict") === true ? "strict" : lenient));
  });
  SCHEMAS.set(middleware, schema);
  return middleware;
}

/**
 * Middleware: the query by a schema; pointers name the parameter. `allow` throws for what this caller must not ask. The
 * handler reads `c.req.valid("query")`.
 */
export function validQuery<Schema extends z.core.$ZodType>(
  schema: Schema,
  allow: (query: z.output<Schema>, c: Context) => void = () => {},
) {
  const middleware = zValidator("query", schema, (result, c) => {
    // The one name that hono, which collects the query in an object, does not pass on; no call has it.
    if (new URL(c.req.url).searchParams.has("__proto__")) {
      throw invalidRequest({ pointer: "/__proto__", detail: "is no parameter here" });
    }
    throwIssues(result);
    if (result.success) allow(result.data, c);
  });
  SCHEMAS.set(middleware, schema);
  QUERIES.add(schema);
  return middleware;
}

/** Whether routes check queries by it, not bodies. */
export function isQuery(schema: z.core.$ZodType): boolean {
  return QUERIES.has(schema);
}

const QUERIES = new WeakSet<z.core.$ZodType>();
const SCHEMAS = new WeakMap<object, z.core.$ZodType>();

/** What a route's middleware checks bodies or queries by; undefined = it is none of these two. */
export function schemaOf(middleware: object): z.core.$ZodType | undefined {
  return SCHEMAS.get(middleware);
}

interface Checked {
  readonly success: boolean;
  /** On failure: what was sent. */
  readonly data: unknown;
  readonly error?: { readonly issues: readonly Issue[] };
}

type Issue = z.core.$ZodIssue;

/** What is misspelt comes first: it is why others are missing. */
function throwIssues(result: Checked, strangers: readonly FieldError[] = []): void {
  // A long list may have one for each of its items.
  const issues = result.success ? [] : (result.error?.issues.slice(0, ERRORS_SHOWN) ?? []);
  const errors = issues.flatMap((issue) => errorsOf(issue, result.data));
  const all = [...strangers, ...errors].slice(0, ERRORS_SHOWN);
  if (all.length > 0) throw invalidRequest(...all);
}

/** One for each member or parameter. What is not there is required, unless the schema itself says more of that. */
function errorsOf(issue: Issue, sent: unknown): readonly FieldError[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), detail: "is no parameter here" }));
  }
  const value = issue.path.reduce<unknown>((from, key) => (isObject(from) ? Reflect.get(from, key) : undefined), sent);
  const isMissing = value === undefined && issue.code !== "custom";
  return [{ pointer: pointerTo(issue.path), detail: isMissing ? "is required" : issue.message }];
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Text of `least` to `most` characters, counted as JSON Schema counts: code points. */
export function text(least: number, most: number) {
  const error = mustBeText(least, most);
  const isFit = (value: string) => characters(value, most) >= least && characters(value, most) <= most;
  return z.string({ error }).check(z.refine(isFit, error), z.meta({ minLength: least, maxLength: most }));
}

/** A parameter that is a whole number. */
export function wholeText(least: number, most: number) {
  const error = mustBeWhole(least, most);
  return z.pipe(
    z.string({ error }).check(z.regex(/^\d{1,9}$/, { error })),
    z.pipe(z.transform(Number), z.number().check(z.minimum(least, { error }), z.maximum(most, { error }))),
  );
}

/** A member that `parse` reads further; null from it is an issue with this message. */
export function parsed<Schema extends z.core.$ZodType, Output>(
  schema: Schema,
  parse: (value: z.output<Schema>) => Output | null,
  message: string,
) {
  return z.pipe(
    schema,
    z.transform((value: z.output<Schema>, context) => {
      const output = parse(value);
      if (output !== null) return output;
      context.issues.push({ code: "custom", message, input: value });
      return z.NEVER;
    }),
  );
}

/** Code points of `value`; only some number above `most` where there are more, so that huge text costs nothing. */
function characters(value: string, most: number): number {
  if (value.length > 2 * most) return value.length;
  let count = 0;
  for (const _ of value) count += 1;
  return count;
}
