/** Problems in the document (ERR-1): one response for each status of each API, with its codes. */

import { allProblems, slugOf, type Dialect } from "../../src/http/codes.ts";
import type { ProblemKind } from "../../src/http/problems/kind.ts";
import type { JsonSchema } from "./type-schemas.ts";

const ACTIONS = ["fix-request", "sign-in", "activate-again", "wait", "release-a-device", "contact-vendor"] as const;
type Entry = readonly [code: string, kind: ProblemKind];

function codesOf(dialect: Dialect): readonly Entry[] {
  return allProblems().filter(([code]) => /^[A-Z]/.test(code) === (dialect === "management"));
}

export const PROBLEM_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  ActivationProblem: problemSchema("activation"),
  ManagementProblem: problemSchema("management"),
};

function problemSchema(dialect: Dialect): JsonSchema {
  const text = { type: "string" };
  const count = { type: "integer" };
  return {
    type: "object",
    description: "RFC 9457, with members of our own.",
    properties: {
      type: { type: "string", format: "uri-reference" },
      title: text,
      status: count,
      detail: text,
      instance: text,
      code: { type: "string", enum: codesOf(dialect).map(([code]) => code) },
      message: text,
      errors: {
        type: "array",
        items: {
          type: "object",
          properties: { pointer: { type: "string", description: "RFC 6901" }, detail: text },
          required: ["pointer", "detail"],
        },
      },
      action: { type: "string", enum: ACTIONS },
      retryable: { type: "boolean" },
      limit: count,
      used: count,
      retryAfter: { type: "number", description: "Seconds." },
      requestId: text,
    },
    required: ["type", "title", "status", "detail", "instance", "code", "message", "requestId"],
  };
}

/** By dialect and status, as `management-404`. */
export function problemResponses(): Readonly<Record<string, JsonSchema>> {
  const dialects = ["activation", "management"] as const;
  return Object.fromEntries(dialects.flatMap((dialect) => responsesOf(dialect)));
}

function responsesOf(dialect: Dialect): readonly (readonly [string, JsonSchema])[] {
  const byStatus = new Map<number, readonly Entry[]>();
  for (const [code, kind] of codesOf(dialect)) {
    // Of methods that are no operation.
    if (kind.status === 405) continue;
    for (const status of [kind.status, ...(kind.elsewhere === undefined ? [] : [kind.elsewhere.status])]) {
      byStatus.set(status, [...(byStatus.get(status) ?? []), [code, { ...kind, status }]]);
    }
  }
  const name = dialect === "activation" ? "ActivationProblem" : "ManagementProblem";
  return [...byStatus].map(([status, entries]) => [
    `${dialect}-${status}`,
    {
      description: entries.map(([code, { title }]) => `\`${code}\`: ${title}.`).join("\n"),
      ...(status === 429 || status === 503 ? { headers: { "Retry-After": { schema: { type: "integer" } } } } : {}),
      content: {
        "application/problem+json": {
          schema: { $ref: `#/components/schemas/${name}` },
          examples: Object.fromEntries(entries.map((entry) => [entry[0], { value: exampleOf(entry) }])),
        },
      },
    },
  ]);
}

function exampleOf([code, { status, title, cause, action, retryable }]: Entry): object {
  return {
    ...{ type: `/problems/${slugOf(code)}`, title, status, detail: cause, instance: "/", code, message: cause },
    ...(action === undefined ? {} : { action }),
    ...(retryable === undefined ? {} : { retryable }),
    requestId: "0193f3a4-0000-7000-8000-0000000000ff",
  };
}
