/** Whether anything that belongs together was torn apart: read from the files, when all is quiet. */

import { readTerms } from "../../src/domain/terms/stored-terms.ts";
import type { Row, Stored, StoredObject } from "./storage.ts";

/** Activations that share a lower bound of lease ends (`seq >> 6`). */
const BLOCK_BITS = 6;

/** Each fault in words. */
export function tornIn(stored: Stored): readonly string[] {
  const faults = stored.objects.flatMap((object) => [...tornObject(object), ...disagreements(stored, object)]);
  return [...faults, ...tornCatalogue(stored)];
}

function tornObject({ file, license, tally, activations, blocks, tombstones }: StoredObject): string[] {
  if (license === null || tally === null) {
    const isWhole = license === null && tally === null && activations.length === 0 && tombstones.length > 0;
    return isWhole ? [] : [`${file}: a license without its counters, or neither and no tombstone`];
  }
  const alive = activations.filter((row) => Number(row["seq"]) > Number(tally["dead_upto"]));
  const live = alive.filter((row) => row["released"] === 0);
  // SEAT-2: a person's devices share one.
  const holders = alive.map((row) => row["holder"] ?? null);
  const seats = holders.filter((holder) => holder === null).length + new Set(holders.filter(Boolean)).size;
  const youngest = (Number(tally["next_seq"]) - 1) >> BLOCK_BITS;
  const unbound = alive.filter((row) => {
    const block = Number(row["seq"]) >> BLOCK_BITS;
    if (row["lease_end"] === null || block === youngest) return false;
    return !blocks.some((each) => each["block"] === block && Number(each["floor"]) <= Number(row["lease_end"]));
  });
  return [
    ...(live.length === tally["activations_taken"] ? [] : [`${file}: ${live.length} activations, counted otherwise`]),
    ...(seats === tally["seats_taken"] ? [] : [`${file}: ${seats} seats, counted otherwise`]),
    ...(activations.some((row) => Number(row["seq"]) >= Number(tally["next_seq"])) ? [`${file}: a seq is ahead`] : []),
    ...unbound.map((row) => `${file}: seq ${row["seq"]} lies below its block's bound`),
  ];
}

/** EVT-3: D1 says what the object says, and has each of its events once, without a gap. */
function disagreements({ licenses, activations, keys, events }: Stored, object: StoredObject): string[] {
  const { license, tally } = object;
  if (license === null || tally === null) return [];
  const id = license["id"];
  const row = licenses.find((each) => each["id"] === id);
  if (row === undefined) return [`D1 does not know the license ${String(id)}`];
  const sequences = events
    .filter((event) => event["subject_id"] === id && Number(event["sequence"]) > 0)
    .map((event) => Number(event["sequence"]));
  const expected = Array.from({ length: Number(tally["event_seq"]) }, (_, index) => index + 1);
  const checks: [string, unknown, unknown][] = [
    ["events", sequences, expected],
    ["activations", idsOf(activations.filter((each) => each["license_id"] === id)), liveIds(object)],
    ["keys", keysOf(keys, id), [...new Set([license["key"], license["birth_key"]])].toSorted()],
  ];
  if (Number(tally["event_seq"]) > 0) {
    const truth = [license["key"], license["revision"], tally["activations_taken"], tally["deactivations"]];
    checks.push(["row", [row["key"], row["revision"], row["total_activations"], row["total_deactivations"]], truth]);
    checks.push(["terms", row["terms"], license["terms"]]);
  }
  return checks.flatMap(([what, told, truth]) =>
    JSON.stringify(told) === JSON.stringify(truth)
      ? []
      : [`${String(id)}: D1's ${what} ${JSON.stringify(told)}, the object's ${JSON.stringify(truth)}`],
  );
}

/** Those of repeated creations have none. */
function wantsReference(row: Stored["licenses"][number]): boolean {
  return readTerms(String(row["terms"])).externalReference !== null;
}

/** Creations and deletions are whole: row, key, reference and event, or none of them. */
function tornCatalogue({ licenses, keys, references, events, deleted, activations, objects, users }: Stored): string[] {
  const standing = new Set(licenses.map((row) => row["id"]));
  const gone = new Set(deleted.map((row) => row["id"]));
  const created = new Set(
    events.filter((event) => event["type"] === "license.created").map((row) => row["subject_id"]),
  );
  const userIds = new Set(users.map((row) => row["id"]));
  const held = new Set(objects.map(({ license }) => license?.["id"]));
  return [
    ...licenses
      .filter((row) => !keys.some((key) => key["key"] === row["key"] && key["license_id"] === row["id"]))
      .map((row) => `${name(row)} has no key`),
    ...licenses
      .filter((row) => wantsReference(row) && !references.some((each) => each["license_id"] === row["id"]))
      .map((row) => `${name(row)} has no reference`),
    ...licenses.filter((row) => !created.has(row["id"])).map((row) => `${name(row)} has no event of its creation`),
    ...licenses
      .filter((row) => row["fence"] !== 0 && !held.has(row["id"]))
      .map((row) => `${name(row)} has lost its object`),
    ...licenses
      .filter((row) => row["user_id"] !== null && !userIds.has(row["user_id"]))
      .map((row) => `${name(row)} is for a user who is not there`),
    ...licenses.filter((row) => gone.has(row["id"])).map((row) => `${name(row)} is deleted and there`),
    ...keys
      .filter((row) => !standing.has(row["license_id"]))
      .map((row) => `a key is left of ${String(row["license_id"])}`),
    ...activations
      .filter((row) => !standing.has(row["license_id"]))
      .map((row) => `an activation is left of ${String(row["license_id"])}`),
    ...references
      .filter((row) => !standing.has(row["license_id"]) && !gone.has(row["license_id"]))
      .map((row) => `a reference is left of ${String(row["license_id"])}`),
  ];
}

function liveIds({ activations, tally }: StoredObject): unknown[] {
  const live = activations.filter((row) => Number(row["seq"]) > Number(tally?.["dead_upto"]) && row["released"] === 0);
  return idsOf(live);
}

function idsOf(rows: readonly Row[]): unknown[] {
  return rows.map((row) => String(row["id"])).toSorted();
}

function keysOf(keys: readonly Row[], licenseId: unknown): unknown[] {
  return keys
    .filter((row) => row["license_id"] === licenseId)
    .map((row) => String(row["key"]))
    .toSorted();
}

function name(row: Row): string {
  return `the license ${String(row["id"])}`;
}
