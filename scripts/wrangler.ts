/** Runs `wrangler`, as npm scripts find it on the path, and reads what it knows of the configuration. */

import { spawnSync, type StdioOptions } from "node:child_process";
import { unstable_readConfig } from "wrangler";

/** The database that the Worker is bound to as `DB`. */
export interface BoundDatabase {
  readonly name: string | null;
  /** Only where somebody has written it into the configuration: the Deploy button does. */
  readonly id: string | null;
}

/** True if it went well. The person at the terminal sees what it says, and may answer if `asks` says so. */
export function runs(args: readonly string[], { asks }: { readonly asks: boolean }): boolean {
  return run(args, [asks ? "inherit" : "ignore", "inherit", "inherit"]).ok;
}

/** What it prints as JSON; null if it fails. It says to the person at the terminal why. */
export function answerOf(args: readonly string[]): unknown {
  const { ok, output } = run(args, ["ignore", "pipe", "inherit"]);
  if (!ok) return null;
  try {
    return JSON.parse(output);
  } catch {
    return null;
  }
}

function run(args: readonly string[], stdio: StdioOptions): { readonly ok: boolean; readonly output: string } {
  console.log(`\n> wrangler ${args.join(" ")}`);
  const { status, stdout, error } = spawnSync("wrangler", [...args], { encoding: "utf8", stdio });
  if (error !== undefined) console.error(`wrangler could not be run (${error.message}). Did \`npm ci\` go well?`);
  return { ok: status === 0, output: stdout ?? "" };
}

/** From `wrangler.toml`, by wrangler's own reader; its version is pinned exactly. */
export function boundDatabase(binding: string): BoundDatabase {
  const configured: readonly Configured[] = unstable_readConfig({ config: "wrangler.toml" }).d1_databases;
  const found = configured.find((database) => database.binding === binding);
  if (found === undefined) throw new Error(`wrangler.toml has no D1 database that is bound as ${binding}.`);
  return { name: found.database_name ?? null, id: found.database_id ?? null };
}

/** The class of Durable Objects that the Worker is bound to by this name, and the Worker's own name. */
export function boundClass(binding: string): { readonly script: string; readonly className: string } {
  const { name, durable_objects: objects } = unstable_readConfig({ config: "wrangler.toml" });
  const bindings: readonly { readonly name: string; readonly class_name: string }[] = objects.bindings;
  const found = bindings.find((object) => object.name === binding);
  if (name === undefined || found === undefined) throw new Error(`wrangler.toml has no objects bound as ${binding}.`);
  return { script: name, className: found.class_name };
}

/** The members that are read here; wrangler's own types name packages that it does not bring. */
interface Configured {
  readonly binding: string;
  readonly database_name?: string;
  readonly database_id?: string;
}
