/** `/v3/event-logs`: what happened, for as long as it is kept (EVT-3, EVT-4). Its instants are those in the ids. */

import { findEvent, listEvents, type LoggedEvent } from "../../../registry/events/event-log-list.ts";
import type { EventLogFilter } from "../../../registry/events/event-log-seek.ts";
import { DEEPEST_ROW } from "../../limits.ts";
import { invalidRequest } from "../../problem.ts";
import { validQuery } from "../../validate.ts";
import { holding } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { changesResource } from "./event-changes.ts";
import { resourceOf, subjectOf } from "./event-resource.ts";
import { instantInId } from "../resource/instant.ts";
import { answerList, listQuery, tooDeep, type ListQuery } from "../list/paging.ts";
import { anyOf, spanOf, spans, valuesOf } from "../list/plain-filters.ts";
import { there, uuidInPath } from "../resource/refusals.ts";
import type { Sight } from "../../scopes.ts";
import { seen, seenActor, seenChanges } from "../resource/sight.ts";
import { Hono } from "../../hono.ts";

const query = listQuery(["createdAt"], {
  members: { ...anyOf("event", "resourceId", "actor", "requestId"), ...spans("createdAt") },
});

export const eventLogs = new Hono<ManagementEnv>()
  .get("/", holding("eventLog:read"), validQuery(query), async (c) => {
    const asked = c.req.valid("query");
    const { descending, limit } = asked;
    refuseFarPages(asked);
    const from = "after" in asked.from ? { after: asked.from.after.id } : asked.from;
    const { events, next, total } = await listEvents(c.var.deployment.db, { descending, limit, from }, filterOf(asked));
    const page = { rows: events, next: next === null ? null : { value: null, id: next } };
    return answerList(c, asked, page, total, (event) => eventLogResource(event, c.var.sight));
  })
  .get("/:id", holding("eventLog:read"), async (c) => {
    const event = there(await findEvent(c.var.deployment.db, uuidInPath(c)));
    return c.json(eventLogResource(event, c.var.sight));
  });

/** Each type is looked for by itself, so that the rows of all of them are read up to the page's. */
function refuseFarPages({ wanted, from, limit }: ListQuery<string>): void {
  const types = valuesOf(wanted.filters, "event")?.length ?? 1;
  if ("after" in from || types * (from.skip + limit) <= DEEPEST_ROW) return;
  throw tooDeep("times limit, for each event asked for,");
}

function filterOf({ wanted }: ListQuery<string>): EventLogFilter {
  const subjectId = oneOf(wanted, "resourceId")?.toLowerCase() ?? null;
  const actorId = oneOf(wanted, "actor");
  const types = valuesOf(wanted.filters, "event");
  return { types, subjectId, actorId, requestId: requestOf(wanted), ...spanOf(wanted.filters, "createdAt") };
}

/** It says when it was, and so where to look. */
function requestOf(wanted: ListQuery<string>["wanted"]): string | null {
  const requestId = oneOf(wanted, "requestId")?.toLowerCase() ?? null;
  if (requestId === null || REQUEST_ID.test(requestId)) return requestId;
  throw invalidRequest({ pointer: "/requestId", detail: "is not a request id as in X-Request-Id" });
}

/** A UUIDv7. */
const REQUEST_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function oneOf({ filters }: ListQuery<string>["wanted"], name: string): string | null {
  const [value = null, ...more] = valuesOf(filters, name) ?? [];
  if (more.length > 0) throw invalidRequest({ pointer: `/${name}`, detail: "must have one value" });
  return value;
}

export function eventLogResource(event: LoggedEvent, sight: Sight) {
  const { id, type, subjectId, sequence, actor, requestId, changes, truncated } = event;
  const subject = subjectOf(type);
  return {
    id,
    createdAt: instantInId(id),
    event: type,
    resourceId: subjectId,
    sequence,
    actor: seenActor(sight, actor),
    requestId,
    changes: seenChanges(sight, subject, changesResource(changes)),
    data: seen(sight, subject, resourceOf(event)),
    truncated,
  };
}
