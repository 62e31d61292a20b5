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
  /** The Worker's own socket, past Miniflare's proxy. */
  readonly port: number;
  /** Miniflare's door: runs the cron. */
  readonly controlPort: number;
  readonly vars: Readonly<Record<string, string>>;
  readonly bindings: Bindings;
  readonly migrates: boolean;
}

const LOOPBACK = "127.0.0.1";
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

function optionsOf({ bundle, state, port, controlPort, vars, bindings }: Settings) {
  const path = join(bundle, "index.js");
  return convertV4MiniflareOptions({
    name: "leasehold",
    host: LOOPBACK,
    port: controlPort,
    modules: [{ type: "ESModule", path, contents: readFileSync(path, "utf8") }],
    modulesRoot: bundle,
    compatibilityDate: bindings.compatibilityDate,
    compatibilityFlags: [...bindings.compatibilityFlags],
    bindings: { ...vars },
    d1Databases: { ...bindings.databases },
    durableObjects: Object.fromEntries(
      Object.entries(bindings.objects).map(([name, className]) => [name, { className, useSQLite: true }]),
    ),
    ratelimits: { ...bindings.rateLimits },
    resourcePersistencePath: state,
    unsafeTriggerHandlers: true,
    unsafeDirectSockets: [{ host: LOOPBACK, port }],
    telemetry: { enabled: false },
    cf: false,
    log: new Log(LogLevel.ERROR),
  });
}

async function migrate(db: Awaited<ReturnType<Miniflare["getD1Database"]>>): Promise<void> {
  const files = readdirSync(MIGRATIONS).filter((name) => name.endsWith(".sql"));
  for (const file of files.toSorted()) {
    const statements = readFileSync(join(MIGRATIONS, file), "utf8").split("--> statement-breakpoint");
    await db.batch(statements.map((statement) => db.prepare(statement)));
  }
}
