/** `Idempotency-Key` (MGMT-4), for both dialects: from header, principal, path and body to what stands for the call. */

import type { Context } from "hono";
import type { Idempotency } from "../domain/license/calls.ts";
import { sha256Hex } from "../tokens/sha256.ts";
import type { AppEnv } from "./context.ts";
import { invalidRequest } from "./problem.ts";

const WELL_FORMED = /^[\x20-\x7e]{1,255}$/;

/** Null: the call carries none. Throws 400 for one that is empty, too long or not printable ASCII. */
export function idempotencyKeyOf(c: Pick<Context<AppEnv>, "req">): string | null {
  const key = c.req.header("Idempotency-Key");
  if (key === undefined) return null;
  if (WELL_FORMED.test(key)) return key;
  throw invalidRequest({ pointer: "", detail: "an Idempotency-Key has 1 to 255 printable ASCII characters" });
}

/**
 * What stands for this call of `principal`, whose text names nobody else. Call after `jsonBody`. A body that is absent
 * and an empty one are two bodies; ids in a path are the same in either case.
 */
export async function idempotencyOf(
  c: Pick<Context<AppEnv>, "req" | "get">,
  key: string | null,
  principal: readonly string[],
): Promise<Idempotency | null> {
  if (key === null) return null;
  const scope = JSON.stringify([principal, c.req.method, c.req.path.toLowerCase(), key]);
  const body = c.get("hasBody") === true ? canonical(await c.req.json()) : "absent";
  return { key: await sha256Hex(scope), bodyHash: await sha256Hex(body) };
}

/** JSON with sorted members: bodies compare as parsed, in whatever order and spelling they came. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}
