/** Hands waiting events of creations and of the catalogue over to the event log (EVT-3). */

import { drainOutbox } from "../registry/outbox.ts";
import { causeOf } from "../tokens/cause.ts";
import type { Deployment } from "./deployment.ts";

/** Events of one batch: a license's whole metadata may be in each, up to 300 KB. */
const BATCH = 20;
/** Batches of one run; the cron comes again. */
const BATCHES = 50;

/** Never rejects: what is left waits for the next change or the cron. */
export async function handOver({ db }: Pick<Deployment, "db">): Promise<void> {
  try {
    for (let batch = 0; batch < BATCHES; batch += 1) {
      if ((await drainOutbox(db, BATCH)) < BATCH) return;
    }
  } catch (error) {
    console.warn("events wait to be handed over", causeOf(error));
  }
}
