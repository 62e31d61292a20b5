/** Parts of fingerprints as a map. */

import type { FingerprintParts } from "../../src/domain/turn/ledger.ts";

export class MapParts implements FingerprintParts {
  readonly #carriers: Map<string, readonly number[]>;

  constructor(carriers: Map<string, readonly number[]>) {
    this.#carriers = carriers;
  }

  carriers(part: string, after: number, most: number): readonly number[] {
    return (this.#carriers.get(part) ?? []).filter((seq) => seq > after).slice(0, most);
  }

  add(seq: number, parts: readonly string[]): void {
    for (const part of parts) {
      const others = this.#carriers.get(part) ?? [];
      this.#carriers.set(
        part,
        [...others, seq].toSorted((one, other) => one - other),
      );
    }
  }

  remove(seq: number, parts: readonly string[]): void {
    for (const part of parts) {
      const others = (this.#carriers.get(part) ?? []).filter((other) => other !== seq);
      if (others.length === 0) this.#carriers.delete(part);
      else this.#carriers.set(part, others);
    }
  }

  all(): readonly (readonly number[])[] {
    return [...this.#carriers.values()];
  }

  areUsed(): boolean {
    return this.#carriers.size > 0;
  }
}
