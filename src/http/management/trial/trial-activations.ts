/**
 * `/v3/trial-activations` (TRIAL-1): a device asks for its trial, without a scope (docs/clients-v3.md); the vendor sees
 * trials, moves their ends and deletes them.
 */

import type { Context } from "hono";
import { activateTrial } from "../../../operations/activation/activate-trial.ts";
import { issueTrialToken } from "../../../operations/activation/issue-trial.ts";
import { extendTrial, moveTrialEnd, removeTrial, trialEntityTag } from "../../../operations/catalogue/change-trial.ts";
import { createOnce } from "../../../operations/create-once.ts";
import { handOver } from "../../../operations/webhook/hand-over.ts";
import { trialList } from "../../../registry/trials/trial-fields.ts";
import { listTrials, trialById, type Trial } from "../../../registry/trials/trials.ts";
import { jsonBody } from "../../body.ts";
import { Hono } from "../../hono.ts";
import { MANAGEMENT_BODY_BYTES } from "../../limits.ts";
import { momentOf } from "../../moment.ts";
import { networkOf } from "../../network.ts";
import { chargeTrial } from "../../rate-limits.ts";
import { validBody } from "../../validate.ts";
import { callerOf } from "../activation/client-calls.ts";
import { clientValueOf } from "../activation/client-refusals.ts";
import { claimsOf, trialBody } from "../activation/client-wire.ts";
import { answerFound, listQuery, validList } from "../list/paging.ts";
import { byId, holding, reading } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { answerOne, conditionalCaller } from "../resource/entity-tag-headers.ts";
import { repetitionOf } from "../resource/idempotency.ts";
import { there, uuidInPath, valueOf } from "../resource/refusals.ts";
import { trialEnding, trialExtension, trialResource } from "./trial-wire.ts";

const body = jsonBody(MANAGEMENT_BODY_BYTES);
const query = listQuery(["createdAt", "expiresAt"], { list: trialList });
const one = reading("trialActivation:read", byId(trialById));

export const trialActivations = new Hono<ManagementEnv>()
  .post("/", body, validBody(trialBody, "client"), async (c) => {
    const sent = c.req.valid("json");
    // AUTH-2: a bearer that comes along must be valid. Who it is changes nothing: a trial is a device's.
    await callerOf(c);
    const moment = momentOf(c);
    const deployment = c.get("deployment");
    const { fingerprint } = sent;
    const call = {
      ...{ requestId: c.get("requestId"), productId: sent.productId.toLowerCase(), fingerprint },
      ...{ device: claimsOf(sent), network: networkOf(c) },
    };
    const { trial, isNew } = clientValueOf(await activateTrial(deployment, call, moment.now, () => chargeTrial(c)));
    // EVT-3: as after a call of the vendor's.
    if (isNew) moment.waitUntil(handOver(deployment, moment.now));
    const issued = await issueTrialToken(deployment, trial, { fingerprint, productId: sent.productId }, moment);
    return c.json({ activationToken: clientValueOf(issued) }, 201);
  })
  .get("/", holding("trialActivation:read"), validList("trialActivation", query), async (c) => {
    const asked = c.req.valid("query");
    const found = await listTrials(c.var.deployment.db, asked, asked.wanted, c.var.now);
    return answerFound(c, "trialActivation", asked, found, trialResource);
  })
  .get("/:id", one.middleware, async (c) => {
    return await answer(c, there(one.found(c)));
  })
  .patch("/:id/expires-at", holding("trialActivation:write"), body, validBody(trialEnding), async (c) => {
    const { deployment, now } = c.var;
    const { expiresAt } = c.req.valid("json");
    const id = uuidInPath(c);
    return await answer(
      c,
      there(valueOf(await moveTrialEnd(deployment, id, expiresAt, await conditionalCaller(c), now))),
    );
  })
  .post("/:id/extend", holding("trialActivation:write"), body, validBody(trialExtension), async (c) => {
    const { deployment, caller, now } = c.var;
    const { extensionLength } = c.req.valid("json");
    const id = uuidInPath(c);
    const trial = valueOf(
      await createOnce<Trial | null>(deployment, await repetitionOf(c), now, (keep) =>
        extendTrial(deployment, id, extensionLength, caller, now, keep),
      ),
    );
    return await answer(c, there(trial));
  })
  .delete("/:id", holding("trialActivation:write"), async (c) => {
    const { deployment, now } = c.var;
    there(valueOf(await removeTrial(deployment, uuidInPath(c), await conditionalCaller(c), now)));
    return c.body(null, 204);
  });

async function answer(c: Context<ManagementEnv>, trial: Trial): Promise<Response> {
  return answerOne(c, "trialActivation", trialResource(trial), await trialEntityTag(trial));
}
