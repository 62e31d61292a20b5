/** `/v3/license-templates`, and `/v3/license-policies`, which is its older name (TPL-1). */

import type { Context } from "hono";
import {
  changeTemplate,
  createTemplate,
  removeTemplate,
  templateEntityTag,
} from "../../../operations/catalogue/change-template.ts";
import { createOnce } from "../../../operations/create-once.ts";
import { templateList } from "../../../registry/rows/catalogue-fields.ts";
import { listTemplates, templateById, type LicenseTemplate } from "../../../registry/rows/license-templates.ts";
import { jsonBody } from "../../body.ts";
import { MANAGEMENT_BODY_BYTES } from "../../limits.ts";
import { validBody } from "../../validate.ts";
import { byId, holding, reading } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { answerOne, conditionalCaller } from "../resource/entity-tag-headers.ts";
import { repetitionOf } from "../resource/idempotency.ts";
import {
  newTemplate,
  templateChange,
  templateCreation,
  templatePatch,
  templateResource,
} from "./license-template-wire.ts";
import { answerFound, listQuery, validList } from "../list/paging.ts";
import { there, uuidInPath, valueOf } from "../resource/refusals.ts";
import { Hono } from "../../hono.ts";

const body = jsonBody(MANAGEMENT_BODY_BYTES);
const query = listQuery(["createdAt", "updatedAt", "name"], { list: templateList });
const one = reading("licenseTemplate:read", byId(templateById));

/** At the path that it is called by. */
export function licenseTemplates(path: "/v3/license-templates" | "/v3/license-policies") {
  return new Hono<ManagementEnv>()
    .post("/", holding("licenseTemplate:write"), body, validBody(templateCreation), async (c) => {
      const { deployment, caller, now } = c.var;
      const wanted = newTemplate(c.req.valid("json"));
      const template = valueOf(
        await createOnce<LicenseTemplate>(deployment, await repetitionOf(c), now, (keep) =>
          createTemplate(deployment, wanted, caller, now, keep),
        ),
      );
      return await answer(c, template, 201, { Location: `${path}/${template.id}` });
    })
    .get("/", holding("licenseTemplate:read"), validList("licenseTemplate", query), async (c) => {
      const asked = c.req.valid("query");
      const found = await listTemplates(c.var.deployment.db, asked, asked.wanted, c.var.now);
      return answerFound(c, "licenseTemplate", asked, found, templateResource);
    })
    .get("/:id", one.middleware, async (c) => {
      return await answer(c, there(one.found(c)));
    })
    .patch("/:id", holding("licenseTemplate:write"), body, validBody(templatePatch), async (c) => {
      const { deployment, now } = c.var;
      const id = uuidInPath(c);
      const change = templateChange(c.req.valid("json"));
      const template = there(valueOf(await changeTemplate(deployment, id, change, await conditionalCaller(c), now)));
      return await answer(c, template);
    })
    .delete("/:id", holding("licenseTemplate:write"), async (c) => {
      const { deployment, now } = c.var;
      const id = uuidInPath(c);
      there(valueOf(await removeTemplate(deployment, id, await conditionalCaller(c), now)));
      return c.body(null, 204);
    });
}

async function answer(
  c: Context<ManagementEnv>,
  template: LicenseTemplate,
  status: 200 | 201 = 200,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return answerOne(c, "licenseTemplate", templateResource(template), await templateEntityTag(template), {
    status,
    headers,
  });
}
