/**
 * A license's keeper over an object's real storage, with every row counted: what a call costs before it is answered.
 */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";

import { activate } from "../../src/domain/commands/activation.ts";
import type { ActivateCall } from "../../src/domain/license/calls.ts";
import { UNTOLD } from "../../src/domain/license/device.ts";
import type { NewLicense } from "../../src/domain/license/creation.ts";
import type { License } from "../../src/domain/terms/license.ts";
import { checkOut } from "../../src/domain/commands/follow-up.ts";
import type { SqlValue } from "../../src/durable/sql.ts";
import { Held } from "../../src/license/held.ts";
import type { Host } from "../../src/license/host.ts";
import { Keeper } from "../../src/license/keeper.ts";
import { insertUnborn, licenseOf } from "./license-fixture.ts";
import { NO_WEBHOOKS } from "./webhooks.ts";
import { DEVICE, MANAGER, sessionCall } from "./world.ts";

export interface Cost {
  readonly read: number;
  readonly written: number;
  readonly alarms: number;
}

export interface CountedObject {
  readonly license: License;
  readonly keeper: Keeper;
  /** Sessions and fingerprints of the seats taken at first, oldest first. */
  readonly sessions: readonly string[];
  readonly devices: readonly string[];
  /** The machine's clock, epoch ms. */
  clock: number;
  /**
   * Rows and alarms of a call up to the end of its transaction: what it hands over to D1 afterwards is not its
   * caller's.
   */
  costOf(call: () => Promise<unknown>): Promise<Cost>;
  rows(query: string, ...bindings: SqlValue[]): Record<string, unknown>[];
  /** Ends when the relay has nothing left to do. */
  settled(): Promise<void>;
}

export function call(fingerprint: string, more: Partial<ActivateCall> = {}): ActivateCall {
  const nothing = {
    requestedLeaseSeconds: null,
    email: null,
    ...UNTOLD,
    idempotency: null,
  };
  return { principal: { kind: "anonymous" }, requestId: "test", fingerprint, ...nothing, ...more };
}

let made = 0xc0;

/**
 * An object with `seats` live seats; `gone` older ones were given back, so that the same position in a block can be
 * met.
 */
export async function countedObject<T>(
  {
    seats,
    gone = 0,
    members,
  }: { readonly seats: number; readonly gone?: number; readonly members: Partial<NewLicense> },
  work: (object: CountedObject) => Promise<T>,
): Promise<T> {
  made += 1;
  const locator = made.toString(16).padStart(15, "0");
  const license = licenseOf(members, locator, `COUNTED-${made}`);
  await insertUnborn(env.DB, license);
  const stub = env.LICENSES.get(env.LICENSES.idFromName(locator));
  return await runInDurableObject(stub, (_, state) => work(opened(state, license, seats, gone)));
}

function opened(state: DurableObjectState, license: License, seats: number, gone: number): CountedObject {
  const counter = { read: 0, written: 0, alarms: 0, on: false };
  const machine = { clock: license.terms.createdAt + 86_400_000 };
  const host = countingHost(state, counter, machine);
  const { sessions, devices } = seeded(host, license, seats, gone);
  const keeper = new Keeper(host, null);
  return {
    license,
    keeper,
    sessions,
    devices,
    get clock() {
      return machine.clock;
    },
    set clock(at) {
      machine.clock = at;
    },
    costOf: async (work) => {
      Object.assign(counter, { read: 0, written: 0, alarms: 0, on: true });
      await work();
      counter.on = false;
      return { read: counter.read, written: counter.written, alarms: counter.alarms };
    },
    rows: (query, ...bindings) => state.storage.sql.exec(query, ...bindings).toArray(),
    settled: async () => {
      while (state.storage.sql.exec("SELECT 1 FROM outbox LIMIT 1").toArray().length > 0) await keeper.alarm();
    },
  };
}

type Counter = { read: number; written: number; alarms: number; on: boolean };

function countingHost(state: DurableObjectState, counter: Counter, machine: { readonly clock: number }): Host {
  return {
    sql: {
      rows: (query, ...bindings) => {
        const cursor = state.storage.sql.exec(query, ...bindings);
        const rows = cursor.toArray();
        if (counter.on) {
          counter.read += cursor.rowsRead;
          counter.written += cursor.rowsWritten;
        }
        return rows;
      },
    },
    db: env.DB,
    webhooks: NO_WEBHOOKS,
    transact: (work) => {
      const answer = state.storage.transactionSync(work);
      counter.on = false;
      return answer;
    },
    setAlarm: () => {
      if (counter.on) counter.alarms += 1;
    },
    wipe: () => void state.storage.deleteAll(),
    clock: () => machine.clock,
    timer: (ms) => ({ over: new Promise((resolve) => setTimeout(resolve, ms)), cancel: () => undefined }),
    report: (what, error) => {
      throw new Error(what, { cause: error });
    },
  };
}

/** Birth and thousands of activations in one turn, without their events: quick, and by the rules themselves. */
function seeded(host: Host, license: License, seats: number, gone: number) {
  const held = new Held(host, null);
  held.take(license);
  const devices = Array.from({ length: gone + seats }, (_, index) => `device ${index}`);
  const sessions = held.run(DEVICE, (turn) => {
    const ids = devices.map((device) => {
      const answer = activate(turn, call(device));
      if (!answer.ok) throw new Error(`no seat for ${device}: ${answer.refusal.code}`);
      return answer.value.activationId;
    });
    for (const id of ids.slice(0, gone)) checkOut(turn, { ...sessionCall(id), principal: MANAGER });
    return ids;
  });
  host.sql.rows("DELETE FROM outbox");
  return { sessions: sessions.slice(gone), devices: devices.slice(gone) };
}
