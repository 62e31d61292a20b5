/** Who listens on a port of this machine, as far as the system tells this user. */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface Holder {
  readonly pid: number;
  /** Its command line, cut off after a line's length. */
  readonly command: string;
}

const COMMAND_CHARACTERS = 100;
/** The state of a listening socket in /proc/net/tcp. */
const LISTENING = "0A";

/** Null where nobody listens, and where the system does not tell. */
export function holderOf(port: number): Holder | null {
  const pid = fromProc(port) ?? fromLsof(port);
  return pid === null ? null : { pid, command: commandOf(pid).slice(0, COMMAND_CHARACTERS) };
}

function fromProc(port: number): number | null {
  const sockets = new Set(["tcp", "tcp6"].flatMap((table) => listeners(`/proc/net/${table}`, port)));
  if (sockets.size === 0) return null;
  const found = list("/proc").find(
    (pid) => /^\d+$/.test(pid) && list(`/proc/${pid}/fd`).some((fd) => sockets.has(linkOf(`/proc/${pid}/fd/${fd}`))),
  );
  return found === undefined ? null : Number(found);
}

/** What the descriptors of the sockets that listen on the port lead to: `socket:[INODE]`. */
function listeners(table: string, port: number): readonly string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return read(table)
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([, local, , state, , , , , , inode]) =>
      local?.endsWith(suffix) && state === LISTENING ? [`socket:[${inode}]`] : [],
    );
}

/** macOS has no /proc. */
function fromLsof(port: number): number | null {
  const pid = /^p(\d+)$/m.exec(printed("lsof", "-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fp"))?.[1];
  return pid === undefined ? null : Number(pid);
}

/** Empty where there is no such process. */
export function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim() || printed("ps", "-o", "args=", "-p", String(pid));
}

function printed(command: string, ...args: readonly string[]): string {
  return spawnSync(command, [...args], { encoding: "utf8" }).stdout?.trim() ?? "";
}

function read(file: string): string {
  return orElse("", () => readFileSync(file, "utf8"));
}

function list(folder: string): readonly string[] {
  return orElse<readonly string[]>([], () => readdirSync(folder));
}

function linkOf(file: string): string {
  return orElse("", () => readlinkSync(file));
}

/** What is not there, has ended meanwhile, or is another user's, tells nothing. */
function orElse<T>(nothing: T, look: () => T): T {
  try {
    return look();
  } catch {
    return nothing;
  }
}
