/** What is counted of meter attributes as a map. */

import type { MeterCount, MeterCounts } from "../../src/domain/turn/ledger.ts";

export class MapMeters implements MeterCounts {
  readonly #counts: Map<string, MeterCount>;

  constructor(counts: Map<string, MeterCount>) {
    this.#counts = counts;
  }

  all(): readonly MeterCount[] {
    return [...this.#counts.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1));
  }

  save(count: MeterCount): void {
    this.#counts.set(count.id, count);
  }

  remove(id: string): void {
    this.#counts.delete(id);
  }
}
