/** `/v3/tags`. */

import type { Context } from "hono";
import { changeTag, createTag, removeTag, tagEntityTag } from "../../../operations/catalogue/change-tag.ts";
import { createOnce } from "../../../operations/create-once.ts";
import { tagList } from "../../../registry/rows/catalogue-fields.ts";
import { listTags, tagById, type Tag } from "../../../registry/rows/tags.ts";
import { jsonBody } from "../../body.ts";
import { MANAGEMENT_BODY_BYTES } from "../../limits.ts";
import { validBody } from "../../validate.ts";
import { byId, holding, reading } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { answerOne, conditionalCaller } from "../resource/entity-tag-headers.ts";
import { repetitionOf } from "../resource/idempotency.ts";
import { answerFound, listQuery, validList } from "../list/paging.ts";
import { there, uuidInPath, valueOf } from "../resource/refusals.ts";
import { newTag, tagChange, tagCreation, tagPatch, tagResource } from "./tag-wire.ts";
import { Hono } from "../../hono.ts";

const body = jsonBody(MANAGEMENT_BODY_BYTES);
const query = listQuery(["createdAt", "updatedAt", "name"], { list: tagList });
const one = reading("tag:read", byId(tagById));

export const tags = new Hono<ManagementEnv>()
  .post("/", holding("tag:write"), body, validBody(tagCreation), async (c) => {
    const { deployment, caller, now } = c.var;
    const wanted = newTag(c.req.valid("json"));
    const tag = valueOf(
      await createOnce<Tag>(deployment, await repetitionOf(c), now, (keep) =>
        createTag(deployment, wanted, caller, now, keep),
      ),
    );
    return await answer(c, tag, 201, { Location: `/v3/tags/${tag.id}` });
  })
  .get("/", holding("tag:read"), validList("tag", query), async (c) => {
    const asked = c.req.valid("query");
    const found = await listTags(c.var.deployment.db, asked, asked.wanted, c.var.now);
    return answerFound(c, "tag", asked, found, tagResource);
  })
  .get("/:id", one.middleware, async (c) => {
    return await answer(c, there(one.found(c)));
  })
  .patch("/:id", holding("tag:write"), body, validBody(tagPatch), async (c) => {
    const { deployment, now } = c.var;
    const change = tagChange(c.req.valid("json"));
    const tag = there(valueOf(await changeTag(deployment, uuidInPath(c), change, await conditionalCaller(c), now)));
    return await answer(c, tag);
  })
  .delete("/:id", holding("tag:write"), async (c) => {
    const { deployment, now } = c.var;
    there(valueOf(await removeTag(deployment, uuidInPath(c), await conditionalCaller(c), now)));
    return c.body(null, 204);
  });

async function answer(
  c: Context<ManagementEnv>,
  tag: Tag,
  status: 200 | 201 = 200,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return answerOne(c, "tag", tagResource(tag), await tagEntityTag(tag), { status, headers });
}
