/** What must hold at the end of a short life (test/models/orders/orders.ts). */

import { Violation } from "../lives/oracle.ts";
import { tryKey, type License } from "./order-operations.ts";
import { checkQuiet } from "../lives/quiet.ts";
import { checkEmails } from "../lives/user-clients.ts";
import { KEYS, type World } from "../lives/world.ts";
import { EVENTS } from "../../../src/registry/events/event-tables.ts";

/**
 * Lets everything come to rest, and looks: D1 says what the objects say, no user that is referred to is missing, every
 * license that stands is opened by its key, and by no other. Then what the license is.
 */
export async function settled(world: World, licenseId: string): Promise<License> {
  await checkQuiet(world);
  checkEmails(world);
  checkEnd(world, licenseId);
  const standing = world.d1.rows("SELECT id, key, user_id FROM licenses");
  for (const key of KEYS) await checkKey(world, key, standing);
  const row = standing.find(({ id }) => id === licenseId);
  if (row === undefined) return null;
  return { key: String(row["key"]), userId: row["user_id"] === null ? null : String(row["user_id"]) };
}

/** DEL-1: whoever was told of the deletion is told of no change after it. */
function checkEnd(world: World, licenseId: string): void {
  const events = world.d1.rows(`SELECT type FROM ${EVENTS} WHERE subject_id = ? ORDER BY sequence`, licenseId);
  const types = events.map(({ type }) => type);
  const end = types.indexOf("license.deleted");
  if (end >= 0 && types.includes("license.updated", end)) throw new Violation("it was changed after its deletion");
}

async function checkKey(world: World, key: string, standing: readonly Record<string, unknown>[]): Promise<void> {
  const holders = standing.flatMap((row) => (row["key"] === key ? [String(row["id"])] : []));
  if (holders.length > 1) throw new Violation(`${key} was sold twice`);
  const opens: string[] = [];
  const ask = async () => {
    const outcome = await tryKey(world, key);
    opens.push(outcome.ok ? outcome.value : outcome.refusal.code);
  };
  void world.watch(ask());
  await world.calm();
  const [opened] = opens;
  if (opened !== (holders[0] ?? "license-unknown"))
    throw new Violation(`${key} is answered ${opened}, and is the key of ${holders[0] ?? "nobody"}`);
}
