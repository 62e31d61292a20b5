/** What must be true when all is quiet (oracle, point 5). */

import { FACET_QUERIES, facetFaults } from "../../support/facet-faults.ts";
import { Violation } from "./oracle.ts";
import type { ModelObject } from "./object.ts";
import type { World } from "./world.ts";
import { EVENTS } from "../../../src/registry/events/event-tables.ts";

export async function checkQuiet(world: World): Promise<void> {
  await world.calm();
  if (world.setBacks > 0) await recover(world);
  for (const object of world.objects.values()) agree(world, object);
  checkFacets(world);
  for (const known of world.oracle.licenses.values())
    if (known.deletedAt !== null && !known.lost) gone(world, known.id);
  for (const known of world.oracle.licenses.values()) {
    const settled = known.deleteAskedAt === null && known.maybeKeys.size === 0 && !known.unsure && !known.lost;
    if (settled) await opens(world, known.key, known.id);
  }
}

/** OPS-1: by the operator's run, or by whatever calls come. */
async function recover(world: World): Promise<void> {
  if (world.recovery === "resync") return await resync(world);
  // Twice: the first hand-over after a restore finds out, the following ones send everything again.
  await world.stir();
  await world.stir();
  await forgetRevived(world);
}

/** As the operator does it: every row is marked as born, and every object asked until it is level. */
async function resync(world: World): Promise<void> {
  world.d1.rows("UPDATE licenses SET born_at = created_at WHERE born_at IS NULL");
  for (const object of world.objects.values()) {
    let round = 0;
    while (!(await comesLevel(world, object))) {
      round += 1;
      if (round === 3) throw new Violation(`${object.locator} does not come level with D1`);
    }
  }
}

async function comesLevel(world: World, object: ModelObject): Promise<boolean> {
  let isLevel = false;
  const ask = async () => {
    const answer = await object.keeper.resync();
    isLevel = answer.ok && answer.value.isLevel;
  };
  void world.watch(ask());
  await world.calm();
  return isLevel;
}

/** OPS-1: D1 shows deleted licenses again after a restore; the next caller's look-up sets it right. */
async function forgetRevived(world: World): Promise<void> {
  for (const row of world.d1.rows("SELECT key, license_id FROM license_keys")) {
    const known = world.oracle.licenses.get(String(row["license_id"]));
    if (known?.deletedAt !== null) await world.tryKey(String(row["key"]));
  }
}

/** MGMT-1: what licenses and users are found by is what D1's rows say, and nothing is left of those that are gone. */
export function checkFacets({ d1 }: World): void {
  const [fault] = facetFaults({
    licenses: d1.rows(FACET_QUERIES.licenses),
    users: d1.rows(FACET_QUERIES.users),
    licenseFacets: d1.rows(FACET_QUERIES.licenseFacets),
    userFacets: d1.rows(FACET_QUERIES.userFacets),
  });
  if (fault !== undefined) throw new Violation(fault);
}

function agree(world: World, object: ModelObject): void {
  const license = object.license();
  if (license === null) return;
  const row = world.d1.rows("SELECT * FROM licenses WHERE id = ?", license.id)[0];
  const tally = object.rows("SELECT * FROM tally")[0];
  if (row === undefined || tally === undefined) throw new Violation(`D1 does not know ${license.id}`);
  if (Number(tally["event_seq"]) === 0) return;
  const told = [row["key"], row["revision"], row["total_activations"], row["total_deactivations"]];
  const truth = [license.key, license.revision, tally["activations_taken"], tally["deactivations"]];
  if (JSON.stringify(told) !== JSON.stringify(truth))
    throw new Violation(`D1 says ${JSON.stringify(told)}, the object ${JSON.stringify(truth)}`);
  if (object.rows("SELECT 1 FROM outbox").length > 0) throw new Violation("events are left in the outbox");
  same(
    "activations",
    idsOf(world.d1.rows("SELECT id FROM activations WHERE license_id = ?", license.id)),
    liveIds(object, Number(tally["dead_upto"])),
  );
  const keys = idsOf(world.d1.rows("SELECT key AS id FROM license_keys WHERE license_id = ?", license.id));
  // After a restore somebody else may have taken the key.
  if (world.setBacks === 0) same("keys", keys, [...new Set([license.key, license.birthKey])].toSorted());
  if (world.setBacks === 0) {
    const logged = world.d1.rows(`SELECT sequence FROM ${EVENTS} WHERE subject_id = ? ORDER BY sequence`, license.id);
    const expected = Array.from({ length: Number(tally["event_seq"]) }, (_, index) => String(index + 1));
    same(
      "events",
      logged.map((event) => String(event["sequence"])),
      expected,
    );
  }
}

function liveIds(object: ModelObject, deadUpto: number): string[] {
  return idsOf(object.rows("SELECT id FROM activation WHERE seq > ? AND released = 0", deadUpto));
}

function idsOf(rows: readonly Record<string, unknown>[]): string[] {
  return rows.map((row) => String(row["id"])).toSorted();
}

function same(what: string, told: readonly string[], truth: readonly string[]): void {
  if (JSON.stringify(told) !== JSON.stringify(truth))
    throw new Violation(`${what} differ: D1 has ${told.join()}, the object ${truth.join()}`);
}

function gone(world: World, id: string): void {
  const left = world.d1.rows(
    `SELECT 1 FROM licenses WHERE id = ?1 UNION ALL SELECT 1 FROM license_keys WHERE license_id = ?1
     UNION ALL SELECT 1 FROM activations WHERE license_id = ?1`,
    id,
  );
  if (left.length > 0) throw new Violation(`D1 still knows the deleted license ${id}`);
  if (world.setBacks > 0) return;
  const told = world.d1
    .rows(`SELECT type FROM ${EVENTS} WHERE subject_id = ? ORDER BY sequence`, id)
    .map((event) => event["type"]);
  const last = told.indexOf("license.deleted");
  if (last < 0) throw new Violation(`nobody was told of the deletion of ${id}`);
  if (told.indexOf("license.updated", last) >= 0) throw new Violation(`${id} was changed after its deletion`);
}

async function opens(world: World, key: string, id: string): Promise<void> {
  const answer = await world.tryKey(key);
  if (answer !== "granted" && answer !== "seats-exhausted")
    throw new Violation(`the key of ${id} is answered ${answer}`);
}
