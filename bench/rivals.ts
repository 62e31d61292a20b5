/**
 * The rivals on the same machine: a conventional server of our own in two variants, measured beside ours call by call.
 */

import { randomUUID } from "node:crypto";
import { HOW_TO_INSTALL } from "./names.ts";
import type { OverIssue, RivalsResult } from "./results.ts";
import { startCluster } from "./rivals/cluster.ts";
import { type Contestant, Rival } from "./rivals/rival.ts";
import { measure, type Measured, type Plan, type Subject } from "./rounds.ts";
import type { License, Session, Shop } from "./shop.ts";
import { inTurn } from "./subjects.ts";
import type { Server } from "./worker-server.ts";

const DEVICES = 64;
/** Over-issue: so many licenses, each asked for so many activations at once, over all connections. */
const RACE = { licenses: 20, seats: 5, parallel: 64 };

export interface RivalsPlan extends Plan {
  readonly connections: number;
  readonly licenses: number;
}

export async function measureRivals(server: Server, shop: Shop, plan: RivalsPlan): Promise<RivalsResult> {
  const cluster = await startCluster();
  if (cluster === null) {
    console.error(`No PostgreSQL here, so no rivals: ${HOW_TO_INSTALL}`);
    return { postgres: null, one: null, many: null, overIssue: [] };
  }
  const contestants: Contestant[] = [contestant("Leasehold", server, shop)];
  try {
    for (const variant of ["lock", "count"] as const)
      contestants.push(await Rival.start(cluster, variant, plan.connections));
    const { turnMs, connections } = plan;
    const rounds = async (licenses: number) => {
      const [ofOurs = [], ...ofRivals] = await Promise.all(contestants.map((one) => subjectsOf(one, licenses)));
      const subjects: Measured[] = [];
      for (const [call, our] of ofOurs.entries()) {
        const theirs = ofRivals.flatMap((rival) => rival[call] ?? []);
        subjects.push(...(await measure([our], plan, theirs)));
      }
      return { turnMs, connections, licenses, subjects };
    };
    const one = await rounds(1);
    const many = await rounds(plan.licenses);
    const overIssue: OverIssue[] = [];
    for (const each of contestants) overIssue.push(await race(each));
    return { postgres: cluster.version, one, many, overIssue };
  } finally {
    for (const each of contestants) if (each instanceof Rival) await each.server.stop();
    await cluster.stop();
  }
}

function contestant(name: string, server: Server, shop: Shop): Contestant {
  return {
    name,
    server,
    sell: (count, seats) => shop.sell(count, seats),
    activate: (...given) => shop.activate(...given),
    renew: (session) => shop.renew(session),
  };
}

async function subjectsOf(one: Contestant, count: number): Promise<readonly Subject[]> {
  const kept = await one.sell(count);
  const full = await one.sell(count, 1);
  const holders = count === 1 ? Array.from({ length: DEVICES }, () => kept).flat() : kept;
  const sessions = await activateAll(one, holders);
  await activateAll(one, full);
  let fresh = kept;
  let devices = 0;
  const device = () => `${randomUUID()} ${(devices += 1)}`;
  const [nextSession, nextFull] = [inTurn(sessions), inTurn(full)];
  const { server, name } = one;
  const shared = { server, warmUp: Math.max(DEVICES, count) };
  // Where there is one license, a new one each round: counting seats must not become dearer from round to round.
  const stock = count === 1 ? { stock: { perSecond: 1, fill: async () => void (fresh = await one.sell(1)) } } : {};
  return [
    {
      ...shared,
      ...stock,
      name: `${name}: activate`,
      status: 200,
      next: () => one.activate(pick(fresh, devices), device()),
    },
    { ...shared, name: `${name}: renew`, status: 200, next: () => one.renew(nextSession()) },
    { ...shared, name: `${name}: refused`, status: 409, next: () => one.activate(nextFull(), "a device too many") },
  ];
}

function pick(licenses: readonly License[], index: number): License {
  const license = licenses[index % licenses.length];
  if (license === undefined) throw new Error("no license was sold");
  return license;
}

async function activateAll(one: Contestant, licenses: readonly License[]): Promise<Session[]> {
  const sessions: Session[] = [];
  let at = 0;
  const next = () => {
    const license = licenses[at];
    at += 1;
    return license === undefined ? null : one.activate(license, `holder ${at}`, (session) => sessions.push(session));
  };
  await one.server.connections.run({ next, status: 200 });
  return sessions;
}

/** Many devices at once at a license with few seats: how many get one that is not there. */
async function race(one: Contestant): Promise<OverIssue> {
  let granted = 0;
  let tooMany = 0;
  for (const license of await one.sell(RACE.licenses, RACE.seats)) {
    let seats = 0;
    let asked = 0;
    const next = () => {
      asked += 1;
      return asked > RACE.parallel ? null : one.activate(license, `racer ${asked}`, () => void (seats += 1));
    };
    await one.server.connections.run({ next, status: 200, orStatus: 409 });
    granted += seats;
    tooMany += Math.max(0, seats - RACE.seats);
  }
  return { name: one.name, ...RACE, granted, tooMany };
}
