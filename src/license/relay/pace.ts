/**
 * When D1 is told of what nobody waits for: at once after some quiet, else together with what comes meanwhile
 * (0035-the-hand-over-waits-a-moment.md). In memory alone: the alarm is the net.
 */

import type { Timer } from "../../durable/patience.ts";
import type { Host } from "../host.ts";

/** Between the beginnings of two hand-overs of one license (ms). Lists may be two seconds behind (MGMT-2). */
const SPACING = 250;

export class Pace {
  readonly #host: Pick<Host, "clock" | "timer">;
  #beganAt: number | null = null;
  #timer: Timer | null = null;

  constructor(host: Pick<Host, "clock" | "timer">) {
    this.#host = host;
  }

  /** True while something waits for the end of a wait. */
  get isWaiting(): boolean {
    return this.#timer !== null;
  }

  /** Calls `go` at once, or when the wait that began with the last hand-over is over. */
  soon(go: () => void): void {
    if (this.#timer !== null) return;
    const left = momentLeft(this.#beganAt, this.#host.clock());
    if (left === 0) return go();
    this.#timer = this.#host.timer(left);
    void this.#wait(this.#timer, go);
  }

  /** A hand-over begins, which takes along whatever waits. */
  begins(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#beganAt = this.#host.clock();
  }

  async #wait(timer: Timer, go: () => void): Promise<void> {
    await timer.over;
    // A hand-over that began meanwhile has taken along what waited.
    if (this.#timer !== timer) return;
    this.#timer = null;
    go();
  }
}

/**
 * How much longer the next hand-over waits (ms), the last of which began at `beganAt` (null = none did). A machine's
 * clock may have been put back: nothing waits for it to catch up.
 */
export function momentLeft(beganAt: number | null, now: number): number {
  if (beganAt === null || now < beganAt) return 0;
  return Math.max(0, SPACING - (now - beganAt));
}
