/**
 * MGMT-3 on the wire (RFC 9110 8.8.3, 13.1.1): `ETag` of an answer that shows one resource, `If-Match` of a change.
 * Here alone digests become tags and tags digests (MGMT-7).
 */

import type { Context, MiddlewareHandler } from "hono";
import type { ConditionalCall, IfMatch } from "../../../domain/license/calls.ts";
import { IF_MATCH_CHARACTERS } from "../../limits.ts";
import { invalidRequest, Problem } from "../../problem.ts";
import type { ManagementEnv } from "./context.ts";
import type { Sight } from "../../scopes.ts";
import { seen, type Subject } from "./sight.ts";

export interface Answer {
  readonly status?: 200 | 201;
  readonly headers?: Readonly<Record<string, string>>;
  /** Unless given, what the caller may see. */
  readonly sight?: Sight;
}

/**
 * Shows one resource. No compression on the way: whoever compresses an answer makes its tag weak, and a weak tag that
 * comes back matches nothing.
 */
export async function answerOne(
  c: Context<ManagementEnv>,
  subject: Subject,
  resource: object,
  digest: string,
  { status = 200, headers = {}, sight = c.var.sight }: Answer = {},
): Promise<Response> {
  return c.json(seen(sight, subject, resource), status, {
    ETag: `"${await c.var.deployment.tagSeal.close(digest)}"`,
    "Cache-Control": "no-store, no-transform",
    ...headers,
  });
}

/** Who calls, and the condition that came along. 400 for an `If-Match` that is not one. */
export async function conditionalCaller(c: Context<ManagementEnv>): Promise<ConditionalCall> {
  const header = c.req.header("If-Match");
  if (header === undefined) return c.var.caller;
  const ifMatch = readIfMatch(header);
  if (ifMatch !== null) return { ...c.var.caller, ifMatch: ifMatch === "*" ? "*" : await opened(c, ifMatch) };
  const detail = `If-Match is neither * nor a list of entity tags in double quotes, of at most ${IF_MATCH_CHARACTERS} characters`;
  throw invalidRequest({ pointer: "", detail });
}

/** What is no tag of ours matches nothing. */
async function opened(c: Context<ManagementEnv>, tags: readonly string[]): Promise<readonly string[]> {
  const digests = await Promise.all(tags.map((tag) => c.var.deployment.tagSeal.open(tag)));
  return digests.filter((digest) => digest !== null);
}

/** Of a resource that no PATCH changes and that has no tag: a given tag matches nothing (RFC 9110 13.1.1). */
export const withoutTag: MiddlewareHandler<ManagementEnv> = async (c, next) => {
  const { ifMatch = "*" } = await conditionalCaller(c);
  if (ifMatch !== "*") throw new Problem("PRECONDITION_FAILED", "This resource has no entity tag.");
  await next();
};

/** One element of the list, up to its comma; an empty one counts as none (RFC 9110 5.6.1). */
const ELEMENT = /[\t ]*(?:(W\/)?"([\x21\x23-\x7e\u0080-\uffff]*)"[\t ]*)?(?:,|$)/y;

/** Weak tags are left out, because they match nothing (13.1.1). Null: malformed, or without a tag. */
export function readIfMatch(header: string): IfMatch | null {
  if (header.length > IF_MATCH_CHARACTERS) return null;
  if (header.trim() === "*") return "*";
  const tags: string[] = [];
  let named = 0;
  ELEMENT.lastIndex = 0;
  while (ELEMENT.lastIndex < header.length) {
    const [, weak, tag] = ELEMENT.exec(header) ?? [];
    if (ELEMENT.lastIndex === 0) return null;
    if (tag === undefined) continue;
    named += 1;
    if (weak === undefined) tags.push(tag);
  }
  return named === 0 ? null : tags;
}
