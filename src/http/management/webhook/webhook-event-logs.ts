/**
 * `/v3/webhook-event-logs` (HOOK-4): what was tried, newest first. The attempts lie in the webhooks' objects, at most
 * 10,000 in each, and every call asks each object once: so pages by number reach the first hundred, the `Link` header
 * leads further, and nothing is counted.
 */

import * as z from "zod/mini";
import {
  findAttempt,
  listAttempts,
  replayAttempt,
  type AttemptFilter,
} from "../../../operations/webhook/webhook-attempts.ts";
import { LARGEST_PAGE } from "../../limits.ts";
import { invalidRequest } from "../../problem.ts";
import { validQuery } from "../../validate.ts";
import { holding } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { uuid } from "../resource/members.ts";
import { answerList, listQuery, type ListQuery } from "../list/paging.ts";
import { anyOf, valuesOf } from "../list/plain-filters.ts";
import { there, uuidInPath, valueOf } from "../resource/refusals.ts";
import { wayOut } from "./way-out.ts";
import { attemptResource } from "./webhook-state.ts";
import { Hono } from "../../hono.ts";

const query = listQuery(["createdAt"], { members: anyOf("webhookId", "eventId", "success"), newestFirst: true });

/** Which webhook's attempt it is, so that only that one is asked. */
const owner = z.object({ webhookId: z.optional(uuid) });

export const webhookEventLogs = new Hono<ManagementEnv>()
  .get("/", holding("webhook:read"), validQuery(query), async (c) => {
    const asked = c.req.valid("query");
    const found = valueOf(await listAttempts(c.var.deployment, filterOf(asked), placeOf(asked)));
    const skip = "skip" in asked.from ? asked.from.skip : 0;
    const rows = found.slice(skip, skip + asked.limit);
    const last = rows.at(-1);
    const next = last === undefined || found.length <= skip + rows.length ? null : { value: null, id: last.id };
    return answerList(c, asked, { rows, next }, null, (attempt) => attemptResource(attempt, wayOut(c)));
  })
  .get("/:id", holding("webhook:read"), validQuery(owner), async (c) => {
    const { webhookId = null } = c.req.valid("query");
    const attempt = there(valueOf(await findAttempt(c.var.deployment, uuidInPath(c), webhookId)));
    return c.json(attemptResource(attempt, wayOut(c)));
  })
  .post("/:id/replay", holding("webhook:write"), validQuery(owner), async (c) => {
    const { webhookId = null } = c.req.valid("query");
    const replayed = there(valueOf(await replayAttempt(c.var.deployment, uuidInPath(c), webhookId, wayOut(c))));
    return c.json(replayed, 202);
  });

function placeOf({ from, limit, descending }: ListQuery<string>) {
  if ("after" in from) return { descending, after: from.after.id, most: limit + 1 };
  if (from.skip + limit > LARGEST_PAGE) {
    const detail = `times limit must be at most ${LARGEST_PAGE}: follow the Link header instead`;
    throw invalidRequest({ pointer: "/page", detail });
  }
  return { descending, after: null, most: from.skip + limit + 1 };
}

function filterOf({ wanted }: ListQuery<string>): AttemptFilter {
  const success = single("success", valuesOf(wanted.filters, "success"));
  if (success !== null && success !== "true" && success !== "false")
    throw invalidRequest({ pointer: "/success", detail: "must be true or false" });
  return {
    webhookIds: valuesOf(wanted.filters, "webhookId")?.map((id) => id.toLowerCase()) ?? null,
    eventId: single("eventId", valuesOf(wanted.filters, "eventId"))?.toLowerCase() ?? null,
    delivered: success === null ? null : success === "true",
  };
}

function single(name: string, values: readonly string[] | null): string | null {
  if (values !== null && values.length > 1)
    throw invalidRequest({ pointer: `/${name}`, detail: "must have one value" });
  return values?.[0] ?? null;
}
