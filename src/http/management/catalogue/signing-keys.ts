/** `/v3/products/{id}/keys` (TOK-4): what signs a product's tokens, and what verifies them. */

import type { Context } from "hono";
import {
  addSigningKey,
  readSigningKeys,
  turnSigningKey,
  type SigningKey,
} from "../../../operations/catalogue/change-signing-keys.ts";
import { createOnce } from "../../../operations/create-once.ts";
import type { KeyAct } from "../../../tokens/key-life.ts";
import { jsonBody } from "../../body.ts";
import { Hono } from "../../hono.ts";
import { MANAGEMENT_BODY_BYTES } from "../../limits.ts";
import { validBody } from "../../validate.ts";
import { holding } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { repetitionOf } from "../resource/idempotency.ts";
import { there, uuidInPath, valueOf } from "../resource/refusals.ts";
import { givenKey, signingKeyCreation, signingKeyResource } from "./signing-key-wire.ts";

const body = jsonBody(MANAGEMENT_BODY_BYTES);

export const signingKeys = new Hono<ManagementEnv>()
  .get("/:id/keys", holding("product:read"), async (c) => {
    const keys = there(await readSigningKeys(c.var.deployment, uuidInPath(c)));
    return c.json(keys.map(signingKeyResource));
  })
  .post("/:id/keys", holding("product:write"), body, validBody(signingKeyCreation), async (c) => {
    const { deployment, caller, now } = c.var;
    const id = uuidInPath(c);
    const given = givenKey(c.req.valid("json"));
    const key = there(
      valueOf(
        await createOnce<SigningKey | null>(deployment, await repetitionOf(c), now, (keep) =>
          addSigningKey(deployment, id, given, caller, now, keep),
        ),
      ),
    );
    return c.json(signingKeyResource(key), 201);
  })
  .post("/:id/keys/:kid/activate", holding("product:write"), async (c) => await turned(c, "activate"))
  .post("/:id/keys/:kid/retire", holding("product:write"), async (c) => await turned(c, "retire"))
  .post("/:id/keys/:kid/compromise", holding("product:write"), async (c) => await turned(c, "compromise"));

async function turned(c: Context<ManagementEnv>, act: KeyAct): Promise<Response> {
  const { deployment, caller, now } = c.var;
  const kid = c.req.param("kid") ?? "";
  const key = there(valueOf(await turnSigningKey(deployment, uuidInPath(c), kid, act, caller, now)));
  return c.json(signingKeyResource(key));
}
