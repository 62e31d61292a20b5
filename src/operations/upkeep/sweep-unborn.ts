/**
 * Gives birth to licenses that end without ever having been used (ID-5): their objects tell of it, and of what is about
 * to end. Bounded work for the cron.
 */

import { objectOf } from "../../license/stub.ts";
import { dueUnborn, type UnbornPlace } from "../../registry/upkeep/unborn.ts";
import type { Deployment } from "../deployment.ts";
import { say } from "../../log/line.ts";

type Stores = Pick<Deployment, "db" | "licenses">;

/** Licenses called at once. */
const STEP = 20;
/** Steps of one run. */
const STEPS = 10;

/** Never rejects. One that fails is passed by and comes again in the next run. `now` in epoch ms. */
export async function sweepUnborn(stores: Stores, now: number): Promise<void> {
  try {
    let place: UnbornPlace | null = null;
    for (let step = 0; step < STEPS; step += 1) {
      const due: readonly UnbornPlace[] = await dueUnborn(stores.db, now, place, STEP);
      await Promise.all(due.map(({ id }) => bear(stores, id)));
      place = due.at(-1) ?? null;
      if (due.length < STEP) return;
    }
  } catch (error) {
    say("licenses that have ended unused wait to be told of", {}, error);
  }
}

async function bear(stores: Stores, id: string): Promise<void> {
  const answer = await objectOf(stores, id)?.bear(id);
  if (answer?.reached === "license" && answer.outcome.ok) return;
  say("a license could not be born to tell of its end", { license: id });
}
