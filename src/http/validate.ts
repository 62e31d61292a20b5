/** Schemas at the door: `@hono/zod-validator` with our problem body, and the text types that schemas share. */

import { zValidator } from "@hono/zod-validator";
import type { Context } from "hono";
import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";
import { ERRORS_SHOWN } from "./limits.ts";
import { formOf, strangersIn } from "./members.ts";
import { invalidRequest, pointerTo, type FieldError } from "./problem.ts";

// zod/mini says "Invalid input" to everything until it is given a language.
z.config(en());

/**
 * Middleware: the body (already read by `jsonBody`) by a schema; 400 with one pointer for each member at fault.
 * Unknown members are dropped (IN-1), but for those that look misspelt (IN-3), unless the body is a device's
 * ("client"). The handler reads `c.req.valid("json")`.
 */
export function validBody<Schema extends z.core.$ZodType>(schema: Schema, whose: "vendor" | "client" = "vendor") {
  const form = formOf(schema);
  const lenient = whose === "client" ? "client" : "near";
  return zValidator("json", schema, (result, c: Context) => {
    throwIssues(result, strangersIn(c.get("sent"), form, c.get("isStrict") === true ? "strict" : lenient));
  });
}

/**
 * Middleware: the query by a schema; pointers name the parameter. `allow` throws for what this caller must not ask. The
 * handler reads `c.req.valid("query")`.
 */
export function validQuery<Schema extends z.core.$ZodType>(
  schema: Schema,
  allow: (query: z.output<Schema>, c: Context) => void = () => {},
) {
  return zValidator("query", schema, (result, c) => {
    // The one name that hono, which collects the query in an object, does not pass on; no call has it.
    if (new URL(c.req.url).searchParams.has("__proto__")) {
      throw invalidRequest({ pointer: "/__proto__", detail: "is no parameter here" });
    }
    throwIssues(result);
    if (result.success) allow(result.data, c);
  });
}

interface Checked {
  readonly success: boolean;
  /** On failure: what was sent. */
  readonly data: unknown;
  readonly error?: { readonly issues: readonly Issue[] };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What is misspelt comes first: it is why others are missing. */
function throwIssues(result: Checked, strangers: readonly FieldError[] = []): void {
  // A long list may have one for each of its items.
  const issues = result.success ? [] : (result.error?.issues.slice(0, ERRORS_SHOWN) ?? []);
  const errors = issues.map((issue) => ({ pointer: pointerTo(issue.path), detail: detailOf(issue, result.data) }));
  const all = [...strangers, ...errors].slice(0, ERRORS_SHOWN);
  if (all.length > 0) throw invalidRequest(...all);
}

/** zod's own words, but for a member that is not there. */
function detailOf(issue: Issue, sent: unknown): string {
  const value = issue.path.reduce<unknown>((from, key) => (isObject(from) ? Reflect.get(from, key) : undefined), sent);
  return value === undefined ? "is required" : issue.message;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Text of `least` to `most` characters, counted as JSON Schema counts: code points. */
export function text(least: number, most: number) {
  return z.string().check(
    z.refine(
      (value) => characters(value, most) >= least,
      least === 1 ? "is empty" : `has fewer than ${least} characters`,
    ),
    z.refine((value) => characters(value, most) <= most, `has more than ${most} characters`),
    z.meta({ minLength: least, maxLength: most }),
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
