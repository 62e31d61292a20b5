/** The object's one alarm, as storage has it: only an earlier one is worth a row written. */

import type { Platform } from "./platform.ts";

export class Alarm {
  readonly #platform: Pick<Platform, "setAlarm" | "transact">;
  #armedAt: number | null;

  /** `armedAt`: what storage holds already (epoch ms). Only reads (0027-an-empty-object-writes-nothing.md). */
  constructor(platform: Pick<Platform, "setAlarm" | "transact">, armedAt: number | null) {
    this.#platform = platform;
    this.#armedAt = armedAt;
  }

  get armedAt(): number | null {
    return this.#armedAt;
  }

  /** Sets it if none earlier is armed; null = nothing waits. Inside a transaction it commits and rolls back with it. */
  armBy(at: number | null): void {
    if (at === null || (this.#armedAt !== null && this.#armedAt <= at)) return;
    this.#platform.setAlarm(at);
    this.#armedAt = at;
  }

  /** One transaction, which may arm: a throw takes that back here as it does in storage. */
  atomically<T>(work: () => T): T {
    const armedAt = this.#armedAt;
    try {
      return this.#platform.transact(work);
    } catch (error) {
      this.#armedAt = armedAt;
      throw error;
    }
  }

  /** It has rung, or went with all that was stored: none is armed. */
  gone(): void {
    this.#armedAt = null;
  }
}
