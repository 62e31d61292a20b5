/** What a vendor's shop does with licenses, and what the answers tell of them. */

import type { Json } from "../management.ts";
import {
  after,
  Contradiction,
  DAY,
  ended,
  endingOf,
  extended,
  factsOf,
  gone,
  isThere,
  patched,
  renewed,
  seen,
  type Effect,
  type Facts,
} from "./believed.ts";
import type { Answer } from "./isolate.ts";
import type { Sold, World } from "./world.ts";

const LATER = Date.UTC(2035, 0, 1);

export async function create(world: World): Promise<void> {
  const [key, reference] = [world.key(), world.fresh("order")];
  const subscriptionInterval = world.random.pick(["P7D", "P30D", ""]);
  const members = { key, externalReference: reference, subscriptionInterval, ...anyMembers(world), ...anyUser(world) };
  const { status, body } = await world.post("/licenses", { ...members, productId: world.productId });
  const { userId = null, ...others } = members as Json & { readonly userId?: string | null };
  const blank = { key, userId, notes: null, metadata: {}, revoked: false, suspended: false, end: null, days: 0 };
  const effect = patched({ allowedActivations: 1, allowedDeactivations: -1, ...others });
  const wanted = effect(blank as unknown as Facts);
  if (wanted === "refused" || wanted === null) throw new Error("a creation is refused by nobody");
  const { externalReference: _, ...facts } = wanted as Facts & { readonly externalReference: string };
  if (endingOf(status) === "unknown") return void world.maybeSold.set(reference, facts);
  // Taken keys and users that are gone: what others know decides.
  if (status !== 201) return;
  notSoldTwice(world, key, null);
  const end = facts.days === 0 ? null : Date.parse(String(body.createdAt)) + facts.days * DAY;
  adopt(world, body, { ...facts, end });
}

/** A license that is there by D1's word, whether its creation was answered or not. */
export function adopt(world: World, resource: Json, facts: Facts): void {
  const [id, reference] = [String(resource.id), String(resource.externalReference)];
  const believed = seen("a new license", [facts], factsOf(resource));
  world.sold.push({ id, birthKey: facts.key, reference, keys: new Set([facts.key]), sessions: [], believed });
}

/** LIC-3: the same external reference again is the same license, and a deleted one keeps it taken. */
export async function createAgain(world: World, license: Sold): Promise<void> {
  const wanted = { productId: world.productId, externalReference: license.reference };
  const answer = await world.v3("POST", "/licenses", wanted);
  if (endingOf(answer.status) === "unknown") return;
  if (answer.status === 200 && answer.body.id === license.id) return look(license, answer);
  if (answer.status !== 409) throw new Contradiction(`${license.reference} was sold twice`);
  license.believed = seen(license.id, license.believed, null);
}

export async function patch(world: World, license: Sold): Promise<void> {
  const members = { ...anyMembers(world), ...(world.random.chance(0.2) ? anyUser(world) : {}) };
  await change(world, license, ["PATCH", "", members], patched(members));
}

/** KEY-2, REF-1: a key, and sometimes a user and more with it. */
export async function patchKey(world: World, license: Sold): Promise<void> {
  const key = world.random.chance(0.25) ? license.birthKey : world.key();
  const others = {
    ...(world.random.chance(0.3) ? anyUser(world) : {}),
    ...(world.random.chance(0.2) ? anyMembers(world) : {}),
  };
  const members = { key, ...others };
  license.keys.add(key);
  await change(world, license, ["PATCH", "", members], patched(members));
}

export async function renew(world: World, license: Sold): Promise<void> {
  await change(world, license, ["POST", "/renew", {}], renewed);
}

export async function extend(world: World, license: Sold): Promise<void> {
  await change(world, license, ["POST", "/extend", { extensionLength: (2 * DAY) / 1000 }], extended(2));
}

export async function setEnd(world: World, license: Sold): Promise<void> {
  const end = world.random.chance(0.2) ? null : LATER + world.random.below(100) * DAY;
  const expiresAt = end === null ? null : new Date(end).toISOString();
  await change(world, license, ["PATCH", "/expires-at", { expiresAt }], ended(end));
}

export async function remove(world: World, license: Sold): Promise<void> {
  const { status } = await world.v3("DELETE", `/licenses/${license.id}`);
  license.believed = after(`the deletion of ${license.id}`, license.believed, gone, endingOf(status));
  endSessions(license);
}

export async function read(world: World, license: Sold): Promise<void> {
  look(license, await world.v3("GET", `/licenses/${license.id}`));
}

/** Of a whole resource: it is as it is believed to be. */
export function look(license: Sold, { status, body }: Answer): void {
  if (endingOf(status) === "unknown") return;
  license.believed = seen(license.id, license.believed, status === 200 ? factsOf(body) : null);
}

type Call = readonly [method: string, path: string, body: Json];

async function change(world: World, license: Sold, [method, path, body]: Call, effect: Effect<Facts>): Promise<void> {
  const url = `/licenses/${license.id}${path}`;
  const answer = method === "POST" ? await world.post(url, body) : await world.v3(method, url, body);
  const ending = endingOf(answer.status, excuses(world, license, body, answer));
  license.believed = after(`${method} ${path} of ${license.id}`, license.believed, effect, ending);
  if (ending === "yes") {
    look(license, answer);
    if (body.key !== undefined) notSoldTwice(world, String(body.key), license);
  }
  endSessions(license);
}

/** A no that others are the reason of: a key that somebody may have, a user that may be gone. */
function excuses(world: World, license: Sold, { key, userId }: Json, { status }: Answer): readonly number[] {
  const others = world.sold.filter((other) => other !== license);
  const isTaken = others.some(({ keys }) => keys.has(String(key))) || world.maybeSold.size > 0;
  const user = world.people.find(({ id }) => id === userId);
  if (status === 409 && key !== undefined && isTaken) return [409];
  return status === 400 && user !== undefined && !isThere(user.believed) ? [400] : [];
}

/** KEY-2: no other license has this key for sure, nor had it first. */
function notSoldTwice(world: World, key: string, buyer: Sold | null): void {
  const holds = ({ believed, birthKey }: Sold) =>
    isThere(believed) && (birthKey === key || believed.every((state) => state?.key === key));
  const other = world.sold.find((license) => license !== buyer && holds(license));
  if (other !== undefined) throw new Contradiction(`${key} was sold twice: ${other.id} has it`);
}

/** STAND-2, DEL-1: activations end with a license that is revoked or deleted, as far as that is known. */
function endSessions({ believed, sessions }: Sold): void {
  const isEnding = (state: Facts | null) => state === null || state.revoked;
  if (!believed.some(isEnding)) return;
  const isSure = believed.every(isEnding);
  for (const session of sessions) if (session.state !== "ended") session.state = isSure ? "ended" : "unknown";
}

function anyMembers({ random }: World): Json {
  const all: Json = {
    notes: random.pick([null, `note ${random.below(1000)}`]),
    metadata: Array.from({ length: random.below(3) }, (_, index) => ({
      key: `m${index}`,
      value: `${random.below(9)}`,
    })),
    revoked: random.chance(0.15),
    suspended: random.chance(0.2),
    allowedActivations: random.pick([0, 1, 3]),
    allowedDeactivations: random.pick([-1, 2]),
    subscriptionInterval: random.pick(["", "P3D", "P14D"]),
  };
  return Object.fromEntries(Object.entries(all).filter(() => random.chance(0.35)));
}

function anyUser({ random, people }: World): Json {
  return { userId: random.chance(0.25) ? null : (random.pick(people.slice(-3))?.id ?? null) };
}
