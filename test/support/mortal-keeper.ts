/**
 * A license's keeper over an object's real storage that can be killed at any await, with a D1 that fails now and then.
 */

import { env } from "cloudflare:workers";

import type { Host } from "../../src/license/host.ts";
import { Keeper } from "../../src/license/keeper.ts";
import type { Random } from "./random.ts";
import { NO_WEBHOOKS } from "./webhooks.ts";

/** Of a statement or batch that is sent to D1: it fails before it was applied, or after. */
const FAILS = 0.15;
/** A change waits this much shorter for D1 than in the product. */
const HASTE = 40;

type Around = <T>(send: () => Promise<T>) => Promise<T>;

/** What a dead process was waiting for never comes. */
const NEVER = new Promise<never>(() => undefined);

export class MortalKeeper {
  readonly #state: DurableObjectState;
  readonly #random: Random;
  readonly #isFlaky: () => boolean;
  #life = { isOver: false, end: (): void => undefined };
  #death: Promise<null> = Promise.resolve(null);
  #keeper: Keeper;

  constructor(state: DurableObjectState, random: Random, isFlaky: () => boolean) {
    this.#state = state;
    this.#random = random;
    this.#isFlaky = isFlaky;
    this.#keeper = this.#begin();
  }

  /** Whoever is under way is never answered; the next call meets a fresh memory over what was committed. */
  kill(): void {
    this.#life.isOver = true;
    this.#life.end();
    this.#keeper = this.#begin();
  }

  /** Null = killed before it was answered. */
  async call<T>(work: (keeper: Keeper) => Promise<T>): Promise<T | null> {
    return await Promise.race([work(this.#keeper), this.#death]);
  }

  #begin(): Keeper {
    const { promise, resolve } = Promise.withResolvers<null>();
    this.#death = promise;
    const life = { isOver: false, end: () => resolve(null) };
    this.#life = life;
    const alive: Around = async (send) => {
      const answer = await send().catch((error: unknown) => (life.isOver ? NEVER : Promise.reject(error)));
      return life.isOver ? NEVER : answer;
    };
    return new Keeper(this.#host(alive, life), null);
  }

  #host(alive: Around, life: { readonly isOver: boolean }): Host {
    const { storage } = this.#state;
    // What had its answer already when the process died would go on to its next await, with a memory of its own.
    const dead = (): void => {
      if (life.isOver) throw new Error("the dead write nothing");
    };
    return {
      sql: { rows: (query, ...bindings) => (dead(), storage.sql.exec(query, ...bindings).toArray()) },
      db: database((send) => alive(() => this.#weather(send))),
      webhooks: NO_WEBHOOKS,
      transact: (work) => storage.transactionSync(work),
      setAlarm: () => undefined,
      wipe: () => void storage.deleteAll(),
      clock: () => Date.now(),
      timer: (ms) => {
        const over = alive(() => new Promise<void>((resolve) => setTimeout(resolve, ms / HASTE)));
        return { over, cancel: () => undefined };
      },
      report: () => undefined,
    };
  }

  async #weather<T>(send: () => Promise<T>): Promise<T> {
    const fails = this.#isFlaky() && this.#random.chance(FAILS);
    if (fails && this.#random.chance(0.5)) throw lost();
    const answer = await send();
    if (fails) throw lost();
    return answer;
  }
}

function lost(): Error {
  return new Error("D1_ERROR: Network connection lost.");
}

/** The real D1, with something around each way to it. */
function database(around: Around): D1Database {
  const statement = (inner: D1PreparedStatement) => ({
    inner,
    bind: (...values: unknown[]) => statement(inner.bind(...values)),
    all: () => around(() => inner.all()),
    run: () => around(() => inner.run()),
    raw: () => around(() => inner.raw()),
    first: (column?: string) => around(() => (column === undefined ? inner.first() : inner.first(column))),
  });
  const wrapped = {
    prepare: (query: string) => statement(env.DB.prepare(query)),
    batch: (statements: readonly { readonly inner: D1PreparedStatement }[]) =>
      around(() => env.DB.batch(statements.map(({ inner }) => inner))),
  };
  return { ...wrapped, withSession: () => wrapped } as unknown as D1Database;
}
