/** Random lives of licenses and users: what happens how often, and the weather in which it does. */

import { locatorOf } from "../../../src/domain/terms/identifier.ts";
import type { Random } from "../random.ts";
import { swarm } from "../../models/lives/weather.ts";
import { applyLate, calm, storm, type Failure } from "../unsteady-d1.ts";
import { checkOut, endActivation, open, tryOldKeys } from "./devices.ts";
import { evict, objectAt, ring } from "./isolate.ts";
import * as licenses from "./licenses.ts";
import * as users from "./users.ts";
import type { Person, Sold, World } from "./world.ts";

/** One thing that happens, with its weight. Those that need a license or a user wait for one. */
type Happening =
  | { readonly weight: number; readonly does: (world: World) => Promise<unknown> }
  | { readonly weight: number; readonly toLicense: (world: World, license: Sold) => Promise<unknown> }
  | { readonly weight: number; readonly toUser: (world: World, person: Person) => Promise<unknown> };

const HAPPENINGS: Readonly<Record<string, Happening>> = {
  create: { weight: 10, does: licenses.create },
  again: { weight: 2, toLicense: licenses.createAgain },
  patch: { weight: 20, toLicense: licenses.patch },
  patchKey: { weight: 20, toLicense: licenses.patchKey },
  renew: { weight: 5, toLicense: licenses.renew },
  extend: { weight: 4, toLicense: licenses.extend },
  setEnd: { weight: 4, toLicense: licenses.setEnd },
  remove: { weight: 5, toLicense: licenses.remove },
  read: { weight: 8, toLicense: licenses.read },
  createUser: { weight: 4, does: users.createUser },
  rename: { weight: 8, toUser: users.rename },
  removeUser: { weight: 4, toUser: users.removeUser },
  detachUser: { weight: 3, toUser: users.detachUser },
  openAda: { weight: 9, toLicense: (world, license) => open(world, license, "ada") },
  openBob: { weight: 9, toLicense: (world, license) => open(world, license, "bob") },
  checkOut: { weight: 6, toLicense: checkOut },
  endActivation: { weight: 4, toLicense: endActivation },
  tryOldKeys: { weight: 8, toLicense: tryOldKeys },
  evict: { weight: 5, toLicense: (_, { id }) => evict(objectAt(locatorOf(id) ?? "")) },
  ring: { weight: 5, toLicense: (_, { id }) => ring(objectAt(locatorOf(id) ?? "")) },
  cron: { weight: 4, does: ({ isolate, random }) => isolate.cron(Date.now() + random.below(7_200_000)) },
  late: { weight: 5, does: applyLate },
  isolate: { weight: 2, does: async ({ isolate }) => isolate.renew() },
};
const ALWAYS = ["create", "patch", "patchKey", "openAda"];
const FAILURES: Readonly<Record<Failure, number>> = { before: 4, after: 4, late: 3, slow: 2, silent: 1 };

export async function live(world: World, weather: Random, steps: number): Promise<void> {
  const weights = Object.fromEntries(Object.entries(HAPPENINGS).map(([name, { weight }]) => [name, weight]));
  const often = swarm(world.random, weights, ALWAYS);
  const kinds = swarm(weather, FAILURES, ["before"]);
  for (let step = 0; step < steps; step += 1) {
    if (step % 5 === 0) change(world, weather, kinds);
    const name = world.random.weighted(often);
    world.trace.push(name);
    await happen(world, HAPPENINGS[name]);
  }
}

async function happen(world: World, happening: Happening | undefined): Promise<void> {
  if (happening === undefined) return;
  if ("does" in happening) await happening.does(world);
  const license = world.random.pick(world.sold.slice(-4));
  if ("toLicense" in happening && license !== undefined) await happening.toLicense(world, license);
  const person = world.random.pick(world.people.slice(-3));
  if ("toUser" in happening && person !== undefined) await happening.toUser(world, person);
}

/** Calm, unsteady, or down. Who calls is known in any weather, or nothing would happen. */
function change({ trace }: World, weather: Random, kinds: Readonly<Record<Failure, number>>): void {
  const rate = weather.pick([0, 0.1, 0.3, 0.6, 1]) ?? 0;
  trace.push(`D1 fails at a rate of ${rate}`);
  if (rate === 0) return calm();
  storm((sql) => {
    if (sql.includes("access_tokens") || !weather.chance(rate)) return null;
    const failure = rate === 1 ? "before" : weather.weighted(kinds);
    trace.push(`D1 ${failure}: ${sql.slice(-60).replaceAll(/\s+/g, " ")}`);
    return failure;
  });
}
