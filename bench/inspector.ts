/**
 * Heap and processor time of the Worker's isolate, by the inspector protocol that workerd speaks. The license objects
 * live in the same isolate.
 */

import { once } from "node:events";
import type { Profile } from "./profile/samples.ts";

interface Target {
  readonly id: string;
}

const WORKER = /^core:user:/;
const SAMPLED_EVERY_MICROSECONDS = 200;

export class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #sent = 0;

  static async open(address: URL): Promise<Inspector> {
    const answer = await fetch(`http://${address.host}/json`);
    const targets = (await answer.json()) as readonly Target[];
    const worker = targets.find(({ id }) => WORKER.test(id));
    if (worker === undefined) throw new Error("the inspector does not know the Worker");
    const socket = new WebSocket(`ws://${address.host}/${worker.id}`);
    await once(socket, "open");
    return new Inspector(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { readonly id?: number; readonly result?: unknown };
      if (id === undefined) return;
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    });
  }

  /** Bytes of live objects: garbage is collected first. */
  async liveBytes(): Promise<number> {
    await this.#call("HeapProfiler.enable");
    await this.#call("HeapProfiler.collectGarbage");
    const { usedSize } = (await this.#call("Runtime.getHeapUsage")) as { readonly usedSize: number };
    return usedSize;
  }

  async startProfile(): Promise<void> {
    await this.#call("Profiler.enable");
    await this.#call("Profiler.setSamplingInterval", { interval: SAMPLED_EVERY_MICROSECONDS });
    await this.#call("Profiler.start");
  }

  async stopProfile(): Promise<Profile> {
    const { profile } = (await this.#call("Profiler.stop")) as { readonly profile: Profile };
    return profile;
  }

  close(): void {
    this.#socket.close();
  }

  #call(method: string, params: object = {}): Promise<unknown> {
    this.#sent += 1;
    const id = this.#sent;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }
}
