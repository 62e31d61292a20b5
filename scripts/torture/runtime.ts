/**
 * The built Worker on real workerd, with D1 and the objects on disk, in a process group of its own: it may be killed at
 * any moment and started again on the same folder and port. Nothing here knows what the Worker does.
 *
 *     const runtime = await Runtime.create();
 *     await runtime.start();
 *     await fetch(`${runtime.url}/health`);
 *     await runtime.kill();    // SIGKILL to Node and workerd alike
 *     await runtime.start();
 *     await runtime.remove();  // ends it, and deletes the bundle and the state
 */

import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../dev-server.ts";
import { configuredBindings } from "./bindings.ts";
import type { Settings } from "./serve.ts";

const READY_WITHIN_MS = 60_000;
const POLL_MS = 20;
const SERVE = join(import.meta.dirname, "serve.ts");

export const ROOT_SECRET = "torture-only 7d1f0c35b86ea94217fe60bb";
const DEVELOPMENT = { ENVIRONMENT: "development", ROOT_SECRET };

export type Vars = Readonly<Record<string, string>>;

export class Runtime {
  /** The Worker itself, without a proxy before it: its first isolate. */
  readonly url: string;
  /** Of all its isolates, which have the same D1 and objects. */
  readonly urls: readonly string[];
  /** Where D1 and the objects keep their files. */
  readonly state: string;
  /** ms from each start but the first to the first healthy answer. */
  readonly restartTimes: number[] = [];
  /** Epoch ms of the last kill, just before it; 0 = never. */
  killedAt = 0;
  readonly #folder: string;
  #settings: Omit<Settings, "migrates">;
  #child: ChildProcess | null = null;
  #starts = 0;
  #said = "";
  #up = Promise.withResolvers<void>();

  /** Builds the Worker. `vars` are added to a development configuration. */
  static async create(vars: Vars = {}, isolates = 1): Promise<Runtime> {
    const folder = mkdtempSync(join(tmpdir(), "leasehold-torture-"));
    const bundle = join(folder, "bundle");
    const built = spawnSync("wrangler", ["deploy", "--dry-run", "--outdir", bundle], { encoding: "utf8" });
    if (built.status !== 0) throw new Error(`the Worker could not be built:\n${built.stdout}${built.stderr}`);
    return new Runtime(folder, {
      bundle,
      state: join(folder, "state"),
      ports: await Promise.all(Array.from({ length: isolates }, freePort)),
      controlPort: await freePort(),
      bindings: configuredBindings(),
      vars: { ...DEVELOPMENT, ...vars },
    });
  }

  /** What the next start has instead. */
  configure(vars: Vars): void {
    this.#settings = { ...this.#settings, vars: { ...DEVELOPMENT, ...vars } };
  }

  private constructor(folder: string, settings: Omit<Settings, "migrates">) {
    this.#folder = folder;
    this.#settings = settings;
    this.urls = settings.ports.map((port) => `http://127.0.0.1:${port}`);
    this.url = this.urls[0] ?? "";
    this.state = settings.state;
    // However this process ends, its child does not outlive it.
    process.once("exit", () => this.#signal());
  }

  /** Resolves when `/health` answers 200, in every isolate. The first start applies the migrations. */
  async start(): Promise<void> {
    const startedAt = performance.now();
    const child = fork(SERVE, { detached: true, stdio: ["ignore", "pipe", "pipe", "ipc"] });
    this.#child = child;
    this.#said = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (said: Buffer) => (this.#said = (this.#said + said.toString()).slice(-20_000)));
    const isFirst = this.#starts === 0;
    child.send({ ...this.#settings, migrates: isFirst } satisfies Settings);
    if (isFirst) await Promise.race([once(child, "message"), once(child, "exit")]);
    await this.#healthy(child);
    this.#starts += 1;
    this.#up.resolve();
    if (!isFirst) this.restartTimes.push(performance.now() - startedAt);
  }

  /** Power off: SIGKILL to the whole group, Node and workerd. Resolves when both are gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const gone = once(child, "exit");
    this.#up = Promise.withResolvers();
    this.killedAt = Date.now();
    this.#signal();
    await gone;
    this.#child = null;
    // workerd is a grandchild; its sockets close with it.
    for (const port of this.#settings.ports) while (await listens(port)) await sleep(POLL_MS);
  }

  /** Resolves when the runtime answers; at once if it does. */
  up(): Promise<void> {
    return this.#up.promise;
  }

  /** Runs the Worker's `scheduled` handler once, as the cron would. */
  async cron(): Promise<void> {
    const ran = await fetch(`http://127.0.0.1:${this.#settings.controlPort}/cdn-cgi/local/scheduled`);
    if (!ran.ok) throw new Error(`the cron failed: ${ran.status} ${await ran.text()}`);
  }

  /** The last of what the runtime has said on its outputs, for whoever looks into a failure. */
  get said(): string {
    return this.#said;
  }

  /** The process group of Node and workerd; null while it is down. */
  get group(): number | null {
    return this.#child?.pid ?? null;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #healthy(child: ChildProcess): Promise<void> {
    const until = performance.now() + READY_WITHIN_MS;
    while (child.exitCode === null && child.signalCode === null && performance.now() < until) {
      const statuses = await Promise.all(this.urls.map(healthOf));
      if (statuses.every((status) => status === 200)) return;
      await sleep(POLL_MS);
    }
    throw new Error(`the runtime did not start:\n${this.#said}`);
  }

  #signal(): void {
    const group = this.#child?.pid;
    if (group === undefined) return;
    try {
      process.kill(-group, "SIGKILL");
    } catch {
      // The group is gone already.
    }
  }
}

/** Null = no answer. */
async function healthOf(url: string): Promise<number | null> {
  const health = await fetch(`${url}/health`).catch(() => null);
  await health?.body?.cancel();
  return health?.status ?? null;
}

async function listens(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen(port, "127.0.0.1");
    await once(probe, "listening");
    return false;
  } catch {
    return true;
  } finally {
    probe.close();
  }
}
