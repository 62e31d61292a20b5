/** What happened how often, so that a reader sees that it did. */

export class Counts {
  readonly #counts = new Map<string, Map<string, number>>();

  /** `what` of a kind: `calls`, `faults` and so on. */
  add(kind: string, what: string): void {
    let counts = this.#counts.get(kind);
    if (counts === undefined) this.#counts.set(kind, (counts = new Map()));
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }

  of(kind: string, what: string): number {
    return this.#counts.get(kind)?.get(what) ?? 0;
  }

  lines(): readonly string[] {
    return [...this.#counts].map(([kind, counts]) => {
      const sorted = [...counts].toSorted(([one], [other]) => one.localeCompare(other));
      return `${kind}: ${sorted.map(([what, count]) => `${what} ${count}`).join(", ")}`;
    });
  }
}
