/**
 * What is measured of Leasehold, over one license and over many. A further subject is one more entry here; its name
 * is its row in the report, and bench/targets.ts says what is asked of it.
 */

import { OUR_NAMES } from "./names.ts";
import type { Subject } from "./rounds.ts";
import type { License, Session, Shop } from "./shop.ts";
import type { Server } from "./worker-server.ts";

/** Seats in use before anything is measured, all licenses together, where there is one license. */
const DEVICES = 64;
const WARM_UP = 50;
const CHECK_OUTS_PER_SECOND = 1_500;
const BIRTHS_PER_SECOND = 300;

/** `count` licenses without a limit, and as many that are full. */
export async function ours(server: Server, shop: Shop, count: number): Promise<readonly Subject[]> {
  const licenses = await shop.sell(count);
  const sessions = await shop.activateAll(count === 1 ? Array(DEVICES).fill(licenses).flat() : licenses);
  const full = await shop.sell(count, 1);
  await shop.activateAll(full);

  const nextLicense = inTurn(licenses);
  const nextSession = inTurn(sessions);
  const nextFull = inTurn(full);
  const used = usedUp<Session>();
  const warmUp = Math.max(WARM_UP, count);
  const subject = (name: string, next: Subject["next"], more: Partial<Subject> = {}): Subject => {
    return { name, server, status: 200, warmUp, next, ...more };
  };
  const resume = ({ license, fingerprint }: Session) => shop.activate(license, fingerprint);

  return [
    subject(OUR_NAMES.activate, () => shop.activate(nextLicense(), shop.device())),
    subject(OUR_NAMES.resume, () => resume(nextSession())),
    subject(OUR_NAMES.renew, () => shop.renew(nextSession())),
    subject(OUR_NAMES.checkIn, () => shop.checkIn(nextSession())),
    subject(
      OUR_NAMES.checkOut,
      used.next((session) => shop.checkOut(session)),
      {
        warmUp: 0,
        stock: {
          perSecond: CHECK_OUTS_PER_SECOND,
          fill: async (calls) => used.fill(await shop.activateAll(Array.from({ length: calls }, nextLicense))),
        },
      },
    ),
    subject(OUR_NAMES.refuse, () => shop.activate(nextFull(), "a device too many"), { status: 409 }),
    subject(OUR_NAMES.see, () => shop.see(nextLicense())),
  ];
}

/** First activations: each is another license's. */
export function birth(server: Server, shop: Shop): Subject {
  const used = usedUp<License>();
  return {
    name: OUR_NAMES.birth,
    server,
    status: 200,
    warmUp: 0,
    stock: { perSecond: BIRTHS_PER_SECOND, fill: async (calls) => used.fill(await shop.sell(calls)) },
    next: used.next((license) => shop.activate(license, shop.device())),
  };
}

/** Things that can be called for once. */
function usedUp<T>() {
  let left: T[] = [];
  return {
    fill: (things: T[]) => void (left = things),
    next:
      <Made>(make: (thing: T) => Made) =>
      () => {
        const thing = left.pop();
        return thing === undefined ? null : make(thing);
      },
  };
}

/** Throws for an empty list. */
export function inTurn<T>(things: readonly T[]): () => T {
  let at = 0;
  return () => {
    const thing = things[at % things.length];
    at += 1;
    if (thing === undefined) throw new Error("there is nothing to take in turn");
    return thing;
  };
}
