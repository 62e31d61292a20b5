/**
 * The first answer of a Worker that has just been started, and its eleventh, beside those of a bare Worker: what
 * functions cost that run for the first time. The answer is a problem, so that no D1 has a part in it. What the runtime
 * runs of a module at its start is over by then.
 */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { request } from "./http.ts";
import type { StartResult } from "./results.ts";
import { serveWorker } from "./worker-server.ts";

const CALLS = 11;

/** Without a secret each of its calls is 503. */
const OURS = { objects: { LICENSES: "LicenseObject", WEBHOOKS: "WebhookObject" }, path: "/problems/no", status: 503 };
const BARE = { objects: {}, path: "/", status: 200 };

type Started = typeof OURS | typeof BARE;

/** They take turns. */
export async function measureStarts(
  modules: { readonly ours: string; readonly bare: string },
  folder: string,
  starts: number,
): Promise<StartResult> {
  const waits: { first: number; eleventh: number; bareFirst: number; bareEleventh: number }[] = [];
  for (let start = 0; start < starts; start += 1) {
    const [bareFirst, bareEleventh] = await startOnce(modules.bare, BARE, join(folder, `bare-${start}`));
    const [first, eleventh] = await startOnce(modules.ours, OURS, join(folder, `ours-${start}`));
    waits.push({ first, eleventh, bareFirst, bareEleventh });
    process.stderr.write(".");
  }
  process.stderr.write("\n");
  return {
    first: waits.map(({ first }) => first),
    eleventh: waits.map(({ eleventh }) => eleventh),
    bareFirst: waits.map(({ bareFirst: wait }) => wait),
    bareEleventh: waits.map(({ bareEleventh: wait }) => wait),
  };
}

/** The milliseconds of the first and of the last call, over a connection that is open. */
async function startOnce(
  module: string,
  { objects, path, status }: Started,
  folder: string,
): Promise<[number, number]> {
  const server = await serveWorker({ module, objects }, folder, 1);
  try {
    const next = () => ({ request: request("GET", path) });
    const { milliseconds } = await server.connections.run({ next, status, calls: CALLS });
    return [milliseconds[0] ?? Number.NaN, milliseconds.at(-1) ?? Number.NaN];
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
