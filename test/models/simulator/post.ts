/** Calls on their way: late, again, or after others that were sent later. */

import type { Random } from "../../support/random.ts";
import type { Message } from "./calls.ts";

const MOST_WAITING = 400;

export class Post {
  readonly #random: Random;
  readonly #waiting: Message[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** When there is no room, another is lost. */
  add(message: Message): void {
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push(message);
    else this.#waiting[this.#random.below(MOST_WAITING)] = message;
  }

  /** Any of them. */
  take(): Message | undefined {
    const at = this.#random.below(this.#waiting.length);
    const message = this.#waiting[at];
    const last = this.#waiting.pop();
    if (last !== undefined && at < this.#waiting.length) this.#waiting[at] = last;
    return message;
  }
}
