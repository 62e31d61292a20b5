/**
 * Copies of what D1 holds, per isolate and with a stated age: refreshed in the background, loaded once however many
 * ask, and refused or served stale, by rule, when D1 does not answer (TOK-4, SNAP-1, 0030-what-a-warm-call-knows.md).
 */

import { say } from "../log/line.ts";

/** One request's now (epoch ms), and its way to let work outlive its answer. */
export interface Moment {
  readonly now: number;
  waitUntil(work: Promise<unknown>): void;
}

/** Ages in ms, from the instant at which the load began. */
export interface Freshness {
  /** From this age on a copy is served, and loaded anew in the background. */
  readonly refreshFromMs: number;
  /** From this age on a copy is not served before a load was tried. */
  readonly reloadFromMs: number;
  /** The age up to which a copy serves when that load failed; `Infinity` for ever. */
  readonly servedUntilMs: number;
  /** The least recently used copy beyond this number is dropped. */
  readonly limit: number;
}

export type Fresh<T> = { readonly ok: true; readonly value: T; readonly loadedAt: number } | { readonly ok: false };

/** How long anybody waits for a load. A load that takes longer still stores what it brings. */
const LOAD_DEADLINE_MS = 5_000;
/** After a failed load, a copy that may still be served is served without another try for so long. */
const RETRY_AFTER_MS = 2_000;

interface Copy<T> {
  readonly value: T;
  readonly loadedAt: number;
  /** When a load last failed, since this copy. */
  failedAt: number | null;
}

interface Load<T> {
  readonly startedAt: number;
  readonly done: Promise<Fresh<T>>;
}

/** What a first load finds without asking the storage: read with others at `readAt` (epoch ms), made when asked for. */
interface Seed<T> {
  readonly readAt: number;
  readonly make: () => T | Promise<T>;
}

export class FreshMap<T> {
  readonly #copies = new Map<string, Copy<T>>();
  readonly #seeds = new Map<string, Seed<T>>();
  readonly #loads = new Map<string, Load<T>>();
  readonly #load: (id: string, now: number) => Promise<T>;
  readonly #rule: Freshness;
  readonly #keeps: (value: T) => boolean;

  /** `load` rejects when the storage fails. What `keeps` refuses is answered, and loaded again for the next. */
  constructor(
    rule: Freshness,
    load: (id: string, now: number) => Promise<T>,
    keeps: (value: T) => boolean = () => true,
  ) {
    this.#rule = rule;
    this.#load = load;
    this.#keeps = keeps;
  }

  /** Never rejects: `ok: false` says that there is no copy young enough and that a load has failed. */
  async get(id: string, moment: Moment): Promise<Fresh<T>> {
    const copy = this.#copies.get(id);
    if (copy === undefined) return await this.#loaded(id, moment);
    this.#touch(id, copy);
    const age = moment.now - copy.loadedAt;
    const mayTry = copy.failedAt === null || moment.now - copy.failedAt >= RETRY_AFTER_MS;
    if (age < this.#rule.reloadFromMs) {
      if (age >= this.#rule.refreshFromMs && mayTry) void this.#join(id, moment);
      return { ok: true, value: copy.value, loadedAt: copy.loadedAt };
    }
    const mayServe = age < this.#rule.servedUntilMs;
    if (mayServe && !mayTry) return { ok: true, value: copy.value, loadedAt: copy.loadedAt };
    const loaded = await this.#loaded(id, moment);
    return loaded.ok || !mayServe ? loaded : { ok: true, value: copy.value, loadedAt: copy.loadedAt };
  }

  /** True if a copy is held, of whatever age: asking for it is no first load. */
  has(id: string): boolean {
    return this.#copies.has(id);
  }

  /** For the first `get` of this id: what was read of it at `readAt` (epoch ms), which is its age from then on. */
  seed(id: string, readAt: number, make: () => T | Promise<T>): void {
    this.#seeds.set(id, { readAt, make });
  }

  /** The load, given up after the deadline by this caller's own timer: a promise of another request may never end. */
  async #loaded(id: string, moment: Moment): Promise<Fresh<T>> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const deadline = new Promise<Fresh<T>>((resolve) => {
      timer = setTimeout(() => {
        this.#failed(id, moment.now);
        resolve({ ok: false });
      }, LOAD_DEADLINE_MS);
    });
    try {
      return await Promise.race([this.#join(id, moment), deadline]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The load under way, or a new one if there is none or it is past its deadline. */
  #join(id: string, moment: Moment): Promise<Fresh<T>> {
    const running = this.#loads.get(id);
    if (running !== undefined && moment.now - running.startedAt < LOAD_DEADLINE_MS) return running.done;
    const load: Load<T> = { startedAt: moment.now, done: this.#run(id, moment.now) };
    this.#loads.set(id, load);
    const clear = async () => {
      await load.done;
      if (this.#loads.get(id) === load) this.#loads.delete(id);
    };
    // The request that began it may be cancelled; the others that wait for it must not be.
    moment.waitUntil(clear());
    return load.done;
  }

  async #run(id: string, startedAt: number): Promise<Fresh<T>> {
    try {
      const seed = this.#seedOf(id, startedAt);
      const value = await (seed === null ? this.#load(id, startedAt) : seed.make());
      const loadedAt = seed?.readAt ?? startedAt;
      if (this.#keeps(value)) this.#store(id, { value, loadedAt, failedAt: null });
      else this.#copies.delete(id);
      return { ok: true, value, loadedAt };
    } catch (error) {
      say("a load from D1 failed", {}, error);
      this.#failed(id, startedAt);
      return { ok: false };
    }
  }

  /** Good for one load, and only while a copy of that age would not be loaded anew. */
  #seedOf(id: string, now: number): Seed<T> | null {
    const seed = this.#seeds.get(id);
    this.#seeds.delete(id);
    return seed !== undefined && now - seed.readAt < this.#rule.refreshFromMs ? seed : null;
  }

  #store(id: string, copy: Copy<T>): void {
    const older = this.#copies.get(id);
    // A load that was given up may end after its successor.
    if (older !== undefined && older.loadedAt > copy.loadedAt) return;
    this.#touch(id, copy);
    for (const oldest of this.#copies.keys()) {
      if (this.#copies.size <= this.#rule.limit) break;
      this.#copies.delete(oldest);
    }
  }

  #failed(id: string, at: number): void {
    const copy = this.#copies.get(id);
    if (copy !== undefined) copy.failedAt = at;
  }

  /** A map keeps the order of insertion: the first is the least recently used. */
  #touch(id: string, copy: Copy<T>): void {
    this.#copies.delete(id);
    this.#copies.set(id, copy);
  }
}
