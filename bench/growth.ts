/**
 * Growth: the same calls on licenses with few and with many live seats. Activations are taken back in between, untimed.
 */

import { locatorOf } from "../src/domain/terms/identifier.ts";
import { request } from "./http.ts";
import type { Connections, Loaded } from "./load.ts";
import { OUR_NAMES } from "./names.ts";
import type { GrowthResult } from "./results.ts";
import { type License, type Session, Shop } from "./shop.ts";
import { inTurn } from "./subjects.ts";
import type { Server } from "./worker-server.ts";

export interface GrowthPlan {
  readonly seats: readonly number[];
  readonly rounds: number;
  readonly connections: number;
}

/** Activations between two clearings: so many seats more than told are live at most. */
const VOLLEY = 10;
const VOLLEYS = 20;
const RENEWALS = 24;
/** Sessions that renew in turn: so many, of them so many older than all others. */
const RENEWING = 8;
const OLD = 4;

interface Filled {
  readonly license: License;
  readonly sessions: Session[];
}

/** Both start a server on the same storage, one at a time: Leasehold, and the one that fills licenses with seats. */
export interface Servers {
  leasehold(): Promise<Server>;
  seeder(): Promise<Server>;
}

export async function measureGrowth(servers: Servers, plan: GrowthPlan): Promise<GrowthResult> {
  const before = await servers.leasehold();
  const opened = await Shop.open(before);
  const filled: Filled[] = [];
  while (filled.length < plan.seats.length) filled.push(await sold(opened));
  await before.stop();

  const seeder = await servers.seeder();
  for (const [index, { license }] of filled.entries()) await fill(seeder, license, (plan.seats[index] ?? 0) - RENEWING);
  await seeder.stop();

  const server = await servers.leasehold();
  try {
    return await measureAt(server, opened.at(server), filled, plan);
  } finally {
    await server.stop();
  }
}

/** A license with its oldest seats taken. */
async function sold(shop: Shop): Promise<Filled> {
  const [license] = await shop.sell(1);
  if (license === undefined) throw new Error("no license was sold");
  return { license, sessions: await shop.activateAll(Array.from({ length: OLD }, () => license)) };
}

async function fill({ connections }: Server, { id }: License, seats: number): Promise<void> {
  const call = { request: request("POST", `/${locatorOf(id)}/${seats}`) };
  await connections.run({ next: () => call, calls: 1, status: 200 });
}

async function measureAt(
  server: Server,
  shop: Shop,
  filled: readonly Filled[],
  plan: GrowthPlan,
): Promise<GrowthResult> {
  const young = Array.from({ length: RENEWING - OLD }, () => 0);
  for (const { license, sessions } of filled) sessions.push(...(await shop.activateAll(young.map(() => license))));
  const activate = plan.seats.map((): number[] => []);
  const renew = plan.seats.map((): number[] => []);
  for (let round = 0; round < plan.rounds; round += 1) {
    const activated = filled.map(() => new Rate());
    const renewed = filled.map(() => new Rate());
    // The sizes take turns volley by volley: what disturbs the machine disturbs all of them.
    for (let volley = 0; volley < VOLLEYS; volley += 1) {
      for (const [index, one] of filled.entries()) {
        activated[index]?.add(await activations(server.connections, shop, one));
        renewed[index]?.add(await renewals(server.connections, shop, one));
      }
    }
    for (const [index, rate] of activated.entries()) activate[index]?.push(rate.perSecond);
    for (const [index, rate] of renewed.entries()) renew[index]?.push(rate.perSecond);
    process.stderr.write(".");
  }
  process.stderr.write("\n");
  const { connections, seats } = plan;
  return {
    connections,
    volley: VOLLEY,
    seats,
    perSecond: { [OUR_NAMES.activate]: activate, [OUR_NAMES.renew]: renew },
  };
}

class Rate {
  #calls = 0;
  #seconds = 0;

  add({ calls, seconds }: Loaded): void {
    this.#calls += calls;
    this.#seconds += seconds;
  }

  get perSecond(): number {
    return this.#calls / this.#seconds;
  }
}

/** The new devices check out again, untimed. */
async function activations(connections: Connections, shop: Shop, { license }: Filled): Promise<Loaded> {
  const sessions: Session[] = [];
  const next = () => shop.activate(license, shop.device(), (session) => sessions.push(session));
  const loaded = await connections.run({ next, status: 200, calls: VOLLEY });
  const back = () => {
    const session = sessions.pop();
    return session === undefined ? null : shop.checkOut(session);
  };
  await connections.run({ next: back, status: 200 });
  return loaded;
}

async function renewals(connections: Connections, shop: Shop, { sessions }: Filled): Promise<Loaded> {
  const next = inTurn(sessions);
  return await connections.run({ next: () => shop.renew(next()), status: 200, calls: RENEWALS });
}
