/** The measured Worker with long and counted wires (`bench/latency/watched.ts`). Nothing deploys it. */

import worker, { LicenseObject as Original } from "../../src/index.ts";
import { forget, taken, watchedDatabase, watchedObjects } from "./watched.ts";

/** The header that tells the trips of an answer, as JSON. */
const TRIPS = "Bench-Trips";

export class LicenseObject extends Original {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, { ...env, DB: watchedDatabase(env.DB, "object to D1") });
  }
}

/** One for the isolate, as the real bindings are. */
let watched: Env | null = null;

export default {
  async fetch(request, env, context) {
    watched ??= {
      ...env,
      DB: watchedDatabase(env.DB, "worker to D1"),
      LICENSES: watchedObjects(env.LICENSES),
    };
    forget();
    const answer = await worker.fetch(request, watched, context);
    const told = new Response(answer.body, answer);
    told.headers.set(TRIPS, JSON.stringify(taken()));
    return told;
  },
} satisfies ExportedHandler<Env>;
