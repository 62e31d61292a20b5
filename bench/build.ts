/** The Worker, the floors and the seeder, built by wrangler as they would be deployed, into a folder of their own. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";

const FLOORS = "bench/floors";

/** The path of the Worker's one module. */
export function buildWorker(folder: string): string {
  return build([], join(folder, "leasehold"), "index.js");
}

/** The same with the names of its functions, for profiles. */
export function buildReadable(folder: string): string {
  return build(["--no-minify"], join(folder, "readable"), "index.js");
}

export function buildFloor(folder: string, name: string): string {
  return buildWith(`${FLOORS}/${name}.ts`, join(folder, name), `${name}.js`);
}

/** The Worker that stands in for the measured one to fill its storage. */
export function buildSeeder(folder: string): string {
  return buildWith("bench/seeder/worker.ts", join(folder, "seeder"), "worker.js");
}

/** The Worker with long and counted wires. */
export function buildWatched(folder: string): string {
  return buildWith("bench/latency/worker.ts", join(folder, "watched"), "worker.js");
}

function buildWith(source: string, out: string, module: string): string {
  return build([source, "--config", "bench/wrangler.toml"], out, module);
}

function build(options: readonly string[], out: string, module: string): string {
  const run = spawnSync("wrangler", ["deploy", ...options, "--dry-run", "--outdir", out], {
    encoding: "utf8",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  });
  if (run.status !== 0) throw new Error(`wrangler could not build:\n${run.stdout}${run.stderr}`);
  return join(out, module);
}
