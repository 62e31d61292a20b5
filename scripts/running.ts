/** A server that a shell command started, as a newcomer has it: what it printed, and a way to press Ctrl-C. */

import { type ChildProcess, spawn } from "node:child_process";
import { delimiter } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isFree } from "./dev-server.ts";

const STARTS_WITHIN_MS = 300_000;
const ENDS_WITHIN_MS = 20_000;
const EXPORT_LINE = /^export (\S+=.*)$/m;

/** What `npm start` prints for the README's commands, by name: `LEASEHOLD`, `KEY`, `TOKEN` and, with sign-in, more. */
export type Variables = Readonly<Record<string, string>>;

export class Running {
  readonly #child: ChildProcess;
  readonly #port: number;
  #printed = "";

  /**
   * Resolves when the `export` line has been printed; rejects with everything that was said when the command ends
   * first.
   */
  static async start(command: string, folder: string, port: number): Promise<Running> {
    const running = new Running(command, folder, port);
    const until = Date.now() + STARTS_WITHIN_MS;
    while (!EXPORT_LINE.test(running.#printed)) {
      if (running.#over() || Date.now() > until) {
        await running.kill();
        throw new Error(`"${command}" did not start:\n${running.#printed}`);
      }
      await sleep(100);
    }
    return running;
  }

  private constructor(command: string, folder: string, port: number) {
    this.#port = port;
    this.#child = spawn("bash", ["-c", command], {
      cwd: folder,
      env: { ...newcomers(process.env), PORT: String(port) },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (text: Buffer) => (this.#printed += text.toString()));
    }
  }

  /** Everything that the command has said so far, on both streams. */
  get printed(): string {
    return this.#printed;
  }

  variables(): Variables {
    const line = EXPORT_LINE.exec(this.#printed)?.[1] ?? "";
    return Object.fromEntries(
      line.split(" ").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
    );
  }

  /** Ctrl-C: the terminal sends it to the whole group. Rejects when the server still listens some time later. */
  async stop(): Promise<void> {
    this.#signal("SIGINT");
    if (await this.#gone()) return;
    await this.kill();
    throw new Error(`Ctrl-C did not end the server:\n${this.#printed}`);
  }

  /** For cleaning up: the command is asked to end what it started, and then has to go. */
  async kill(): Promise<void> {
    this.#signal("SIGTERM");
    if (!(await this.#gone())) this.#signal("SIGKILL");
  }

  async #gone(): Promise<boolean> {
    const until = Date.now() + ENDS_WITHIN_MS;
    while (!this.#over() || !(await isFree(this.#port))) {
      if (Date.now() > until) return false;
      await sleep(100);
    }
    return true;
  }

  #over(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined || this.#over()) return;
    process.kill(-this.#child.pid, signal);
  }
}

/** Without what `npm run` puts before a script: the Node of this checkout, and npm's settings. */
function newcomers(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const path = (env["PATH"] ?? "").split(delimiter).filter((folder) => !/node_modules|node-gyp/.test(folder));
  const kept = Object.entries(env).filter(([name]) => !/^npm_/i.test(name));
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) };
}
