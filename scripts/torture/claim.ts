/**
 * A value that one writer changes: what it surely was, and what it may have become since by calls that nobody answered.
 */

export class Claim<T> {
  #sure: T;
  #maybes: T[] = [];

  constructor(value: T) {
    this.#sure = value;
  }

  /** The last value that was acknowledged. */
  get sure(): T {
    return this.#sure;
  }

  /** Null where it is not certain. */
  get certain(): T | null {
    return this.#maybes.length === 0 ? this.#sure : null;
  }

  /** A change was acknowledged: the ones before it do not matter any more. */
  settle(value: T): void {
    this.#sure = value;
    this.#maybes = [];
  }

  /** A change was sent and given up. Its server is dead, so it has happened before whatever comes next, or never. */
  doubt(value: T): void {
    this.#maybes.push(value);
  }

  allows(value: unknown): boolean {
    return this.#sure === value || this.#maybes.some((maybe) => maybe === value);
  }

  toString(): string {
    return [this.#sure, ...this.#maybes].map(String).join(" or ");
  }
}
