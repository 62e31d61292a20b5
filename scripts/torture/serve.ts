/**
 * What `Runtime` starts and kills: the built Worker on workerd, its state in a folder. It takes its settings as one
 * message from its parent, says `ready` when the Worker answers, and ends with its parent.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Bindings } from "./bindings.ts";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";

/** What the child is told. */
export interface Settings {
  /** Folder of `wrangler deploy --dry-run --outdir`. */
  readonly bundle: string;
  /** Where D1 and the objects keep their files. */
  readonly state: string;
  /** An isolate each, all on the same D1 and objects: the Worker's own sockets, past Miniflare's proxy. */
  readonly ports: readonly number[];
  /** Miniflare's door: runs the cron. */
  readonly controlPort: number;
  readonly vars: Readonly<Record<string, string>>;
  readonly bindings: Bindings;
  readonly migrates: boolean;
}

const LOOPBACK = "127.0.0.1";
const OWNER = "leasehold";
const MIGRATIONS = join(import.meta.dirname, "../../migrations");

process.once("message", (settings: Settings) => {
  void serve(settings);
});

async function serve(settings: Settings): Promise<void> {
  const miniflare = new Miniflare(optionsOf(settings));
  // Whoever starts this and is gone has no use for it.
  process.once("disconnect", () => {
    void miniflare.dispose().finally(() => process.exit());
  });
  await miniflare.ready;
  if (settings.migrates) await migrate(await miniflare.getD1Database("DB"));
  process.send?.("ready");
}

function optionsOf({ bundle, state, ports, controlPort, vars, bindings }: Settings) {
  const path = join(bundle, "index.js");
  const modules = [{ type: "ESModule" as const, path, contents: readFileSync(path, "utf8") }];
  // The first isolate has the objects; the others ask it.
  const workers = ports.map((port, at) => ({
    name: at === 0 ? OWNER : `${OWNER}-${at}`,
    modules,
    modulesRoot: bundle,
    compatibilityDate: bindings.compatibilityDate,
    compatibilityFlags: [...bindings.compatibilityFlags],
    bindings: { ...vars },
    d1Databases: { ...bindings.databases },
    durableObjects: Object.fromEntries(
      Object.entries(bindings.objects).map(([name, className]) => [
        name,
        { className, useSQLite: true, ...(at === 0 ? {} : { scriptName: OWNER }) },
      ]),
    ),
    ratelimits: { ...bindings.rateLimits },
    unsafeDirectSockets: [{ host: LOOPBACK, port }],
  }));
  return convertV4MiniflareOptions({
    host: LOOPBACK,
    port: controlPort,
    resourcePersistencePath: state,
    unsafeTriggerHandlers: true,
    telemetry: { enabled: false },
    cf: false,
    log: new Log(LogLevel.ERROR),
    workers,
  });
}

async function migrate(db: Awaited<ReturnType<Miniflare["getD1Database"]>>): Promise<void> {
  const files = readdirSync(MIGRATIONS).filter((name) => name.endsWith(".sql"));
  for (const file of files.toSorted()) {
    const statements = readFileSync(join(MIGRATIONS, file), "utf8").split("--> statement-breakpoint");
    await db.batch(statements.map((statement) => db.prepare(statement)));
  }
}
