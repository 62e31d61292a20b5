/** Builds the Worker as it is deployed, prints its size after gzip, and fails above the limit. */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { gzipSync } from "node:zlib";

/** KiB after gzip: start-up time at the edge is this file's download and parse. */
const LIMIT_KIB = 180;
const OUT = "dist";

rmSync(OUT, { recursive: true, force: true });
const build = spawnSync("wrangler", ["deploy", "--dry-run", "--outdir", OUT], { encoding: "utf8" });
if (build.status !== 0) {
  console.error(build.stdout + build.stderr);
  process.exit(1);
}

const modules = readdirSync(OUT).filter((name) => name.endsWith(".js") || name.endsWith(".wasm"));
const kib = modules.reduce((sum, name) => sum + gzipSync(readFileSync(`${OUT}/${name}`)).length, 0) / 1024;
const verdict = `bundle: ${kib.toFixed(1)} KiB gzip, limit ${LIMIT_KIB} KiB`;
if (kib > LIMIT_KIB) {
  console.error(`${verdict}: too large`);
  process.exit(1);
}
console.log(verdict);
