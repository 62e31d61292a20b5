/** The machine, as far as the numbers depend on it. */

import { spawnSync } from "node:child_process";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import { type Spread, spreadOf } from "./stats.ts";

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  readonly workerd: string;
  readonly miniflare: string;
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    processor: all[0]?.model ?? "unknown",
    cores: all.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: process.versions.node,
    workerd: versionOf("workerd"),
    miniflare: versionOf("miniflare"),
  };
}

const WRITES = 60;
const PAGE = 4096;

/** Milliseconds that a page takes to the disk under this folder, as things are: what a commit waits for. */
export function measureFlush(folder: string): Spread {
  const file = join(folder, "flush");
  const handle = openSync(file, "w");
  const taken = Array.from({ length: WRITES }, () => {
    const startedAt = performance.now();
    writeSync(handle, Buffer.alloc(PAGE));
    fsyncSync(handle);
    return performance.now() - startedAt;
  });
  closeSync(handle);
  return spreadOf(taken);
}

/** The commit that the working tree stands on, and whether `src` differs from it. */
export function describeCommit(): string {
  const commit = git("rev-parse", "--short", "HEAD");
  return git("status", "--porcelain", "src") === "" ? commit : `${commit} and changes`;
}

function git(...args: readonly string[]): string {
  return spawnSync("git", [...args], { encoding: "utf8" }).stdout.trim();
}

function versionOf(name: string): string {
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { readonly version: string };
  return version;
}
