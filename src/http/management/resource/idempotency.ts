/** MGMT-4 on /v3: the key of a call, and calls whose answers hold a secret, which take none. */

import type { Context, MiddlewareHandler } from "hono";
import type { Idempotency } from "../../../domain/license/calls.ts";
import { idempotencyKeyOf, idempotencyOf } from "../../idempotency.ts";
import { invalidRequest } from "../../problem.ts";
import type { ManagementEnv } from "./context.ts";

/** Null: the call carries no key. Throws 400 for a malformed one. */
export async function repetitionOf(c: Context<ManagementEnv>): Promise<Idempotency | null> {
  return await idempotencyOf(c, idempotencyKeyOf(c), c.var.principal);
}

/** Answers that are kept for repetition would keep the secret too. */
export const withoutIdempotencyKey: MiddlewareHandler = async (c, next) => {
  if (c.req.header("Idempotency-Key") !== undefined) {
    throw invalidRequest({ pointer: "", detail: "this call takes no Idempotency-Key: a token is shown once" });
  }
  await next();
};
