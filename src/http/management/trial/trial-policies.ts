/** `/v3/trial-policies` (TRIAL-1). */

import type { Context } from "hono";
import {
  changeTrialPolicy,
  createTrialPolicy,
  removeTrialPolicy,
  trialPolicyEntityTag,
} from "../../../operations/catalogue/change-trial-policy.ts";
import { createOnce } from "../../../operations/create-once.ts";
import { trialPolicyList } from "../../../registry/rows/catalogue-fields.ts";
import { listTrialPolicies, trialPolicyById, type TrialPolicy } from "../../../registry/trials/trial-policies.ts";
import { jsonBody } from "../../body.ts";
import { Hono } from "../../hono.ts";
import { MANAGEMENT_BODY_BYTES } from "../../limits.ts";
import { validBody } from "../../validate.ts";
import { answerFound, listQuery, validList } from "../list/paging.ts";
import { byId, holding, reading } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { answerOne, conditionalCaller } from "../resource/entity-tag-headers.ts";
import { repetitionOf } from "../resource/idempotency.ts";
import { there, uuidInPath, valueOf } from "../resource/refusals.ts";
import {
  newTrialPolicy,
  trialPolicyChange,
  trialPolicyCreation,
  trialPolicyPatch,
  trialPolicyResource,
} from "./trial-policy-wire.ts";

const body = jsonBody(MANAGEMENT_BODY_BYTES);
const query = listQuery(["createdAt", "updatedAt", "name"], { list: trialPolicyList });
const one = reading("trialPolicy:read", byId(trialPolicyById));

export const trialPolicies = new Hono<ManagementEnv>()
  .post("/", holding("trialPolicy:write"), body, validBody(trialPolicyCreation), async (c) => {
    const { deployment, caller, now } = c.var;
    const wanted = newTrialPolicy(c.req.valid("json"));
    const policy = valueOf(
      await createOnce<TrialPolicy>(deployment, await repetitionOf(c), now, (keep) =>
        createTrialPolicy(deployment, wanted, caller, now, keep),
      ),
    );
    return await answer(c, policy, 201, { Location: `/v3/trial-policies/${policy.id}` });
  })
  .get("/", holding("trialPolicy:read"), validList("trialPolicy", query), async (c) => {
    const asked = c.req.valid("query");
    const found = await listTrialPolicies(c.var.deployment.db, asked, asked.wanted, c.var.now);
    return answerFound(c, "trialPolicy", asked, found, trialPolicyResource);
  })
  .get("/:id", one.middleware, async (c) => {
    return await answer(c, there(one.found(c)));
  })
  .patch("/:id", holding("trialPolicy:write"), body, validBody(trialPolicyPatch), async (c) => {
    const { deployment, now } = c.var;
    const id = uuidInPath(c);
    const change = trialPolicyChange(c.req.valid("json"));
    const policy = there(valueOf(await changeTrialPolicy(deployment, id, change, await conditionalCaller(c), now)));
    return await answer(c, policy);
  })
  .delete("/:id", holding("trialPolicy:write"), async (c) => {
    const { deployment, now } = c.var;
    there(valueOf(await removeTrialPolicy(deployment, uuidInPath(c), await conditionalCaller(c), now)));
    return c.body(null, 204);
  });

async function answer(
  c: Context<ManagementEnv>,
  policy: TrialPolicy,
  status: 200 | 201 = 200,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return answerOne(c, "trialPolicy", trialPolicyResource(policy), await trialPolicyEntityTag(policy), {
    status,
    headers,
  });
}
