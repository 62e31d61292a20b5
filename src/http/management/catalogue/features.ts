/** `/v3/features`. */

import type { Context } from "hono";
import {
  changeFeature,
  createFeature,
  featureEntityTag,
  removeFeature,
} from "../../../operations/catalogue/change-feature.ts";
import { createOnce } from "../../../operations/create-once.ts";
import { featureList } from "../../../registry/rows/catalogue-fields.ts";
import { listFeatures, featureById, type Feature } from "../../../registry/rows/features.ts";
import { jsonBody } from "../../body.ts";
import { MANAGEMENT_BODY_BYTES } from "../../limits.ts";
import { validBody } from "../../validate.ts";
import { byId, holding, reading } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { answerOne, conditionalCaller } from "../resource/entity-tag-headers.ts";
import { repetitionOf } from "../resource/idempotency.ts";
import { answerFound, listQuery, validList } from "../list/paging.ts";
import { there, uuidInPath, valueOf } from "../resource/refusals.ts";
import { featureChange, featureCreation, featurePatch, featureResource, newFeature } from "./feature-wire.ts";
import { Hono } from "../../hono.ts";

const body = jsonBody(MANAGEMENT_BODY_BYTES);
const query = listQuery(["createdAt", "updatedAt", "name"], { list: featureList });
const one = reading("feature:read", byId(featureById));

export const features = new Hono<ManagementEnv>()
  .post("/", holding("feature:write"), body, validBody(featureCreation), async (c) => {
    const { deployment, caller, now } = c.var;
    const wanted = newFeature(c.req.valid("json"));
    const feature = valueOf(
      await createOnce<Feature>(deployment, await repetitionOf(c), now, (keep) =>
        createFeature(deployment, wanted, caller, now, keep),
      ),
    );
    return await answer(c, feature, 201, { Location: `/v3/features/${feature.id}` });
  })
  .get("/", holding("feature:read"), validList("feature", query), async (c) => {
    const asked = c.req.valid("query");
    const found = await listFeatures(c.var.deployment.db, asked, asked.wanted, c.var.now);
    return answerFound(c, "feature", asked, found, featureResource);
  })
  .get("/:id", one.middleware, async (c) => {
    return await answer(c, there(one.found(c)));
  })
  .patch("/:id", holding("feature:write"), body, validBody(featurePatch), async (c) => {
    const { deployment, now } = c.var;
    const change = featureChange(c.req.valid("json"));
    const feature = there(
      valueOf(await changeFeature(deployment, uuidInPath(c), change, await conditionalCaller(c), now)),
    );
    return await answer(c, feature);
  })
  .delete("/:id", holding("feature:write"), async (c) => {
    const { deployment, now } = c.var;
    there(valueOf(await removeFeature(deployment, uuidInPath(c), await conditionalCaller(c), now)));
    return c.body(null, 204);
  });

async function answer(
  c: Context<ManagementEnv>,
  feature: Feature,
  status: 200 | 201 = 200,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return answerOne(c, "feature", featureResource(feature), await featureEntityTag(feature), { status, headers });
}
