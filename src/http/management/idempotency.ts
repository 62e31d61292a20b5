/** MGMT-4: calls whose answers hold a secret take no `Idempotency-Key`. */

import type { MiddlewareHandler } from "hono";
import { invalidRequest } from "../problem.ts";

/** Answers that are kept for repetition would keep the secret too. */
export const withoutIdempotencyKey: MiddlewareHandler = async (c, next) => {
  if (c.req.header("Idempotency-Key") !== undefined) {
    throw invalidRequest({ pointer: "", detail: "this call takes no Idempotency-Key: a token is shown once" });
  }
  await next();
};
