/** `/v3/entitlement-sets`. */

import type { Context } from "hono";
import {
  changeEntitlementSet,
  createEntitlementSet,
  entitlementSetEntityTag,
  removeEntitlementSet,
} from "../../../operations/catalogue/change-entitlement-set.ts";
import { createOnce } from "../../../operations/create-once.ts";
import { entitlementSetList } from "../../../registry/rows/catalogue-fields.ts";
import {
  listEntitlementSets,
  entitlementSetById,
  type EntitlementSet,
} from "../../../registry/rows/entitlement-sets.ts";
import { jsonBody } from "../../body.ts";
import { MANAGEMENT_BODY_BYTES } from "../../limits.ts";
import { validBody } from "../../validate.ts";
import { byId, holding, reading } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { answerOne, conditionalCaller } from "../resource/entity-tag-headers.ts";
import { repetitionOf } from "../resource/idempotency.ts";
import { answerFound, listQuery, validList } from "../list/paging.ts";
import { there, uuidInPath, valueOf } from "../resource/refusals.ts";
import {
  entitlementSetChange,
  entitlementSetCreation,
  entitlementSetPatch,
  entitlementSetResource,
  newEntitlementSet,
} from "./entitlement-set-wire.ts";
import { Hono } from "../../hono.ts";

const body = jsonBody(MANAGEMENT_BODY_BYTES);
const query = listQuery(["createdAt", "updatedAt", "name", "tier"], { list: entitlementSetList });
const one = reading("entitlementSet:read", byId(entitlementSetById));

export const entitlementSets = new Hono<ManagementEnv>()
  .post("/", holding("entitlementSet:write"), body, validBody(entitlementSetCreation), async (c) => {
    const { deployment, caller, now } = c.var;
    const wanted = newEntitlementSet(c.req.valid("json"));
    const set = valueOf(
      await createOnce<EntitlementSet>(deployment, await repetitionOf(c), now, (keep) =>
        createEntitlementSet(deployment, wanted, caller, now, keep),
      ),
    );
    return await answer(c, set, 201, { Location: `/v3/entitlement-sets/${set.id}` });
  })
  .get("/", holding("entitlementSet:read"), validList("entitlementSet", query), async (c) => {
    const asked = c.req.valid("query");
    const found = await listEntitlementSets(c.var.deployment.db, asked, asked.wanted, c.var.now);
    return answerFound(c, "entitlementSet", asked, found, entitlementSetResource);
  })
  .get("/:id", one.middleware, async (c) => {
    return await answer(c, there(one.found(c)));
  })
  .patch("/:id", holding("entitlementSet:write"), body, validBody(entitlementSetPatch), async (c) => {
    const { deployment, now } = c.var;
    const change = entitlementSetChange(c.req.valid("json"));
    const set = there(
      valueOf(await changeEntitlementSet(deployment, uuidInPath(c), change, await conditionalCaller(c), now)),
    );
    return await answer(c, set);
  })
  .delete("/:id", holding("entitlementSet:write"), async (c) => {
    const { deployment, now } = c.var;
    there(valueOf(await removeEntitlementSet(deployment, uuidInPath(c), await conditionalCaller(c), now)));
    return c.body(null, 204);
  });

async function answer(
  c: Context<ManagementEnv>,
  set: EntitlementSet,
  status: 200 | 201 = 200,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return answerOne(c, "entitlementSet", entitlementSetResource(set), await entitlementSetEntityTag(set), {
    status,
    headers,
  });
}
