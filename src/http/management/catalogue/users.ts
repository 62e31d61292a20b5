/** `/v3/users` (REF-1, SNAP-1). */

import type { Context } from "hono";
import { carryEmails } from "../../../operations/upkeep/carry-emails.ts";
import { changeUser, userEntityTag } from "../../../operations/catalogue/change-user.ts";
import { allowCompared } from "../resource/sight.ts";
import { createOnce } from "../../../operations/create-once.ts";
import { createUser } from "../../../operations/catalogue/create-user.ts";
import { removeUser } from "../../../operations/catalogue/remove-user.ts";
import { tagNames } from "../../../registry/rows/tags.ts";
import { userList } from "../../../registry/rows/user-fields.ts";
import { listUsers, namedUserById, type NamedUser, type User } from "../../../registry/rows/users.ts";
import { jsonBody } from "../../body.ts";
import { MANAGEMENT_BODY_BYTES } from "../../limits.ts";
import { validBody, validQuery } from "../../validate.ts";
import { byId, holding, reading } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { answerOne, conditionalCaller } from "../resource/entity-tag-headers.ts";
import { repetitionOf } from "../resource/idempotency.ts";
import { answerFound, listQuery, validList } from "../list/paging.ts";
import { there, uuidInPath, valueOf } from "../resource/refusals.ts";
import { newUser, userChange, userCreation, userDeletion, userPatch, userResource } from "./user-wire.ts";
import { Hono } from "../../hono.ts";

const body = jsonBody(MANAGEMENT_BODY_BYTES);
const query = listQuery(["createdAt", "updatedAt"], { list: userList });
const one = reading("user:read", byId(namedUserById));

export const users = new Hono<ManagementEnv>()
  .post("/", holding("user:write"), body, validBody(userCreation), async (c) => {
    const { deployment, caller, now } = c.var;
    const wanted = newUser(c.req.valid("json"));
    const user = valueOf(
      await createOnce<User>(deployment, await repetitionOf(c), now, (keep) =>
        createUser(deployment, wanted, caller, now, keep),
      ),
    );
    return await answer(c, user, 201, { Location: `/v3/users/${user.id}` });
  })
  .get("/", holding("user:read"), validList("user", query), async (c) => {
    const asked = c.req.valid("query");
    const { db } = c.var.deployment;
    const found = await listUsers(db, asked, asked.wanted, c.var.now);
    return answerFound(c, "user", asked, found, ({ user, tagNames: names }) => userResource(user, names));
  })
  .get("/:id", one.middleware, async (c) => {
    return await answerNamed(c, there(one.found(c)));
  })
  .patch("/:id", holding("user:write"), body, validBody(userPatch), async (c) => {
    const { deployment, now } = c.var;
    const change = userChange(c.req.valid("json"));
    allowCompared(c.var.sight, "user", change.fixed);
    const user = there(valueOf(await changeUser(deployment, uuidInPath(c), change, await conditionalCaller(c), now)));
    // SNAP-1: the cron does the same should this be lost.
    c.executionCtx.waitUntil(carryEmails(deployment, user.updatedAt));
    return await answer(c, user);
  })
  .delete("/:id", holding("user:write"), validQuery(userDeletion), async (c) => {
    const { deployment, now } = c.var;
    const how = c.req.valid("query").detach === "true" ? "detach" : "if-unused";
    valueOf(await removeUser(deployment, uuidInPath(c), how, await conditionalCaller(c), now));
    return c.body(null, 204);
  });

async function answer(
  c: Context<ManagementEnv>,
  user: User,
  status: 200 | 201 = 200,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return await answerNamed(c, { user, tagNames: await tagNames(c.var.deployment.db, user.tags) }, status, headers);
}

async function answerNamed(
  c: Context<ManagementEnv>,
  { user, tagNames: names }: NamedUser,
  status: 200 | 201 = 200,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return answerOne(c, "user", userResource(user, names), await userEntityTag(user), { status, headers });
}
