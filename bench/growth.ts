/** Growth: the same calls on licenses with few and with many live seats. Activations are taken back in between, untimed. */

import type { Connections, Loaded } from "./load.ts";
import type { GrowthResult } from "./results.ts";
import type { License, Session, Shop } from "./shop.ts";
import type { Server } from "./worker-server.ts";

export interface GrowthPlan {
  readonly seats: readonly number[];
  readonly rounds: number;
  readonly connections: number;
}

/** Activations between two clearings: so many seats more than told are live at most. */
const VOLLEY = 10;
const VOLLEYS = 20;
const RENEWALS = VOLLEY * VOLLEYS;
/** Sessions that renew in turn, of the first ones and of the last ones. */
const RENEWING = 5;

interface Filled {
  readonly license: License;
  readonly sessions: readonly Session[];
}

export async function measureGrowth(server: Server, shop: Shop, plan: GrowthPlan): Promise<GrowthResult> {
  const startedAt = performance.now();
  const filled: Filled[] = [];
  for (const seats of plan.seats) {
    const [license] = await shop.sell(1);
    if (license === undefined) throw new Error("no license was sold");
    const sessions = await shop.activateAll(Array(seats).fill(license));
    filled.push({ license, sessions: [...sessions.slice(0, RENEWING), ...sessions.slice(-RENEWING)] });
  }
  const fillSeconds = (performance.now() - startedAt) / 1000;

  const activate = plan.seats.map((): number[] => []);
  const renew = plan.seats.map((): number[] => []);
  for (let round = 0; round < plan.rounds; round += 1) {
    const order = [...filled.entries()];
    for (const [index, one] of round % 2 === 0 ? order : order.toReversed()) {
      activate[index]?.push(rate(await activations(server.connections, shop, one)));
      renew[index]?.push(rate(await renewals(server.connections, shop, one)));
    }
    process.stderr.write(".");
  }
  process.stderr.write("\n");
  const { connections, seats } = plan;
  return { connections, volley: VOLLEY, seats, perSecond: { "activate (new device)": activate, renew }, fillSeconds };
}

function rate({ calls, seconds }: Loaded): number {
  return calls / seconds;
}

async function activations(connections: Connections, shop: Shop, { license }: Filled): Promise<Loaded> {
  let [calls, seconds] = [0, 0];
  for (let volley = 0; volley < VOLLEYS; volley += 1) {
    const sessions: Session[] = [];
    const next = () => shop.activate(license, shop.device(), (session) => sessions.push(session));
    const loaded = await connections.run({ next, status: 200, calls: VOLLEY });
    calls += loaded.calls;
    seconds += loaded.seconds;
    const back = () => {
      const session = sessions.pop();
      return session === undefined ? null : shop.checkOut(session);
    };
    await connections.run({ next: back, status: 200 });
  }
  return { calls, seconds };
}

async function renewals(connections: Connections, shop: Shop, { sessions }: Filled): Promise<Loaded> {
  let at = 0;
  const next = () => {
    const session = sessions[at % sessions.length];
    at += 1;
    return session === undefined ? null : shop.renew(session);
  };
  return await connections.run({ next, status: 200, calls: RENEWALS });
}
