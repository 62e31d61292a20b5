/** `/v3/maintenance-policies`. */

import type { Context } from "hono";
import {
  changePolicy,
  createPolicy,
  removePolicy,
  policyEntityTag,
} from "../../../operations/catalogue/change-maintenance-policy.ts";
import { createOnce } from "../../../operations/create-once.ts";
import { maintenancePolicyList } from "../../../registry/rows/catalogue-fields.ts";
import { listPolicies, policyById, type MaintenancePolicyRow } from "../../../registry/rows/maintenance-policies.ts";
import { jsonBody } from "../../body.ts";
import { MANAGEMENT_BODY_BYTES } from "../../limits.ts";
import { validBody } from "../../validate.ts";
import { byId, holding, reading } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { answerOne, conditionalCaller } from "../resource/entity-tag-headers.ts";
import { repetitionOf } from "../resource/idempotency.ts";
import { answerFound, listQuery, validList } from "../list/paging.ts";
import { there, uuidInPath, valueOf } from "../resource/refusals.ts";
import { newPolicy, policyChange, policyCreation, policyPatch, policyResource } from "./maintenance-policy-wire.ts";
import { Hono } from "../../hono.ts";

const body = jsonBody(MANAGEMENT_BODY_BYTES);
const query = listQuery(["createdAt", "updatedAt", "name"], { list: maintenancePolicyList });
const one = reading("maintenancePolicy:read", byId(policyById));

export const maintenancePolicies = new Hono<ManagementEnv>()
  .post("/", holding("maintenancePolicy:write"), body, validBody(policyCreation), async (c) => {
    const { deployment, caller, now } = c.var;
    const wanted = newPolicy(c.req.valid("json"));
    const policy = valueOf(
      await createOnce<MaintenancePolicyRow>(deployment, await repetitionOf(c), now, (keep) =>
        createPolicy(deployment, wanted, caller, now, keep),
      ),
    );
    return await answer(c, policy, 201, { Location: `/v3/maintenance-policies/${policy.id}` });
  })
  .get("/", holding("maintenancePolicy:read"), validList("maintenancePolicy", query), async (c) => {
    const asked = c.req.valid("query");
    const found = await listPolicies(c.var.deployment.db, asked, asked.wanted, c.var.now);
    return answerFound(c, "maintenancePolicy", asked, found, policyResource);
  })
  .get("/:id", one.middleware, async (c) => {
    return await answer(c, there(one.found(c)));
  })
  .patch("/:id", holding("maintenancePolicy:write"), body, validBody(policyPatch), async (c) => {
    const { deployment, now } = c.var;
    const change = policyChange(c.req.valid("json"));
    const policy = there(
      valueOf(await changePolicy(deployment, uuidInPath(c), change, await conditionalCaller(c), now)),
    );
    return await answer(c, policy);
  })
  .delete("/:id", holding("maintenancePolicy:write"), async (c) => {
    const { deployment, now } = c.var;
    there(valueOf(await removePolicy(deployment, uuidInPath(c), await conditionalCaller(c), now)));
    return c.body(null, 204);
  });

async function answer(
  c: Context<ManagementEnv>,
  policy: MaintenancePolicyRow,
  status: 200 | 201 = 200,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return answerOne(c, "maintenancePolicy", policyResource(policy), await policyEntityTag(policy), { status, headers });
}
