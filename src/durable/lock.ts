/**
 * Work that must not overlap, in a queue: of a license's object, one D1 batch at a time
 * (0028-births-and-batches-take-turns.md).
 */

export class Lock {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs `work` after everything that was queued before has ended, however it ended. */
  hold<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#tail.then(work, work);
    this.#tail = next.catch(() => undefined);
    return next;
  }
}
