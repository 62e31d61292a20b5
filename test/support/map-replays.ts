/** Kept outcomes (MGMT-4) in a map, one that a journal can take back. */

import { OF_DEVICES, type Replay, type ReplayCounts, type Replays } from "../../src/domain/turn/ledger.ts";

export class MapReplays implements Replays {
  readonly #rows: Map<string, Replay>;

  constructor(rows: Map<string, Replay>) {
    this.#rows = rows;
  }

  find(day: number, key: string): Replay | null {
    return this.#rows.get(`${day} ${key}`) ?? null;
  }

  save(replay: Replay): void {
    this.#rows.set(`${replay.day} ${replay.key}`, replay);
  }

  remove({ day, key }: Pick<Replay, "day" | "key">): void {
    this.#rows.delete(`${day} ${key}`);
  }

  since(after: number): ReplayCounts {
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
    for (const replay of old.slice(0, most)) this.remove(replay);
  }
}

function counted(rows: readonly Replay[]): ReplayCounts["vendor"] {
  return { live: rows.length, oldestAt: rows.length === 0 ? null : Math.min(...rows.map(({ at }) => at)) };
}
