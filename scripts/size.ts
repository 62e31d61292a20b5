/**
 * Builds the Worker as it is deployed, and with the activation API alone; prints the size of both after gzip and what
 * each is made of, and fails above either limit (0014-the-size-of-the-bundle.md).
 */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { partsOf, tableOf, type Metafile } from "./size/parts.ts";

interface Bundle {
  readonly name: string;
  /** What wrangler builds, where that is not the Worker itself. */
  readonly source: readonly string[];
  readonly out: string;
  /** KiB after gzip. */
  readonly limit: number;
}

const BUNDLES: readonly Bundle[] = [
  { name: "bundle", source: [], out: "dist", limit: 219 },
  {
    name: "activation API alone",
    source: ["scripts/size/activation.ts", "--config", "bench/wrangler.toml"],
    out: "dist/activation",
    limit: 132,
  },
];

/** True if it fits. */
function measure({ name, source, out, limit }: Bundle): boolean {
  const metafile = join(out, "metafile.json");
  const build = ["deploy", ...source, "--dry-run", "--outdir", out, "--metafile", metafile];
  const { status, stdout, stderr } = spawnSync("wrangler", build, { encoding: "utf8" });
  if (status !== 0) {
    console.error(stdout + stderr);
    return false;
  }
  const modules = readdirSync(out).filter((file) => file.endsWith(".js") || file.endsWith(".wasm"));
  const zipped = modules.reduce((sum, file) => sum + gzipSync(readFileSync(join(out, file))).length, 0);
  const kib = zipped / 1024;
  console.log(`\n${tableOf(partsOf(JSON.parse(readFileSync(metafile, "utf8")) as Metafile), zipped)}`);
  const verdict = `${name}: ${kib.toFixed(1)} KiB gzip, limit ${limit} KiB`;
  if (kib <= limit) console.log(verdict);
  else console.error(`${verdict}: too large`);
  return kib <= limit;
}

rmSync("dist", { recursive: true, force: true });
const fits = BUNDLES.map(measure);
process.exit(fits.every(Boolean) ? 0 : 1);
