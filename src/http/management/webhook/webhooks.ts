/** `/v3/webhooks` (HOOK-1 to HOOK-4). */

import type { Context } from "hono";
import {
  changeWebhook,
  forgetWebhook,
  removeWebhook,
  rotateToken,
  tellWebhook,
  webhookEntityTag,
} from "../../../operations/webhook/change-webhook.ts";
import { createWebhook } from "../../../operations/webhook/create-webhook.ts";
import { replayWebhook, testFire, webhookState } from "../../../operations/webhook/webhook-attempts.ts";
import { webhookList } from "../../../registry/rows/catalogue-fields.ts";
import { listWebhooks, webhookById, type ConfiguredWebhook } from "../../../registry/rows/webhooks.ts";
import { jsonBody } from "../../body.ts";
import { MANAGEMENT_BODY_BYTES } from "../../limits.ts";
import { validBody } from "../../validate.ts";
import { byId, holding, reading } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { answerOne, conditionalCaller } from "../resource/entity-tag-headers.ts";
import { instantOrNull } from "../resource/instant.ts";
import { withoutIdempotencyKey } from "../resource/idempotency.ts";
import { answerFound, listQuery, validList } from "../list/paging.ts";
import { there, uuidInPath, valueOf } from "../resource/refusals.ts";
import { wayOut } from "./way-out.ts";
import { attemptResource, conditionResource } from "./webhook-state.ts";
import {
  eventTypeResources,
  givenToken,
  newWebhook,
  tokenRotation,
  webhookChange,
  webhookCreation,
  webhookPatch,
  webhookReplay,
  webhookResource,
} from "./webhook-wire.ts";
import { Hono } from "../../hono.ts";

const body = jsonBody(MANAGEMENT_BODY_BYTES);
const query = listQuery(["createdAt"], { list: webhookList });
const one = reading("webhook:read", byId(webhookById));

export const webhooks = new Hono<ManagementEnv>()
  .post("/", holding("webhook:write"), withoutIdempotencyKey, body, validBody(webhookCreation), async (c) => {
    const { deployment, caller, now } = c.var;
    const made = valueOf(await createWebhook(deployment, newWebhook(c.req.valid("json")), caller, now, wayOut(c)));
    const resource = { ...webhookResource(made.webhook), ...(made.token === null ? {} : { token: made.token }) };
    const headers = { Location: `/v3/webhooks/${made.webhook.id}` };
    return answerOne(c, "webhook", resource, await webhookEntityTag(made), { status: 201, headers });
  })
  .get("/", holding("webhook:read"), validList("webhook", query), async (c) => {
    const asked = c.req.valid("query");
    const found = await listWebhooks(c.var.deployment.db, asked, asked.wanted, c.var.now);
    return answerFound(c, "webhook", asked, found, webhookResource);
  })
  .get("/events", holding("webhook:read"), (c) => c.json(eventTypeResources()))
  .get("/:id", one.middleware, async (c) => {
    return await answer(c, there(one.found(c)));
  })
  .patch("/:id", holding("webhook:write"), body, validBody(webhookPatch), async (c) => {
    const { deployment, now } = c.var;
    const id = uuidInPath(c);
    const change = webhookChange(c.req.valid("json"));
    const changed = there(
      valueOf(await changeWebhook(deployment, id, change, await conditionalCaller(c), now, wayOut(c))),
    );
    c.executionCtx.waitUntil(tellWebhook(deployment, id));
    return await answer(c, changed);
  })
  .delete("/:id", holding("webhook:write"), async (c) => {
    const { deployment, now } = c.var;
    const id = uuidInPath(c);
    there(valueOf(await removeWebhook(deployment, id, await conditionalCaller(c), now)));
    c.executionCtx.waitUntil(forgetWebhook(deployment, id));
    return c.body(null, 204);
  })
  .get("/:id/health", holding("webhook:read"), async (c) => {
    const state = valueOf(await webhookState(c.var.deployment, uuidInPath(c)));
    return c.json(conditionResource(there(state)));
  })
  .post(
    "/:id/rotate-secret",
    holding("webhook:write"),
    withoutIdempotencyKey,
    body,
    validBody(tokenRotation),
    async (c) => {
      const { deployment, caller, now } = c.var;
      const id = uuidInPath(c);
      const token = givenToken(c.req.valid("json").token);
      const rotated = there(valueOf(await rotateToken(deployment, id, token, caller, now, wayOut(c))));
      c.executionCtx.waitUntil(tellWebhook(deployment, id));
      return c.json({ token: rotated.token, previousTokenValidUntil: instantOrNull(rotated.previousEndsAt) });
    },
  )
  .post("/:id/test-fire", holding("webhook:write"), async (c) => {
    const { deployment, caller, now } = c.var;
    const attempt = valueOf(await testFire(deployment, uuidInPath(c), caller, now));
    return c.json(attemptResource(there(attempt), wayOut(c)));
  })
  .post("/:id/replay", holding("webhook:write"), body, validBody(webhookReplay), async (c) => {
    const from = c.req.valid("json").from ?? null;
    const replayed = valueOf(await replayWebhook(c.var.deployment, uuidInPath(c), from, wayOut(c)));
    return c.json(there(replayed), 202);
  });

async function answer(c: Context<ManagementEnv>, found: ConfiguredWebhook): Promise<Response> {
  return answerOne(c, "webhook", webhookResource(found.webhook), await webhookEntityTag(found));
}
