/**
 * Kills the runtime at random moments and starts it again. Moments are counted in answers, so that a slow machine is
 * killed as often.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../test/support/random.ts";
import type { Runtime } from "./runtime.ts";

/** After the last of the answers that a life has, at most so many ms into whatever is under way. */
const MOST_FURTHER_MS = 40;
/** If nobody calls any more (ms). */
const LONGEST_LIFE = 10_000;
const CRON_CHANCE = 0.2;
const POLL_MS = 2;

export class Storm {
  readonly #runtime: Runtime;
  readonly #random: Random;
  readonly #mostAnswers: number;
  readonly #answers: () => number;

  /** `mostAnswers`: between a start and the next kill. `answers`: how many calls were answered so far. */
  constructor(runtime: Runtime, random: Random, mostAnswers: number, answers: () => number) {
    this.#runtime = runtime;
    this.#random = random;
    this.#mostAnswers = mostAnswers;
    this.#answers = answers;
  }

  /** So many kills, then as long a life without one. */
  async times(kills: number): Promise<void> {
    for (let kill = 0; kill < kills; kill += 1) await this.#kill();
    await this.#life(this.#mostAnswers);
  }

  /** Kills until the work is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    const state = { isDone: false };
    const storming = async () => {
      while (!state.isDone) await this.#kill();
    };
    const [done] = await Promise.all([work.finally(() => (state.isDone = true)), storming()]);
    return done;
  }

  async #kill(): Promise<void> {
    await this.#life(this.#random.below(this.#mostAnswers));
    await sleep(this.#random.below(MOST_FURTHER_MS));
    // The cron runs into the kill, too.
    if (this.#random.chance(CRON_CHANCE)) this.#runtime.cron().catch(() => undefined);
    await this.#runtime.kill();
    await this.#runtime.start();
  }

  async #life(answers: number): Promise<void> {
    const upto = this.#answers() + answers;
    const until = Date.now() + LONGEST_LIFE;
    while (this.#answers() < upto && Date.now() < until) await sleep(POLL_MS);
  }
}
