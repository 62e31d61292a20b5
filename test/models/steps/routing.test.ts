/**
 * Which object answers for a key (ID-4), over the real operation, objects and look-up: who is asked, in which order,
 * and what is written.
 */

import { afterEach, beforeEach, expect, it } from "vitest";
import { newTerms } from "../../../src/domain/license/creation.ts";
import { idWithLocator } from "../../../src/domain/terms/identifier.ts";
import type { Address } from "../../../src/license/rpc.ts";
import { activate } from "../../../src/operations/activation/activate.ts";
import { LocatorHints } from "../../../src/operations/license/locator-hints.ts";
import { reserveKey } from "../../../src/registry/object/reserve.ts";
import type { CreationResult } from "../../../src/registry/rows/licenses.ts";
import { insertLicense } from "../../support/insert-license.ts";
import { activation, SHOP } from "../lives/clients.ts";
import { Random } from "../../support/random.ts";
import { KEYS, locator, PRODUCT, World } from "../lives/world.ts";

const [ONE, TWO, THREE] = KEYS;
/** The first key as somebody types it; its own locator is the third one's. */
const TYPED = "k1";
const TABLES = ["licenses", "license_keys", "activations", "event_log", "management_log", "outbox", "deleted_licenses"];

let world: World;
/**
 * Who was asked, in order: `D1`, or an object by its key, with a license id or without; `D1, by it`: the object asked
 * last asks D1 itself.
 */
let asked: string[];
/** One isolate's. */
let hints: LocatorHints;
let made = 0;

beforeEach(() => {
  world = new World(new Random(1));
  asked = [];
  hints = new LocatorHints();
  const send = world.d1.send.bind(world.d1);
  world.d1.send = (owner, what, apply) => {
    if (what.includes("FROM license_keys LEFT JOIN licenses")) asked.push("D1, by it");
    return send(owner, what, apply);
  };
});

afterEach(() => {
  world.close();
});

/** `activate` as the Worker runs it; every question that it asks is noted. */
async function tryKey(key: string): Promise<string> {
  return await settled(() => callKey(key));
}

async function callKey(key: string): Promise<string> {
  const { db, licenses, ...stores } = world.stores();
  const session = db.withSession("first-primary");
  const watched: D1Database = Object.assign(Object.create(db), {
    withSession: (constraint: string) => {
      expect(constraint).toBe("first-primary");
      asked.push("D1");
      return session;
    },
  });
  const at = (name: string) => {
    const keeper = licenses.at(name);
    const noted = (address: Address, call: Parameters<typeof keeper.activate>[1]) => {
      const object = KEYS.find((one) => locator(one) === name);
      asked.push(address.licenseId === undefined ? `object of ${object}` : `object of ${object}, with the id`);
      return keeper.activate(address, call);
    };
    return Object.assign(Object.create(keeper), { activate: noted });
  };
  const locatorOf = (written: string) => Promise.resolve(located(written));
  const wires = { ...stores, db: watched, licenses: { at }, locator: locatorOf };
  const outcome = await activate(wires, hints, key, activation("device"));
  return outcome.ok ? outcome.value.activationId : outcome.refusal.code;
}

async function settled<T>(work: () => Promise<T>): Promise<T> {
  const running = work();
  void world.watch(running);
  await world.calm();
  return await running;
}

function located(key: string): string {
  return locator(key === TYPED ? THREE : key);
}

/** The license's id. Only D1 knows it. */
async function create(key: string): Promise<string> {
  const { id, result } = insertion(key);
  expect(await settled(() => result)).toEqual({ created: true });
  return id;
}

/** A creation on its way to D1. */
function insertion(key: string): { readonly id: string; readonly result: Promise<CreationResult> } {
  const terms = newTerms({ productId: PRODUCT }, world.now);
  if (!terms.ok) throw new Error("the terms are refused");
  made += 1;
  const id = idWithLocator(located(key), Uint8Array.from([0, 0, 0, 0, 0, 0, 0, made]));
  const event = {
    id,
    type: "license.created" as const,
    at: world.now,
    subjectId: id,
    sequence: 0,
    changes: {},
    data: {},
  };
  const license = { id, key, revision: 1, terms: terms.value };
  const listed = { expiresAt: null };
  return { id, result: insertLicense(world.d1.for({}), license, listed, { ...event, ...SHOP }) };
}

async function rename(id: string, key: string): Promise<void> {
  const answer = await settled(() => world.keeperOf(id).patch(id, { ...SHOP, patch: { key } }));
  expect(answer).toMatchObject({ reached: "license", outcome: { ok: true } });
}

function questions(): readonly string[] {
  return asked.splice(0);
}

function everything(): unknown {
  const objects = [...world.objects.values()].map((object) => [object.license(), object.alarmAt]);
  return [objects, TABLES.map((table) => world.d1.rows(`SELECT * FROM ${table}`))];
}

it("ID-4: an unknown key asks its own object, which asks D1 once, and writes nothing anywhere", async () => {
  await create(TWO);
  const before = everything();
  expect(await tryKey(ONE)).toBe("license-unknown");
  expect(questions()).toEqual(["object of K1", "D1, by it"]);
  expect(everything()).toEqual(before);
  for (const object of world.objects.values()) expect(object.rows("SELECT name FROM sqlite_master")).toEqual([]);
});

it("ID-4, ID-5: an unborn license's object takes it over by its key, and from then on asks nobody", async () => {
  const id = await create(ONE);
  const session = await tryKey(ONE);
  expect(questions()).toEqual(["object of K1", "D1, by it"]);
  expect(world.objects.get(locator(ONE))?.license()).toMatchObject({ id, key: ONE });
  expect(await tryKey(ONE)).toBe(session);
  expect(questions()).toEqual(["object of K1"]);
});

it("ID-4, KEY-2: a changed key leads to the license's object by way of D1 once, and the isolate remembers it", async () => {
  const id = await create(ONE);
  const session = await tryKey(ONE);
  await rename(id, TWO);
  questions();
  expect(await tryKey(TWO)).toBe(session);
  expect(questions()).toEqual(["object of K2", "D1, by it", "object of K1, with the id"]);
  expect(await tryKey(TWO)).toBe(session);
  expect(questions()).toEqual(["object of K1"]);
  hints = new LocatorHints();
  expect(await tryKey(TWO)).toBe(session);
  expect(questions()).toEqual(["object of K2", "D1, by it", "object of K1, with the id"]);
});

it("ID-4: the object that D1 names has the last word: a left-over row opens nothing", async () => {
  const id = await create(ONE);
  await tryKey(ONE);
  await rename(id, TWO);
  for (const [left, questioned] of [
    [ONE, ["object of K1", "D1"]],
    [THREE, ["object of K3", "D1, by it", "object of K1, with the id"]],
  ] as const) {
    world.d1.rows("INSERT OR IGNORE INTO license_keys (key, license_id) VALUES (?, ?)", left, id);
    questions();
    expect(await tryKey(left)).toBe("license-unknown");
    expect(questions()).toEqual(questioned);
  }
});

it("ID-4: a wrong hint is dropped, and the look-up starts over once", async () => {
  const id = await create(ONE);
  const session = await tryKey(ONE);
  await rename(id, TWO);
  expect(await tryKey(TWO)).toBe(session);
  await rename(id, THREE);
  questions();
  expect(await tryKey(TWO)).toBe("license-unknown");
  expect(questions()).toEqual(["object of K1", "object of K2", "D1, by it"]);
  expect(await tryKey(TWO)).toBe("license-unknown");
  expect(questions()).toEqual(["object of K2", "D1, by it"]);
  const other = await create(TWO);
  expect(await tryKey(TWO)).not.toBe(session);
  expect(world.objects.get(locator(TWO))?.license()).toMatchObject({ id: other });
});

it("ID-4, DEL-1: an object that remembers a deleted license leaves the question to the Worker", async () => {
  const id = await create(ONE);
  await tryKey(ONE);
  await settled(() => world.keeperOf(id).deleteLicense(id, SHOP));
  await settled(() => world.keeperOf(id).alarm());
  expect(world.d1.rows("SELECT id FROM licenses")).toEqual([]);
  const next = await create(ONE);
  questions();
  expect(await tryKey(ONE)).not.toBe("license-unknown");
  expect(questions()).toEqual(["object of K1", "D1", "object of K1, with the id"]);
  expect(world.objects.get(locator(ONE))?.license()).toMatchObject({ id: next });
});

it("ID-4, OPS-1: a license that D1 saw in use is lost where its object holds nothing, by its key too", async () => {
  const id = await create(ONE);
  world.d1.rows("UPDATE licenses SET fence = 3 WHERE id = ?", id);
  expect(await tryKey(ONE)).toBe("license-lost");
  expect(questions()).toEqual(["object of K1", "D1, by it", "object of K1, with the id"]);
});

it("ID-4: while D1 does not answer its object, a key is not called unknown", async () => {
  const id = await create(ONE);
  const send = world.d1.send.bind(world.d1);
  world.d1.send = () => Promise.reject(new Error("Network connection lost."));
  expect(await tryKey(ONE)).toBe("storage-unavailable");
  expect(await tryKey(TWO)).toBe("storage-unavailable");
  world.d1.send = send;
  expect(await tryKey(TWO)).toBe("license-unknown");
  expect(await tryKey(ONE)).toMatch(/^\p{Hex}{8}-/u);
  expect(world.objects.get(locator(ONE))?.license()).toMatchObject({ id });
});

it("ID-4: two first calls by key and one by id give birth once", async () => {
  const id = await create(ONE);
  const bear = () => world.keeperOf(id).bear(id);
  const [one, other, born] = await settled(() => Promise.all([callKey(ONE), callKey(ONE), bear()]));
  expect(one).toBe(other);
  expect(born).toMatchObject({ reached: "license" });
  expect(world.objects.get(locator(ONE))?.license()).toMatchObject({ id });
});

it("ID-4: an unknown key is not remembered: sold a moment later, it opens", async () => {
  expect(await tryKey(ONE)).toBe("license-unknown");
  await create(ONE);
  expect(await tryKey(ONE)).not.toBe("license-unknown");
});

it("KEY-3, ID-4: a key as it was typed leads by way of D1 once to that of its upper case, and the isolate remembers it", async () => {
  expect(await tryKey(TYPED)).toBe("license-unknown");
  expect(questions()).toEqual(["object of K3", "D1, by it"]);
  const id = await create(ONE);
  const session = await tryKey(TYPED);
  expect(questions()).toEqual(["object of K3", "D1, by it", "object of K1, with the id"]);
  expect(world.objects.get(locator(ONE))?.license()).toMatchObject({ id, key: ONE });
  expect(world.objects.get(locator(THREE))?.rows("SELECT name FROM sqlite_master")).toEqual([]);
  expect(await tryKey(TYPED)).toBe(session);
  expect(questions()).toEqual(["object of K1"]);
  expect(await tryKey(ONE)).toBe(session);
  await rename(id, TWO);
  questions();
  expect(await tryKey(TYPED)).toBe("license-unknown");
  expect(questions()).toEqual(["object of K1", "object of K3", "D1, by it", "object of K1, with the id"]);
});

it("KEY-3: of two keys that differ by case alone, each leads to its own license", async () => {
  const [typed, upper] = [await create(TYPED), await create(ONE)];
  const sessions = [await tryKey(TYPED), await tryKey(ONE)];
  expect(new Set(sessions).size).toBe(2);
  for (let time = 0; time < 2; time += 1) {
    hints = new LocatorHints();
    expect([await tryKey(TYPED), await tryKey(ONE)]).toEqual(sessions);
  }
  expect(world.objects.get(located(TYPED))?.license()).toMatchObject({ id: typed });
  expect(world.objects.get(located(ONE))?.license()).toMatchObject({ id: upper });
});

it("KEY-3: a key is refused where its upper case is another license's, whichever of two creations D1 applies first", async () => {
  for (const isTypedFirst of [true, false]) {
    const calls = [insertion(TYPED), insertion(ONE)];
    const pending = world.d1.pending.splice(0);
    for (const call of isTypedFirst ? pending : pending.toReversed()) call.resolve(call.apply());
    const [typed, upper] = await Promise.all(calls.map(({ result }) => result));
    expect(upper).toEqual({ created: true });
    expect(typed).toEqual(isTypedFirst ? { created: true } : { created: false, why: "key-taken" });
    for (const table of TABLES) world.d1.rows(`DELETE FROM ${table}`);
  }
  const [one, two] = [await create(ONE), await create(TWO)];
  const reserve = (licenseId: string) =>
    settled(() => reserveKey(world.d1.for({}), { licenseId, key: TYPED, fence: 1, fenceConfirmed: 0 }));
  expect(await reserve(two)).toMatchObject({ result: "taken" });
  expect(world.d1.rows("SELECT key FROM license_keys ORDER BY key")).toEqual([{ key: ONE }, { key: TWO }]);
  expect(await reserve(one)).toMatchObject({ result: "reserved" });
  expect(world.d1.rows("SELECT license_id AS id FROM license_keys WHERE key = ?", TYPED)).toEqual([{ id: one }]);
});
