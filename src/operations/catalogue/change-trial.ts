/** What the vendor does with trials (TRIAL-1): moves the end of one, or deletes it, which gives the device no other. */

import type { Caller, ConditionalCall } from "../../domain/license/calls.ts";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import { extendedTrial } from "../../domain/license/trial.ts";
import { yes, type Outcome } from "../../domain/outcome.ts";
import { deleteTrial, findTrial, updateTrial, type Trial } from "../../registry/trials/trials.ts";
import { changeRow, settled } from "./change-row.ts";
import { keepNothing, type Keep } from "../create-once.ts";
import type { Deployment } from "../deployment.ts";
import { entityTagBy } from "../entity-tag.ts";
import { changesOf, eventOf, laterThan } from "../record.ts";

type Stores = Pick<Deployment, "db" | "pause">;

export const trialEntityTag = entityTagBy<Trial, Pick<Trial, "expiresAt">>({
  expiresAt: ({ expiresAt }) => expiresAt,
});

/** `expiresAt` in epoch ms, also one that is past. Null: there is no such trial. Refuses what `changeRow` does. */
export async function moveTrialEnd(
  stores: Stores,
  id: string,
  expiresAt: number,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<Trial | null>> {
  return await moveEnd(stores, id, () => yes(expiresAt), { caller, now, keep: keepNothing });
}

/** Null: there is no such trial. Refuses `invalid-member` past the year 9999, and what `changeRow` does. */
export async function extendTrial(
  stores: Stores,
  id: string,
  seconds: number,
  caller: Caller,
  now: number,
  keep: Keep<Trial | null> = keepNothing,
): Promise<Outcome<Trial | null>> {
  return await moveEnd(stores, id, ({ expiresAt }) => extendedTrial(expiresAt, seconds), { caller, now, keep });
}

interface Moving {
  readonly caller: ConditionalCall;
  readonly now: number;
  readonly keep: Keep<Trial | null>;
}

async function moveEnd(
  { db, pause }: Stores,
  id: string,
  endOf: (trial: Trial) => Outcome<number>,
  { caller, now, keep }: Moving,
): Promise<Outcome<Trial | null>> {
  return await changeRow<Trial, Trial>(caller, {
    pause,
    what: "trial",
    read: () => findTrial(db, id),
    entityTag: trialEntityTag,
    write: async (before) => {
      const end = endOf(before);
      if (!end.ok) return end;
      if (end.value === before.expiresAt) return yes(before);
      const after: Trial = { ...before, expiresAt: end.value, updatedAt: laterThan(before.updatedAt, now) };
      const event = told("trialActivation.updated", after, caller, now, before);
      return settled(await updateTrial(db, before, after, event, await keep(after)), after, {});
    },
  });
}

/** Null: there is no such trial. Refuses what `changeRow` does. */
export async function removeTrial(
  { db, pause }: Stores,
  id: string,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<"removed" | null>> {
  return await changeRow<Trial, "removed">(caller, {
    pause,
    what: "trial",
    read: () => findTrial(db, id),
    entityTag: trialEntityTag,
    write: async (before) => {
      const event = told("trialActivation.deleted", before, caller, now);
      return settled(await deleteTrial(db, before, event), "removed", {});
    },
  });
}

/** `before`: of a change. */
export function told(
  type: "trialActivation.created" | "trialActivation.updated" | "trialActivation.deleted",
  trial: Trial,
  caller: Caller,
  now: number,
  before: Trial = trial,
): LeaseholdEvent {
  return eventOf({ type, subjectId: trial.id, changes: changesOf(before, trial), data: trial }, caller, now);
}
