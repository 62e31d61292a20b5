/**
 * How much processor time a server has used: of its processes and of all that they have started. From `/proc`, so on
 * Linux only.
 */

import { readdirSync, readFileSync } from "node:fs";

/** `USER_HZ`, which Linux fixes for what it shows in `/proc`. */
const TICKS_PER_SECOND = 100;

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly seconds: number;
}

/** Null where the system does not tell. */
export function processorSeconds(roots: readonly number[]): number | null {
  const all = processes();
  if (all === null) return null;
  const wanted = new Set(roots);
  // A child has a greater number than its parent, but where numbers began anew: then its time is missing from the
  // count.
  for (const { pid, parent } of all) if (wanted.has(parent)) wanted.add(pid);
  return all.reduce((sum, { pid, seconds }) => sum + (wanted.has(pid) ? seconds : 0), 0);
}

/** Children of this process by that name. */
export function childrenNamed(name: string): readonly number[] {
  return (processes() ?? []).filter((one) => one.parent === process.pid && one.name === name).map(({ pid }) => pid);
}

function processes(): readonly Process[] | null {
  try {
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return pids
      .map(Number)
      .toSorted((a, b) => a - b)
      .flatMap((pid) => read(pid) ?? []);
  } catch {
    return null;
  }
}

/** Null: it has ended meanwhile. */
function read(pid: number): Process | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const nameEnd = stat.lastIndexOf(")");
    // proc(5): the fields after the name are state, ppid, ...; utime and stime are the 14th and 15th of all.
    const fields = stat.slice(nameEnd + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    const name = stat.slice(stat.indexOf("(") + 1, nameEnd);
    return { pid, parent: Number(fields[1]), name, seconds: ticks / TICKS_PER_SECOND };
  } catch {
    return null;
  }
}
