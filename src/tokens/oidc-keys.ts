/**
 * The provider's keys, per isolate: fetched once however many ask, fetched again in the background, and kept for as
 * long as the provider does not answer. An outage of the provider signs nobody out.
 */

import type { JWTVerifyGetKey } from "jose";
import type { Moment } from "./fresh-map.ts";
import { say } from "../log/line.ts";

/**
 * What a search for a key that we do not hold found: other keys, none (they are what the provider has), or nobody
 * knows.
 */
export type Newer =
  | { readonly kind: "keys"; readonly keys: JWTVerifyGetKey }
  | { readonly kind: "none" }
  | { readonly kind: "unavailable" };

/** From this age on they are fetched again, behind the back of whoever asks: so long does a withdrawn key go on. */
const REFRESH_FROM_MS = 5 * 60_000;
/** Not even tried for so long: an isolate that slept. It asks first, and serves what it has if that fails. */
const SLEPT_MS = 60 * 60_000;
/** Between two attempts while there are keys; made-up key ids cost the provider no more than this either. */
const RETRY_MS = 10_000;
/** Between two attempts while there are none. */
const COLD_RETRY_MS = 5_000;
/** For both documents together. No longer than `COLD_RETRY_MS`, so that one attempt is over before the next begins. */
const FETCH_DEADLINE_MS = 4_500;

interface Attempt {
  /** `now` of the request that began it. */
  readonly startedAt: number;
  /** Never rejects. */
  readonly done: Promise<void>;
}

interface Held {
  readonly keys: JWTVerifyGetKey;
  readonly loadedAt: number;
}

export class ProviderKeys {
  readonly #fetch: (signal: AbortSignal) => Promise<JWTVerifyGetKey>;
  #held: Held | null = null;
  #running: Attempt | null = null;
  #triedAt = Number.NEGATIVE_INFINITY;

  /** `fetch` rejects when the provider does not answer as it should. */
  constructor(fetch: (signal: AbortSignal) => Promise<JWTVerifyGetKey>) {
    this.#fetch = fetch;
  }

  /** The keys at hand, of whatever age; null if there are none. */
  held(): JWTVerifyGetKey | null {
    return this.#held?.keys ?? null;
  }

  /** The keys to try first; null if there never were any and the provider does not answer. */
  async known(moment: Moment): Promise<JWTVerifyGetKey | null> {
    const held = this.#held;
    if (held === null) {
      await this.#attempt(moment, COLD_RETRY_MS);
      return this.#held?.keys ?? null;
    }
    if (moment.now - held.loadedAt < REFRESH_FROM_MS) return held.keys;
    const slept = moment.now - this.#triedAt >= SLEPT_MS;
    const attempt = this.#attempt(moment, RETRY_MS);
    if (slept) await attempt;
    return this.#held?.keys ?? held.keys;
  }

  /**
   * For a token whose key is not in `tried`: the provider may have a new one (rotation), asked at most every ten
   * seconds. `none` takes a fetch of the last ten seconds (LIM-1): whoever makes up key ids is told so, and charged.
   */
  async newerThan(tried: JWTVerifyGetKey, moment: Moment): Promise<Newer> {
    if (this.#held?.keys === tried && this.#held.loadedAt < moment.now) await this.#attempt(moment, RETRY_MS);
    const held = this.#held;
    if (held === null) return { kind: "unavailable" };
    if (held.keys !== tried) return { kind: "keys", keys: held.keys };
    return moment.now - held.loadedAt < RETRY_MS ? { kind: "none" } : { kind: "unavailable" };
  }

  /** Joins the attempt under way; begins one if the last began `pauseMs` ago or more. */
  async #attempt(moment: Moment, pauseMs: number): Promise<void> {
    const running = this.#running;
    if (running !== null && moment.now - running.startedAt < COLD_RETRY_MS) return await patiently(running.done);
    if (moment.now - this.#triedAt < pauseMs) return;
    this.#triedAt = moment.now;
    const attempt: Attempt = { startedAt: moment.now, done: this.#load(moment.now) };
    this.#running = attempt;
    const clear = async () => {
      await attempt.done;
      if (this.#running === attempt) this.#running = null;
    };
    // The request that began it may be cancelled; the others that wait for it must not be.
    moment.waitUntil(clear());
    await patiently(attempt.done);
  }

  async #load(startedAt: number): Promise<void> {
    try {
      const keys = await this.#fetch(AbortSignal.timeout(FETCH_DEADLINE_MS));
      // One that was given up may end after its successor.
      if (this.#held === null || this.#held.loadedAt <= startedAt) this.#held = { keys, loadedAt: startedAt };
    } catch (error) {
      say("the identity provider's keys could not be fetched", {}, error);
    }
  }
}

/** Each waits by a timer of its own: a promise of another request, once that is cancelled, may never end. */
async function patiently(done: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, COLD_RETRY_MS);
  });
  try {
    await Promise.race([done, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
