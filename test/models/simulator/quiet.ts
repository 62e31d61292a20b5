/**
 * Everything arrives, alarms ring when they are due, nothing fails: then D1 shows what the objects hold (EVT-2, OPS-1,
 * DEL-1).
 */

import { must, same } from "./invariants.ts";
import { endByOwnClock } from "../../../src/domain/terms/expiry.ts";
import type { ActivationRow, LicenseRow } from "./d1.ts";
import type { Case } from "./licenses.ts";
import type { World } from "./world.ts";
import { checkWhole } from "./whole.ts";

const DAY = 86_400_000;
const FAR = 40 * DAY;
const MOST_ROUNDS = 5000;

export function checkQuiet(world: World): void {
  world.calm = true;
  world.d1.down = false;
  settle(world);
  // Twice: the first hand-over after a restore finds out, the following ones send everything again.
  if (world.unsure) for (let time = 0; time < 2; time += 1) stir(world);
  for (const to of world.cases.values()) agree(world, to);
  // What is gone stays so, where no D1 shows it again.
  if (!world.isSetBack)
    for (const { object } of world.cases.values()) if (object.life === "gone") world.cases.delete(object.id);
  world.unsure = false;
  world.calm = false;
}

function settle(world: World): void {
  while (world.d1Desk.lateBatches > 0) world.d1Desk.lateBatch();
  const until = world.now + FAR;
  // Whoever comes late finds the clock where an alarm of another has left it, and is due from then on.
  for (const to of world.open.slice()) ringAll(world, to, Math.max(until, world.now + DAY));
}

/** One license after the other, each from now on: they have no clock in common but the wall's. */
function ringAll(world: World, to: Case, until: number): void {
  const { object } = to;
  world.d1Desk.relay(to);
  // A lost alarm is set again by the next change that needs it; here by whoever looks after it.
  if (object.ledger !== null) object.rearm(world.clockOf(object));
  for (let round = 0; object.ledger !== null; round += 1) {
    const at = object.alarmAt;
    if (at === null || at > until) return;
    must("EVT-2", round < MOST_ROUNDS, () => `${object.id} never gets quiet`);
    world.now = Math.max(world.now, at - object.skew);
    world.d1Desk.alarm(to, "kept");
  }
}

/** OPS-1: every license writes something, so that its relay meets D1, and D1 shows nothing that was deleted. */
function stir(world: World): void {
  for (const to of world.open) world.touch(to);
  for (const { object } of world.cases.values()) if (object.life === "gone") world.d1.remove(object.id);
  settle(world);
}

function agree(world: World, to: Case): void {
  const { object, oracle } = to;
  const { d1 } = world;
  if (object.life === "unborn") return;
  world.regard(to);
  oracle.events.quiet();
  if (object.ledger === null) return gone(world, to);
  checkWhole(object, oracle, world.clockOf(object));
  if (object.tally().eventSeq === 0) return;
  const row = d1.row(object.id);
  if (row === null) return must("OPS-1", false, () => `D1 does not know ${object.id}`);
  same("OPS-1", "the key in D1", row.key, oracle.key);
  same("OPS-1", "the revision in D1", row.revision, oracle.revision);
  same("OPS-1", "totalActivations in D1", row.totalActivations, oracle.seats.live(oracle.now));
  same("OPS-1", "totalDeactivations in D1", row.totalDeactivations, oracle.deactivations);
  same("OPS-1", "expiresAt in D1", row.expiresAt, oracle.expiry.licenseEnd);
  same("OPS-1", "the user in D1", row.userId, oracle.given.user?.id ?? null);
  same("KEY-2", "whom D1 names for the key", d1.keyHolder(oracle.key), object.id);
  const keys = new Set([oracle.key, object.birthKey]);
  for (const key of d1.keysOf(object.id)) must("KEY-2", keys.has(key), () => `${key} is still kept for ${object.id}`);
  shown(world, to);
}

function shown({ d1 }: World, { object, oracle }: Case): void {
  const rows = new Map(d1.activations(object.id));
  for (const seat of oracle.seats.all().filter(({ held }) => !held)) {
    const row = rows.get(seat.session);
    must("OPS-1", row !== undefined, () => `D1 does not show ${seat.session}`);
    same("OPS-1", "an activation's end in D1", endIn(d1.row(object.id), row), oracle.endOf(seat));
    rows.delete(seat.session);
  }
  must("OPS-1", rows.size === 0, () => `D1 shows ${[...rows.keys()].join(", ")}, which have ended`);
}

/** As lists put it together. */
function endIn(license: LicenseRow | null, activation: ActivationRow | undefined): number | null | undefined {
  if (license === null || activation === undefined) return undefined;
  return activation.ownClock === null ? license.expiresAt : endByOwnClock(activation.ownClock, license.renewed);
}

function gone({ d1 }: World, { object }: Case): void {
  const left = d1.row(object.id) !== null || d1.keysOf(object.id).length > 0 || d1.activations(object.id).size > 0;
  must("DEL-1", !left, () => `D1 still knows ${object.id}`);
}
