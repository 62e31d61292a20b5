/**
 * `wrangler dev` as a child in a process group of its own: started, waited for, and stopped with all that it started.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ReadableLog } from "./readable-log.ts";

const WORKER = "scripts/dev-worker.ts";
const READY_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 5_000;
const POLL_MS = 200;
/** As `[triggers]` in wrangler.toml has it; `wrangler dev` has no clock of its own for it. */
const CRON_EVERY_MS = 60_000;
const CRON_PATH = "/cdn-cgi/local/scheduled";
/** An answer other than 200 may be that of a start that is still going on. */
const UNWELL_TRIES = 15;
const ADVICE = "Data and secret belong together: if you change .dev.vars, remove .wrangler/state too.";

/** True if nothing listens on this port of the loopback interface. */
export async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen(port, "127.0.0.1");
    await once(probe, "listening");
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}

/** A port of the loopback interface that nothing listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

export class DevServer {
  readonly url: string;
  readonly #child: ChildProcess;
  /** What the child has said so far; null once it speaks for itself. */
  #held: string | null = "";
  #cron: NodeJS.Timeout | undefined;

  /** Development settings, `vars` among them, go by `--var`: a file with them could be deployed by mistake. */
  constructor(port: number, vars: Readonly<Record<string, string>> = {}) {
    this.url = `http://localhost:${port}`;
    const settings = Object.entries({ ENVIRONMENT: "development", ...vars }).flatMap(([name, value]) => [
      "--var",
      `${name}:${value}`,
    ]);
    this.#child = spawn(
      "wrangler",
      // On the loopback interface alone, whatever a configuration says: the cron's path has no other lock.
      ["dev", WORKER, "--ip", "localhost", "--port", String(port), ...settings, "--show-interactive-dev-session=false"],
      { stdio: ["ignore", "pipe", "pipe"], detached: true },
    );
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      const log = new ReadableLog();
      stream?.setEncoding("utf8");
      stream?.on("data", (text: string) => this.#hear(log.take(text)));
      stream?.on("end", () => this.#hear(log.end()));
    }
    // However this process ends, a closed pipe or a bug included, the server does not outlive it.
    process.once("exit", () => this.#signal("SIGTERM"));
  }

  /** Resolves when `/health` answers 200; rejects with what the server said when it ends or stays unwell. */
  async ready(): Promise<void> {
    const health = await this.#firstAnswer();
    for (let left = UNWELL_TRIES; health.status !== 200; left -= 1) {
      const again = await fetch(`${this.url}/health`);
      if (again.status === 200) return;
      if (left === 0) throw new Error(`The server is not in order: ${await this.#fault(again)}\n${ADVICE}`);
      await sleep(POLL_MS);
    }
  }

  /** Any call but `/health` says what to do. */
  async #fault(health: Response): Promise<string> {
    const answer = await fetch(`${this.url}/v3/products`);
    const problem: { readonly detail?: unknown } = await answer.json();
    return answer.status === 503 ? String(problem.detail) : await health.text();
  }

  async #firstAnswer(): Promise<Response> {
    const until = Date.now() + READY_WITHIN_MS;
    while (!this.#over() && Date.now() < until) {
      const health = await fetch(`${this.url}/health`).catch(() => null);
      if (health !== null) return health;
      await sleep(POLL_MS);
    }
    throw new Error(`The server did not start:\n${this.#held ?? ""}`);
  }

  /** From now on the cron runs, at once and every minute, as on the platform. One that fails says so in the log. */
  keepTime(): void {
    const run = async () => {
      const answer = await fetch(`${this.url}${CRON_PATH}`).catch(() => null);
      await answer?.body?.cancel();
    };
    void run();
    this.#cron = setInterval(() => void run(), CRON_EVERY_MS);
  }

  /** From now on the server's own output is shown, its log as lines for a person. */
  speak(): void {
    this.#held = null;
  }

  /** Resolves with the exit code when the server ends, by itself or by `stop`. */
  async ended(): Promise<number> {
    if (!this.#over()) await once(this.#child, "exit");
    return this.#child.exitCode ?? 0;
  }

  /** Ends the whole group, gently first: the runtime is a grandchild. */
  async stop(): Promise<void> {
    clearInterval(this.#cron);
    this.#signal("SIGTERM");
    const gone = await Promise.race([this.ended().then(() => true), sleep(STOP_WITHIN_MS, false, { ref: false })]);
    if (!gone) this.#signal("SIGKILL");
  }

  #over(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #signal(signal: NodeJS.Signals): void {
    const group = this.#child.pid;
    if (group === undefined) return;
    try {
      process.kill(-group, signal);
    } catch {
      // The group is gone already.
    }
  }

  #hear(text: string): void {
    if (this.#held === null) process.stdout.write(text);
    else this.#held += text;
  }
}
