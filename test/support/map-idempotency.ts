/** Kept outcomes (MGMT-4) in a map, one that a journal can take back. */

import {
  OF_DEVICES,
  type IdempotencyRecord,
  type IdempotencyCounts,
  type IdempotencyRecords,
} from "../../src/domain/turn/ledger.ts";

export class MapIdempotency implements IdempotencyRecords {
  readonly #rows: Map<string, IdempotencyRecord>;

  constructor(rows: Map<string, IdempotencyRecord>) {
    this.#rows = rows;
  }

  find(day: number, key: string): IdempotencyRecord | null {
    return this.#rows.get(`${day} ${key}`) ?? null;
  }

  save(record: IdempotencyRecord): void {
    this.#rows.set(`${record.day} ${record.key}`, record);
  }

  remove({ day, key }: Pick<IdempotencyRecord, "day" | "key">): void {
    this.#rows.delete(`${day} ${key}`);
  }

  since(after: number): IdempotencyCounts {
    const live = [...this.#rows.values()].filter(({ at }) => at > after);
    return {
      devices: counted(live.filter(({ outcome }) => outcome.startsWith(OF_DEVICES))),
      vendor: counted(live.filter(({ outcome }) => !outcome.startsWith(OF_DEVICES))),
    };
  }

  forget(beforeDay: number, most: number): void {
    const old = [...this.#rows.values()]
      .filter(({ day }) => day < beforeDay)
      .toSorted((one, other) => one.day - other.day || (one.key < other.key ? -1 : 1));
    for (const record of old.slice(0, most)) this.remove(record);
  }
}

function counted(rows: readonly IdempotencyRecord[]): IdempotencyCounts["vendor"] {
  return { live: rows.length, oldestAt: rows.length === 0 ? null : Math.min(...rows.map(({ at }) => at)) };
}
