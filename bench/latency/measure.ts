/** The round trips of each call: of a warm Worker, and of one that has just been started with its objects asleep. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Call } from "../load.ts";
import { OUR_NAMES } from "../names.ts";
import type { CallTrips, TripsResult } from "../results.ts";
import { Shop, type License, type Session } from "../shop.ts";
import type { Server } from "../worker-server.ts";
import { longestPath, type Trip } from "./trips.ts";
import { DELAYS } from "./watched.ts";

const TRIPS = /\r\nbench-trips: *([^\r]*)/i;
/** The last of them is warm. */
const WARM_CALLS = 3;
/** So that no call meets what the last one has left to do: a hand-over, which may wait and has long wires. */
const REST_MS = 700;

interface Stock {
  readonly licenses: License[];
  readonly sessions: Session[];
  readonly kept: Session;
  readonly full: License;
}

/** One call of each kind; `take` uses up what can be used once. */
const CALLS: Readonly<Record<string, { readonly status?: number; readonly make: (shop: Shop, of: Stock) => Call }>> = {
  [OUR_NAMES.activate]: { make: (shop, { kept }) => shop.activate(kept.license, shop.device()) },
  [OUR_NAMES.resume]: { make: (shop, { kept }) => shop.activate(kept.license, kept.fingerprint) },
  [OUR_NAMES.renew]: { make: (shop, { kept }) => shop.renew(kept) },
  [OUR_NAMES.checkIn]: { make: (shop, { kept }) => shop.checkIn(kept) },
  [OUR_NAMES.checkOut]: { make: (shop, { sessions }) => shop.checkOut(oneOf(sessions)) },
  [OUR_NAMES.refuse]: { status: 409, make: (shop, { full }) => shop.activate(full, "a device too many") },
  [OUR_NAMES.see]: { make: (shop, { kept }) => shop.see(kept.license) },
  [OUR_NAMES.birth]: { make: (shop, { licenses }) => shop.activate(oneOf(licenses), shop.device()) },
};

/** `serve`: a server on the same storage each time. `starts`: so many for each call. */
export async function measureTrips(serve: () => Promise<Server>, starts: number): Promise<TripsResult> {
  const first = await serve();
  const shop = await Shop.open(first);
  const licenses = await shop.sell(WARM_CALLS + starts);
  const [license] = await shop.sell(1);
  const [full] = await shop.sell(1, 1);
  if (license === undefined || full === undefined) throw new Error("no license was sold");
  await shop.activateAll([full]);
  const [kept, ...sessions] = await shop.activateAll(Array.from({ length: 1 + WARM_CALLS + starts }, () => license));
  if (kept === undefined) throw new Error("no device was activated");
  const stock = { licenses, sessions, kept, full };

  const warm = new Map<string, readonly Trip[]>();
  for (const [name, { status = 200, make }] of Object.entries(CALLS)) {
    for (let call = 0; call < WARM_CALLS; call += 1) {
      warm.set(name, (await one(first, make(shop, stock), status)).trips);
    }
  }
  await first.stop();

  const calls: CallTrips[] = [];
  for (const [name, { status = 200, make }] of Object.entries(CALLS)) {
    const firsts: Awaited<ReturnType<typeof one>>[] = [];
    for (let start = 0; start < starts; start += 1) {
      const server = await serve();
      firsts.push(await one(server, make(shop.at(server), stock), status).finally(() => server.stop()));
    }
    const coldMs = firsts.map(({ trips, milliseconds }) => milliseconds - pathMs(trips));
    calls.push({ name, warm: warm.get(name) ?? [], cold: firsts.at(-1)?.trips ?? [], coldMs });
    process.stderr.write(".");
  }
  process.stderr.write("\n");
  return { calls };
}

/** What the long wires made of it. */
function pathMs(trips: readonly Trip[]): number {
  return longestPath(trips, (route) => DELAYS[route]).cost;
}

async function one({ connections }: Server, call: Call, status: number) {
  await sleep(REST_MS);
  let trips: readonly Trip[] = [];
  const heard: Call = {
    request: call.request,
    onBody: (body, head) => {
      call.onBody?.(body, head);
      trips = JSON.parse(TRIPS.exec(head)?.[1] ?? "[]");
    },
  };
  const { milliseconds } = await connections.run({ next: () => heard, calls: 1, status });
  return { trips, milliseconds: milliseconds[0] ?? Number.NaN };
}

function oneOf<T>(things: T[]): T {
  return things.pop() ?? raise("there is no more of it");
}

function raise(what: string): never {
  throw new Error(what);
}
