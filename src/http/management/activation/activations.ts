/** `/v3/activations` for the vendor (docs/api.md). */

import type { Context } from "hono";
import type { ActivationView } from "../../../domain/seats/activation-view.ts";
import { deleteActivation, deleteActivations } from "../../../operations/activation/delete-activation.ts";
import { listActivations, readActivation } from "../../../operations/activation/read-activation.ts";
import { isOutage } from "../../../registry/db/outage.ts";
import { tagNames } from "../../../registry/rows/tags.ts";
import { findUsers } from "../../../registry/rows/users.ts";
import { Problem } from "../../problem.ts";
import { validQuery } from "../../validate.ts";
import { activationDeletion, activationQuery, endingQuery, wantsUser } from "./activation-queries.ts";
import { activationResource } from "./activation-resource.ts";
import { holding } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { withoutTag } from "../resource/entity-tag-headers.ts";
import { answerFound, validList } from "../list/paging.ts";
import { valueOf } from "../resource/refusals.ts";
import { covers } from "../../scopes.ts";
import { seen } from "../resource/sight.ts";
import { userResource } from "../catalogue/user-wire.ts";
import { Hono } from "../../hono.ts";
import { idInPath } from "../../path-ids.ts";

export const activations = new Hono<ManagementEnv>()
  .get("/", holding("activation:read"), validList("activation", activationQuery), async (c) => {
    const asked = c.req.valid("query");
    const found = await listActivations(c.var.deployment, asked, asked.wanted, c.var.now);
    const users = await usersOf(c, found.found ? found.page.rows : [], [...asked.wanted.includes]);
    return answerFound(c, "activation", asked, found, (activation) => shown(activation, users));
  })
  .get("/:id", holding("activation:read"), async (c) => {
    const id = idInPath(c);
    const activation = valueOf(await readActivation(c.var.deployment, id));
    const users = await usersOf(c, [activation], c.req.queries("include") ?? []);
    return c.json(seen(c.var.sight, "activation", shown(activation, users)));
  })
  .delete("/:id", holding("activation:write"), withoutTag, validQuery(endingQuery), async (c) => {
    const id = idInPath(c);
    valueOf(await deleteActivation(c.var.deployment, id, { ...c.var.caller, ...c.req.valid("query") }));
    return c.body(null, 204);
  })
  .delete("/", holding("activation:write"), withoutTag, validQuery(activationDeletion), async (c) => {
    const { licenseId, ...ranges } = c.req.valid("query");
    valueOf(await deleteActivations(c.var.deployment, licenseId, { ...c.var.caller, ...ranges }));
    return c.body(null, 204);
  });

type UsersShown = ReadonlyMap<string, ReturnType<typeof userResource>>;

function shown(activation: ActivationView, users: UsersShown) {
  return activationResource(activation, users.get(activation.user?.id ?? "") ?? null);
}

/** Nobody unless it was asked for. MGMT-2: what an object says is answered while D1 is down. */
async function usersOf(
  c: Context<ManagementEnv>,
  activationsShown: readonly ActivationView[],
  included: readonly string[],
): Promise<UsersShown> {
  const { db } = c.var.deployment;
  const isAsked = wantsUser(included);
  if (isAsked && !covers(c.var.scopes, "user:read")) {
    throw new Problem("FORBIDDEN", "The access token lacks the scope user:read, which include=user needs.");
  }
  const ids = isAsked ? new Set(activationsShown.flatMap(({ user }) => user?.id ?? [])) : [];
  try {
    const users = await findUsers(db, [...ids]);
    const names = await tagNames(db, [...new Set([...users.values()].flatMap(({ tags }) => tags))]);
    return new Map([...users].map(([id, user]) => [id, userResource(user, names)]));
  } catch (error) {
    if (!isOutage(error)) throw error;
    return new Map();
  }
}
