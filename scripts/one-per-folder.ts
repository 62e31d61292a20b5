/** One server at a time on a folder's data: two would lock each other out of the same databases. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { commandOf } from "./port-holder.ts";

/** Ignored by git; the start that wrote it removes it, unless it was killed. */
const FILE = ".leasehold/running";
/** What a start's command line has in it: a process id that was left behind may be another's by now. */
const START = "start.ts";

export interface Server {
  readonly pid: number;
  readonly url: string;
}

/** The server that runs in this folder; null where there is none. */
export function runningHere(): Server | null {
  const server = left();
  return server !== null && server.pid !== process.pid && lives(server.pid) ? server : null;
}

/** Writes down that this process serves in this folder, until it ends. */
export function takeFolder(url: string): void {
  mkdirSync(dirname(FILE), { recursive: true, mode: 0o700 });
  writeFileSync(FILE, JSON.stringify({ pid: process.pid, url } satisfies Server));
  process.once("exit", () => rmSync(FILE, { force: true }));
}

function left(): Server | null {
  try {
    const { pid, url } = JSON.parse(readFileSync(FILE, "utf8"));
    return Number.isInteger(pid) && pid > 0 && typeof url === "string" ? { pid, url } : null;
  } catch {
    return null;
  }
}

function lives(pid: number): boolean {
  return commandOf(pid).includes(START);
}
