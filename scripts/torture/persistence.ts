/** Sending one operation until it is answered, or given up: what every writer does, and what is counted of it. */

import type { Random } from "../../test/support/random.ts";
import type { Answer, Api, Request } from "./api.ts";
import type { Kind, Tally } from "./tally.ts";

/** How often a lost answer is left alone; else the same request goes again. */
const GIVES_UP = 0.15;

export class Writer {
  readonly api: Api;
  readonly random: Random;
  readonly #tally: Tally;
  readonly #isOver: () => boolean;

  /** `isOver`: nothing new is begun; what is under way is sent until it is answered. */
  constructor(api: Api, random: Random, tally: Tally, isOver: () => boolean) {
    this.api = api;
    this.random = random;
    this.#tally = tally;
    this.#isOver = isOver;
  }

  get isOver(): boolean {
    return this.#isOver();
  }

  /** The answer; null = it was given up. An answer that is neither 2xx nor among `refusals` is a bug. */
  async persist(kind: Kind, request: Request, refusals: readonly number[] = []): Promise<Answer | null> {
    this.#tally.add(kind, "tried");
    for (;;) {
      await this.api.runtime.up();
      const answer = await this.api.call(request);
      if (answer !== null) {
        const isGood = answer.status < 300;
        this.#tally.add(kind, isGood ? "acknowledged" : "refused");
        if (!isGood && !refusals.includes(answer.status))
          this.api.bugs.push(`${kind} is answered ${answer.status}: ${JSON.stringify(answer.body)}`);
        return answer;
      }
      if (this.random.chance(GIVES_UP)) {
        this.#tally.add(kind, "unknown");
        return null;
      }
      this.#tally.add(kind, "resent");
    }
  }
}
