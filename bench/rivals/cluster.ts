/**
 * A PostgreSQL cluster of its own in a temporary folder, reached by a socket file, with every commit flushed to disk.
 */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

/** Where Debian keeps the programs of each version, beside the path. */
const DEBIAN = "/usr/lib/postgresql";
const STARTS_WITHIN_MS = 15_000;
const SETTINGS = {
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  shared_buffers: "256MB",
  max_connections: "100",
  listen_addresses: "",
};

export interface Cluster {
  readonly pid: number;
  /** The folder of its socket. */
  readonly host: string;
  readonly version: string;
  query(database: string, sql: string): Promise<pg.QueryResult>;
  stop(): Promise<void>;
}

/** Null: PostgreSQL is not installed. */
export async function startCluster(): Promise<Cluster | null> {
  const programs = findPrograms();
  if (programs === null) return null;
  // PostgreSQL refuses to run as root; Debian's package has a user for it.
  const user = process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : {};
  // A folder of its own: that user may not enter one that root has made for itself.
  const folder = mkdtempSync(join(tmpdir(), "leasehold-postgres-"));
  const data = join(folder, "data");
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const made = spawnSync(join(programs, "initdb"), ["-D", data, "-U", "bench", "-A", "trust", "--locale=C.UTF-8"], {
    ...user,
    cwd: folder,
    encoding: "utf8",
  });
  if (made.status !== 0) throw new Error(`initdb failed:\n${made.stdout}${made.stderr}`);

  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = spawn(join(programs, "postgres"), ["-D", data, "-k", folder, ...settings], {
    ...user,
    cwd: folder,
    stdio: "ignore",
  });
  const query = (database: string, sql: string) => asked(folder, database, sql);
  const stop = async () => {
    child.kill("SIGINT");
    if (child.exitCode === null) await once(child, "exit");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", () => child.kill("SIGINT"));
  const version = await firstAnswer(query);
  return { pid: child.pid ?? 0, host: folder, version, query, stop };
}

function findPrograms(): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  const folders = [
    ...versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(DEBIAN, version, "bin")),
    ...(process.env.PATH ?? "").split(":"),
  ];
  return folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres"))) ?? null;
}

function idOf(kind: "-u" | "-g"): number {
  return Number(spawnSync("id", [kind, "postgres"], { encoding: "utf8" }).stdout);
}

async function firstAnswer(query: Cluster["query"]): Promise<string> {
  const until = Date.now() + STARTS_WITHIN_MS;
  for (;;) {
    try {
      const { rows } = await query("postgres", "SHOW server_version");
      return String((rows[0] as { readonly server_version: string }).server_version);
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(100);
    }
  }
}

async function asked(host: string, database: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ host, database, user: "bench" });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}
