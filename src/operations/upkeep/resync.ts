/** Asks licenses' objects to compare D1 with themselves and to make it agree (OPS-1). */

import type { Outcome } from "../../domain/outcome.ts";
import type { Resynced } from "../../domain/commands/comparison.ts";
import { objectOf } from "../../license/stub.ts";
import { projectedAmong } from "../../registry/upkeep/after-restore.ts";
import type { Deployment } from "../deployment.ts";
import { say } from "../../log/line.ts";

type Stores = Pick<Deployment, "db" | "licenses" | "objects">;

/** Objects asked at once. */
const AT_ONCE = 20;

/** An object by a license's id, or by its own as the platform lists it. */
export type ObjectName = { readonly licenseId: string } | { readonly objectId: string };

export type ResyncState =
  /** D1 says what the object says. */
  | "level"
  /** More is on its way: ask again. */
  | "behind"
  /** The object holds nothing: a license that was never used, or one that is long deleted. */
  | "empty"
  /** D1 knows that an object held this license, and it holds nothing (ID-5). */
  | "lost"
  /** The object is another license's: this one cannot be used. */
  | "displaced"
  /** No answer, or D1 did not answer the object: ask again. */
  | "unavailable"
  /** No object of this deployment has this id. */
  | "unknown";

export interface ResyncedObject {
  readonly name: ObjectName;
  readonly state: ResyncState;
  /** Null where there was no answer. */
  readonly answer: Resynced | null;
}

/** In the order of `names`. Bounded work per object: repeat for those that are `behind`. Rejects when D1 fails. */
export async function resyncObjects(stores: Stores, names: readonly ObjectName[]): Promise<readonly ResyncedObject[]> {
  const asked: ResyncedObject[] = [];
  for (let first = 0; first < names.length; first += AT_ONCE) {
    const some = names.slice(first, first + AT_ONCE);
    asked.push(...(await Promise.all(some.map(async (name) => await ask(stores, name)))));
  }
  return await withLost(stores, asked);
}

async function ask(stores: Stores, name: ObjectName): Promise<ResyncedObject> {
  const object = "objectId" in name ? stores.objects.byId(name.objectId) : objectOf(stores, name.licenseId);
  if (object === null) return { name, state: "unknown", answer: null };
  try {
    return judged(name, await object.resync());
  } catch (error) {
    // A bug in one object must not hold up the others.
    say(
      "a license could not be compared with D1",
      { license: "licenseId" in name ? name.licenseId : undefined },
      error,
    );
    return { name, state: "unavailable", answer: null };
  }
}

function judged(name: ObjectName, outcome: Outcome<Resynced>): ResyncedObject {
  if (!outcome.ok) return { name, state: "unavailable", answer: null };
  const answer = outcome.value;
  return { name, state: stateOf(name, answer), answer };
}

function stateOf(name: ObjectName, { licenseId, deletedIds, isLevel }: Resynced): ResyncState {
  const isNamed = "objectId" in name || licenseId === name.licenseId || deletedIds.includes(name.licenseId);
  if (!isLevel) return "behind";
  if (isNamed) return licenseId === null && deletedIds.length === 0 ? "empty" : "level";
  return licenseId === null ? "empty" : "displaced";
}

async function withLost({ db }: Stores, asked: readonly ResyncedObject[]): Promise<readonly ResyncedObject[]> {
  const ids = asked.flatMap(({ name, state }) => (state === "empty" && "licenseId" in name ? [name.licenseId] : []));
  if (ids.length === 0) return asked;
  const projected = await projectedAmong(db, ids);
  return asked.map((one) =>
    one.state === "empty" && "licenseId" in one.name && projected.has(one.name.licenseId)
      ? { ...one, state: "lost" }
      : one,
  );
}
