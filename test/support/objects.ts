/** All license objects of a test file, as the platform lists them, and what each of them says beside what D1 says. */

import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { locatorOf } from "../../src/domain/terms/identifier.ts";

type Row = Record<string, string | number | null>;

export async function objectIds(): Promise<readonly string[]> {
  return (await listDurableObjectIds(env.LICENSES)).map(String);
}

/** Ends when no object has anything left to hand over. */
export async function handedOver(): Promise<void> {
  for (const id of await objectIds()) {
    await runInDurableObject(objectOf(id), async (object, { storage }) => {
      const waits = () => rowsOf(storage, "outbox", "1").length > 0;
      while (waits()) await object.alarm();
    });
  }
}

export function objectOf(id: string) {
  return env.LICENSES.get(env.LICENSES.idFromString(id));
}

/** ID-5: whether the license's object holds it. */
export async function isBorn(licenseId: unknown): Promise<boolean> {
  const id = env.LICENSES.idFromName(locatorOf(String(licenseId)) ?? "");
  return await runInDurableObject(env.LICENSES.get(id), (_, { storage }) => copyOf(storage)?.license.id === licenseId);
}

export interface Copy {
  readonly license: Row;
  readonly keys: readonly string[];
  readonly activations: readonly string[];
}

/** By license id: what the objects hold. */
export async function held(): Promise<ReadonlyMap<string, Copy>> {
  const copies = new Map<string, Copy>();
  for (const id of await objectIds()) {
    const copy = await runInDurableObject(objectOf(id), (_, { storage }) => copyOf(storage));
    if (copy !== null) copies.set(String(copy.license.id), copy);
  }
  return copies;
}

/** By license id: what D1 shows of these. */
export async function shown(ids: Iterable<string>): Promise<ReadonlyMap<string, Copy>> {
  const copies = new Map<string, Copy>();
  for (const id of ids) {
    const [license, keys, activations] = await env.DB.batch<Row>([
      env.DB.prepare(
        "SELECT id, key, revision, terms, total_activations AS activations, total_deactivations AS deactivations FROM licenses WHERE id = ?",
      ).bind(id),
      env.DB.prepare("SELECT key FROM license_keys WHERE license_id = ? ORDER BY key").bind(id),
      env.DB.prepare("SELECT id FROM activations WHERE license_id = ? ORDER BY id").bind(id),
    ]);
    const [row] = license?.results ?? [];
    if (row === undefined) continue;
    copies.set(id, {
      license: row,
      keys: (keys?.results ?? []).map(({ key }) => String(key)),
      activations: (activations?.results ?? []).map((activation) => String(activation.id)),
    });
  }
  return copies;
}

function copyOf(storage: DurableObjectStorage): Copy | null {
  const [license] = rowsOf(storage, "license", "id, key, birth_key, revision, terms");
  const [tally] = rowsOf(storage, "tally", "activations_taken AS activations, deactivations, dead_upto");
  if (license === undefined || tally === undefined) return null;
  const { birth_key, ...row } = license;
  const { dead_upto, ...counters } = tally;
  const live = rowsOf(storage, `activation WHERE released = 0 AND seq > ${dead_upto} ORDER BY id`, "id");
  return {
    license: { ...row, ...counters },
    keys: [...new Set([String(row.key), String(birth_key)])].toSorted(),
    activations: live.map(({ id }) => String(id)),
  };
}

/** None where the object has no tables. */
function rowsOf(storage: DurableObjectStorage, from: string, columns: string): readonly Row[] {
  const [table = ""] = from.split(" ");
  const exists = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = ?", table).toArray().length > 0;
  return exists ? (storage.sql.exec(`SELECT ${columns} FROM ${from}`).toArray() as Row[]) : [];
}
