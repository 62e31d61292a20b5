/** Deletes a user to whom no license refers (REF-1), taking the user off its licenses first if asked to (DEL-1). */

import type { Caller, ConditionalCall } from "../../domain/license/calls.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { deleteUser, findUser, licensesOfUser, type User } from "../../registry/rows/users.ts";
import { patchLicense } from "../license/change-license.ts";
import { changeRow, settled } from "./change-row.ts";
import { userEntityTag } from "./change-user.ts";
import type { Deployment } from "../deployment.ts";
import { eventOf } from "../record.ts";
import { toldUser } from "./told-user.ts";

/** Licenses asked at once, and how often in one call: beyond, the caller sends it again. */
const STEP = 20;
const STEPS = 10;

/**
 * Refusals: `user-unknown`; `in-use`; those of `changeRow`; with `detach` also the machinery's where a license could
 * not be asked. The same call again goes on where this one ended, because licenses that are done no longer refer to the
 * user.
 */
export async function removeUser(
  deployment: Deployment,
  id: string,
  how: "if-unused" | "detach",
  call: ConditionalCall,
  now: number,
): Promise<Outcome<null>> {
  // Without the condition, which is about the user, not about its licenses.
  const caller: Caller = { actor: call.actor, requestId: call.requestId };
  const removed = await changeRow<User, "removed">(call, {
    pause: deployment.pause,
    what: "user",
    read: () => findUser(deployment.db, id),
    entityTag: userEntityTag,
    write: async (before) => {
      const refusal = how === "detach" ? await detach(deployment, id, caller) : null;
      if (refusal !== null) return no(refusal);
      const data = await toldUser(deployment.db, before);
      const deleted = eventOf({ type: "user.deleted", subjectId: id, changes: {}, data }, caller, now);
      // After detaching: there were too many, one came to it meanwhile, or D1 has yet to hear of it.
      const inUse = { code: "in-use", by: "licenses", retryable: how === "detach" } as const;
      return settled(await deleteUser(deployment.db, before, deleted), "removed", { "in-use": inUse });
    },
  });
  if (!removed.ok) return removed;
  return removed.value === null ? no({ code: "user-unknown" }) : yes(null);
}

/** Each license through its object, which decides whose it is now. One that fails does not keep the others waiting. */
async function detach(deployment: Deployment, userId: string, caller: Caller): Promise<Refusal | null> {
  let after = "";
  let first: Refusal | null = null;
  for (let step = 0; step < STEPS; step += 1) {
    const ids = await licensesOfUser(deployment.db, userId, after, STEP);
    const outcomes = await Promise.all(ids.map((id) => patchLicense(deployment, id, { leavesUser: userId }, caller)));
    first ??= outcomes.map(refusalOf).find((refusal) => refusal !== null) ?? null;
    after = ids.at(-1) ?? after;
    if (ids.length < STEP) break;
  }
  return first;
}

/** A license that was deleted is on its way out of D1. */
function refusalOf(outcome: Outcome<unknown>): Refusal | null {
  return outcome.ok || outcome.refusal.code === "license-unknown" ? null : outcome.refusal;
}
