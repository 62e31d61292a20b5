/**
 * A built Worker under Miniflare, reached at its own socket and not through Miniflare's proxy, with its databases on
 * disk: every commit is followed by an fsync of the write-ahead log before the answer goes out.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { Connections } from "./load.ts";
import { childrenNamed } from "./processes.ts";

const WORKER = "subject";
const MIGRATIONS = "migrations";
const BREAKPOINT = "--> statement-breakpoint";

export interface WorkerOptions {
  readonly module: string;
  /** Binding to class. */
  readonly objects?: Readonly<Record<string, string>>;
  readonly bindings?: Readonly<Record<string, string>>;
  /** The binding of a D1 database; it gets the migrations where `folder` is new. */
  readonly database?: string;
  /** Opens the inspector, for the heap and for profiles. */
  readonly inspected?: boolean;
}

/** Something that answers HTTP on a port of the loopback interface. */
export interface Server {
  readonly port: number;
  /** The processes that, with their children, do the work. */
  readonly pids: readonly number[];
  readonly connections: Connections;
  stop(): Promise<void>;
}

export interface WorkerServer extends Server {
  inspector(): Promise<URL>;
}

export async function serveWorker(options: WorkerOptions, folder: string, connections: number): Promise<WorkerServer> {
  const isNew = !existsSync(folder);
  const before = new Set(childrenNamed("workerd"));
  const miniflare = new Miniflare(miniflareOptions(options, folder));
  await miniflare.ready;
  const pids = childrenNamed("workerd").filter((child) => !before.has(child));
  if (options.database !== undefined) {
    const database = await miniflare.getD1Database(options.database);
    if (isNew) await migrate(database);
    // Awake, as at the edge: the first call is not to open its files.
    else await database.prepare("SELECT 1").run();
  }
  const port = Number((await miniflare.unsafeGetDirectURL(WORKER)).port);
  const opened = await Connections.open(port, connections);
  return {
    port,
    pids,
    connections: opened,
    inspector: () => miniflare.getInspectorURL(),
    stop: async () => {
      opened.close();
      await miniflare.dispose();
    },
  };
}

function miniflareOptions({ module, objects = {}, bindings = {}, database, inspected }: WorkerOptions, folder: string) {
  const classes = Object.entries(objects).map(([binding, className]) => [binding, { className, useSQLite: true }]);
  return convertV4MiniflareOptions({
    name: WORKER,
    modules: [{ type: "ESModule", path: basename(module), contents: readFileSync(module, "utf8") }],
    compatibilityDate: "2026-10-01",
    compatibilityFlags: ["nodejs_compat"],
    durableObjects: Object.fromEntries(classes),
    d1Databases: database === undefined ? [] : [database],
    bindings: { ...bindings },
    resourcePersistencePath: folder,
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
    cf: false,
    ...(inspected === true ? { inspectorPort: 0 } : {}),
  });
}

async function migrate(database: Pick<D1Database, "prepare">): Promise<void> {
  const files = readdirSync(MIGRATIONS).filter((name) => name.endsWith(".sql"));
  for (const file of files.toSorted()) {
    const statements = readFileSync(join(MIGRATIONS, file), "utf8").split(BREAKPOINT);
    for (const statement of statements) await database.prepare(statement).run();
  }
}
