/**
 * Whether the isolate's heap grows under steady load: activations that check out again, renewals, check-ins and
 * refusals.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { Inspector } from "./inspector.ts";
import type { Call } from "./load.ts";
import type { HeapResult } from "./results.ts";
import type { Session, Shop } from "./shop.ts";
import { spreadOf } from "./stats.ts";
import type { WorkerServer } from "./worker-server.ts";

const LICENSES = 200;
const SAMPLE_MS = 5_000;
const MINUTE_MS = 60_000;

export async function measureHeap(server: WorkerServer, shop: Shop, minutes: number): Promise<HeapResult> {
  const sessions = await shop.activateAll(await shop.sell(LICENSES));
  const inspector = await Inspector.open(await server.inspector());
  const startedAt = performance.now();
  const load = server.connections.run({ next: mixed(shop, sessions), status: 200, forMs: minutes * MINUTE_MS });
  const samples: number[][] = Array.from({ length: minutes }, () => []);
  for (;;) {
    const minute = Math.floor((performance.now() - startedAt) / MINUTE_MS);
    const taken = samples[minute];
    if (taken === undefined) break;
    taken.push(await inspector.liveBytes());
    if (taken.length === 1) process.stderr.write(".");
    await Promise.race([sleep(SAMPLE_MS), load]);
  }
  process.stderr.write("\n");
  inspector.close();
  const { calls } = await load;
  return { minutes, calls, byMinute: samples.map((ofMinute) => spreadOf(ofMinute).median) };
}

/** Every fifth call activates a new device, and the next one that there is a device for checks it out again. */
function mixed(shop: Shop, sessions: readonly Session[]): () => Call {
  const guests: Session[] = [];
  let calls = 0;
  return () => {
    calls += 1;
    const session = sessions[calls % sessions.length];
    if (session === undefined) throw new Error("there are no sessions");
    const guest = calls % 5 === 1 ? guests.pop() : undefined;
    if (guest !== undefined) return shop.checkOut(guest);
    if (calls % 5 === 0) return shop.activate(session.license, shop.device(), (made) => guests.push(made));
    return calls % 2 === 0 ? shop.renew(session) : shop.checkIn(session);
  };
}
