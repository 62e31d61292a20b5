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
  /** KiB after gzip, without the text that it carries. */
  readonly limit: number;
  /** A module that is nothing but text, and its own limit (0090-openapi-from-routes-and-types.md). */
  readonly text?: { readonly module: string; readonly limit: number };
  /** KiB after gzip of the modules of bytes, which no start reads (0091-swagger-ui-shows-the-document.md). */
  readonly bytesLimit?: number;
}

/** A module that is not code, as wrangler names it. */
const BYTES = /^[0-9a-f]{40}-(?!.*\.wasm$)/;

const BUNDLES: readonly Bundle[] = [
  {
    name: "bundle",
    source: [],
    out: "dist",
    limit: 235,
    text: { module: "src/http/openapi/document.ts", limit: 48 },
    bytesLimit: 512,
  },
  {
    name: "activation API alone",
    source: ["scripts/size/activation.ts", "--config", "bench/wrangler.toml"],
    out: "dist/activation",
    limit: 132,
  },
];

/** True if it fits. */
function measure({ name, source, out, limit, text, bytesLimit = 0 }: Bundle): boolean {
  const metafile = join(out, "metafile.json");
  const build = ["deploy", ...source, "--dry-run", "--outdir", out, "--metafile", metafile];
  const { status, stdout, stderr } = spawnSync("wrangler", build, { encoding: "utf8" });
  if (status !== 0) {
    console.error(stdout + stderr);
    return false;
  }
  const files = readdirSync(out);
  const read = (some: readonly string[]) => some.map((file) => readFileSync(join(out, file)));
  const bytes = read(files.filter((file) => BYTES.test(file)));
  const sources = read(files.filter((file) => !BYTES.test(file) && /\.(?:js|wasm)$/.test(file)));
  const zipped = zippedOf(sources);
  const carried = text === undefined ? 0 : zipped - zippedOf(sources.map(withoutText));
  const kib = (zipped - carried) / 1024;
  console.log(`\n${tableOf(partsOf(JSON.parse(readFileSync(metafile, "utf8")) as Metafile), zipped)}`);
  const verdict = `${name}: ${kib.toFixed(1)} KiB gzip, limit ${limit} KiB`;
  if (kib <= limit) console.log(verdict);
  else console.error(`${verdict}: too large`);
  const isTextWithin = text === undefined || isWithin(text.module, carried / 1024, text.limit);
  const areBytesWithin = isWithin(`${bytes.length} modules of bytes`, zippedOf(bytes) / 1024, bytesLimit);
  return kib <= limit && isTextWithin && areBytesWithin;
}

function zippedOf(files: readonly Buffer[]): number {
  return files.reduce((sum, file) => sum + gzipSync(file).length, 0);
}

/** Base64 in the middle of code also costs what the code behind it could have shared with the code before it. */
function withoutText(file: Buffer): Buffer {
  return Buffer.from(file.toString("latin1").replaceAll(/[A-Za-z0-9+/=]{16384,}/g, ""), "latin1");
}

function isWithin(what: string, kib: number, limit: number): boolean {
  console.log(`${what}, beside it: ${kib.toFixed(1)} KiB gzip, limit ${limit} KiB`);
  return kib <= limit;
}

rmSync("dist", { recursive: true, force: true });
const fits = BUNDLES.map(measure);
process.exit(fits.every(Boolean) ? 0 : 1);
