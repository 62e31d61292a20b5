/** When something that failed is tried again: at first after a moment, then after twice as long each time. */

const FIRST = 5000;
const MOST = 300_000;

export class BackOff {
  readonly #first: number;
  #failures = 0;
  #retryAt: number | null = null;

  /** `first`: the first wait (ms). */
  constructor(first: number = FIRST) {
    this.#first = first;
  }

  /** Not before this instant (epoch ms), as of the last failure; null = there was none, or its wait was lifted. */
  get retryAt(): number | null {
    return this.#retryAt;
  }

  mayTry(now: number): boolean {
    return this.#retryAt === null || this.#retryAt <= now;
  }

  /** One more failure in a row. Answers when to try again. */
  failed(now: number): number {
    this.#failures += 1;
    this.#retryAt = now + Math.min(MOST, this.#first * 2 ** (this.#failures - 1));
    return this.#retryAt;
  }

  /** The next failure waits as the first one did. A wait that has begun goes on. */
  passed(): void {
    this.#failures = 0;
  }

  /** The next try need not wait; should it fail, the wait is longer all the same. */
  lift(): void {
    this.#retryAt = null;
  }
}
