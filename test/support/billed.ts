/** What the platform bills: rows read and written in an object and in D1, counted from the answers of the real ones. */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";

import type { NewLicense } from "../../src/domain/license/creation.ts";
import type { License } from "../../src/domain/terms/license.ts";
import type { Host } from "../../src/license/host.ts";
import { Keeper } from "../../src/license/keeper.ts";
import { insertUnborn, licenseOf } from "./license-fixture.ts";
import { NO_WEBHOOKS } from "./webhooks.ts";

export interface Units {
  /** Calls of the object: RPCs and alarms. */
  readonly objectCalls: number;
  readonly objectRead: number;
  readonly objectWritten: number;
  readonly d1Read: number;
  readonly d1Written: number;
}

type Counter = { -readonly [Unit in keyof Units]: number };

export interface Billed {
  readonly license: License;
  readonly keeper: Keeper;
  /** The machine's clock, epoch ms. */
  clock: number;
  /** Everything that a call after some quiet brings about, its hand-over and what follows at once included. */
  unitsOf(call: (keeper: Keeper) => Promise<unknown>): Promise<Units>;
}

let made = 0xb1;

/** A license of its own in an object's real storage; unborn until the first call. */
export async function billed<T>(members: Partial<NewLicense>, work: (billed: Billed) => Promise<T>): Promise<T> {
  made += 1;
  const locator = made.toString(16).padStart(15, "0");
  const license = licenseOf(members, locator, `BILLED-${made}`);
  await insertUnborn(env.DB, license);
  const stub = env.LICENSES.get(env.LICENSES.idFromName(locator));
  return await runInDurableObject(stub, (_, state) => work(opened(state, license)));
}

function opened(state: DurableObjectState, license: License): Billed {
  const counter: Counter = { objectCalls: 0, objectRead: 0, objectWritten: 0, d1Read: 0, d1Written: 0 };
  const machine = { clock: license.terms.createdAt + 1000 };
  const pending: Promise<unknown>[] = [];
  const keeper = new Keeper(countingHost(state, counter, machine, pending), null);
  return {
    license,
    keeper,
    get clock() {
      return machine.clock;
    },
    set clock(at) {
      machine.clock = at;
    },
    unitsOf: async (call) => {
      // No hand-over waits for another one.
      machine.clock += 1000;
      Object.assign(counter, { objectCalls: 1, objectRead: 0, objectWritten: 0, d1Read: 0, d1Written: 0 });
      await call(keeper);
      // What goes on after the answer: D1's answers, and what follows from each.
      for (let quiet = 0; quiet < 3; quiet += 1) {
        if (pending.length > 0) quiet = 0;
        await Promise.allSettled(pending.splice(0));
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      return { ...counter };
    },
  };
}

function countingHost(
  state: DurableObjectState,
  counter: Counter,
  machine: { readonly clock: number },
  pending: Promise<unknown>[],
): Host {
  return {
    sql: {
      rows: (query, ...bindings) => {
        const cursor = state.storage.sql.exec(query, ...bindings);
        const rows = cursor.toArray();
        counter.objectRead += cursor.rowsRead;
        counter.objectWritten += cursor.rowsWritten;
        return rows;
      },
    },
    db: countingDatabase(counter, pending),
    webhooks: NO_WEBHOOKS,
    transact: (work) => state.storage.transactionSync(work),
    // A set alarm is billed as a row written.
    setAlarm: () => {
      counter.objectWritten += 1;
    },
    wipe: () => void state.storage.deleteAll(),
    clock: () => machine.clock,
    timer: (ms) => ({ over: new Promise((resolve) => setTimeout(resolve, ms)), cancel: () => undefined }),
    report: (what, error) => {
      throw new Error(what, { cause: error });
    },
  };
}

/** The real D1, whose answers' rows are added up. */
export function countingDatabase(
  counter: Pick<Counter, "d1Read" | "d1Written">,
  pending: Promise<unknown>[] = [],
): D1Database {
  const add = <T extends D1Result>(result: T): T => {
    counter.d1Read += result.meta.rows_read;
    counter.d1Written += result.meta.rows_written;
    return result;
  };
  const watched = <T>(answer: Promise<T>): Promise<T> => {
    pending.push(answer);
    return answer;
  };
  const counted = (inner: D1PreparedStatement) => ({
    inner,
    bind: (...values: unknown[]) => counted(inner.bind(...values)),
    all: () => watched(inner.all().then(add)),
    run: () => watched(inner.run().then(add)),
    raw: () =>
      watched(
        inner.all<Record<string, unknown>>().then((result) => add(result).results.map((row) => Object.values(row))),
      ),
    first: (column?: string) =>
      watched(
        inner.all<Record<string, unknown>>().then((result) => {
          const row = add(result).results[0];
          return (column === undefined ? row : row?.[column]) ?? null;
        }),
      ),
  });
  const database = {
    prepare: (query: string) => counted(env.DB.prepare(query)),
    batch: (statements: readonly { readonly inner: D1PreparedStatement }[]) =>
      watched(env.DB.batch(statements.map(({ inner }) => inner)).then((results) => results.map(add))),
  };
  return { ...database, withSession: () => database } as unknown as D1Database;
}
