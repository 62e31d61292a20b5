/** `/v3/activations` for the vendor (docs/api.md). */

import type { Context } from "hono";
import type { Outcome } from "../../../domain/outcome.ts";
import type { ActivationView } from "../../../domain/seats/activation-view.ts";
import { deleteActivation, deleteActivations } from "../../../operations/activation/delete-activation.ts";
import { listActivations, readActivation } from "../../../operations/activation/read-activation.ts";
import { tried } from "../../../registry/db/outage.ts";
import { ask } from "../../../registry/db/question.ts";
import { namedUsers, userOfActivation, type NamedUser } from "../../../registry/rows/users.ts";
import { Problem } from "../../problem.ts";
import { validQuery } from "../../validate.ts";
import { activationDeletion, activationQuery, endingQuery, wantsUser } from "./activation-queries.ts";
import { activationResource } from "./activation-resource.ts";
import { holding, reading } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { withoutTag } from "../resource/entity-tag-headers.ts";
import { answerFound, validList } from "../list/paging.ts";
import { valueOf } from "../resource/refusals.ts";
import { covers } from "../../scopes.ts";
import { seen } from "../resource/sight.ts";
import { userResource } from "../catalogue/user-wire.ts";
import { Hono } from "../../hono.ts";
import { idInPath } from "../../path-ids.ts";

/** The activation, and the user that D1 shows beside it, who may have changed. */
const one = reading<readonly [Outcome<ActivationView>, NamedUser | null]>(
  "activation:read",
  async (deployment, id, asked, { include = [] }) =>
    await Promise.all([
      readActivation(deployment, id, asked),
      wantsUser(include) ? knownUser(asked(userOfActivation(id))) : null,
    ]),
);

export const activations = new Hono<ManagementEnv>()
  .get("/", holding("activation:read"), validList("activation", activationQuery), async (c) => {
    const asked = c.req.valid("query");
    const found = await listActivations(c.var.deployment, asked, asked.wanted, c.var.now);
    const users = await usersOf(c, found.found ? found.page.rows : [], [...asked.wanted.includes]);
    return answerFound(c, "activation", asked, found, (activation) => shown(activation, users));
  })
  .get("/:id", one.middleware, async (c) => {
    const [read, user] = one.found(c);
    const activation = valueOf(read);
    const users = await usersOf(c, [activation], c.req.queries("include") ?? [], user === null ? [] : [user]);
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

export function shown(activation: ActivationView, users: UsersShown) {
  return activationResource(activation, users.get(activation.user?.id ?? "") ?? null);
}

async function knownUser(asked: Promise<NamedUser | null>): Promise<NamedUser | null> {
  const read = await tried(asked);
  return "answer" in read ? read.answer : null;
}

/** Nobody unless it was asked for. MGMT-2: what an object says is answered while D1 is down. */
async function usersOf(
  c: Context<ManagementEnv>,
  activationsShown: readonly ActivationView[],
  included: readonly string[],
  known: readonly NamedUser[] = [],
): Promise<UsersShown> {
  if (!wantsUser(included)) return new Map();
  if (!covers(c.var.scopes, "user:read")) {
    throw new Problem("FORBIDDEN", "The access token lacks the scope user:read, which include=user needs.");
  }
  const ids = new Set(activationsShown.flatMap(({ user }) => user?.id ?? []));
  const unknown = [...ids].filter((id) => known.every(({ user }) => user.id !== id));
  const read = await tried(unknown.length === 0 ? Promise.resolve([]) : ask(c.var.deployment.db, namedUsers(unknown)));
  const users = [...known, ...("answer" in read ? read.answer : [])];
  return new Map(users.map(({ user, tagNames }) => [user.id, userResource(user, tagNames)]));
}
