/** Kept outcomes (MGMT-4) in a map: plain for tests of the rules, one that can be taken back for the simulator. */

import type { Replay, Replays } from "../../src/domain/ledger.ts";

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

  since(after: number): { readonly live: number; readonly oldestAt: number | null } {
    const live = [...this.#rows.values()].filter(({ at }) => at > after).map(({ at }) => at);
    return { live: live.length, oldestAt: live.length === 0 ? null : Math.min(...live) };
  }

  forget(beforeDay: number, most: number): void {
    const old = [...this.#rows.values()]
      .filter(({ day }) => day < beforeDay)
      .toSorted((one, other) => one.day - other.day || (one.key < other.key ? -1 : 1));
    for (const replay of old.slice(0, most)) this.remove(replay);
  }
}
