/**
 * An object that runs ahead of D1's migrations keeps what it has to hand over, in order, until they are applied
 * (EVT-3).
 */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { born, granted, patchCall, type Born } from "../support/born.ts";
import { call } from "../support/counted-object.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

/** More than the tries after which a row that D1 refuses is set aside. */
const ALARMS = 8;
/** The vendor's events go to the second (EVT-4). */
const TABLES = ["event_log", "management_log"] as const;

async function rowsOf({ stub }: Born, query: string): Promise<unknown[]> {
  return await runInDurableObject(stub, (_, { storage }) => storage.sql.exec(query).toArray());
}

it("EVT-3: no event is set aside for a schema that is behind, and none is lost", async () => {
  const object = await born({ type: "hosted-floating", allowedActivations: 2, leaseDuration: 3_600 });
  for (const table of TABLES) await env.DB.exec(`ALTER TABLE ${table} DROP COLUMN request_id`);
  granted(await object.stub.activate(object.address, call("device")));
  const patched = await object.stub.patch(object.license.id, patchCall({ allowedActivations: 3 }));
  expect(patched).toMatchObject({ outcome: { ok: true } });
  for (let alarm = 0; alarm < ALARMS; alarm += 1) await runInDurableObject(object.stub, (its) => its.alarm());
  const waiting = await rowsOf(object, "SELECT seq AS sequence, type FROM outbox ORDER BY seq");
  expect(waiting).toContainEqual({ sequence: expect.any(Number), type: "activation.created" });
  expect(waiting).toContainEqual({ sequence: expect.any(Number), type: "license.updated" });
  expect(await rowsOf(object, "SELECT 1 FROM sqlite_master WHERE name = 'stuck'")).toEqual([]);

  for (const table of TABLES) await env.DB.exec(`ALTER TABLE ${table} ADD request_id text`);
  await runInDurableObject(object.stub, (its) => its.alarm());
  expect(await rowsOf(object, "SELECT seq FROM outbox")).toEqual([]);
  const logged = `SELECT sequence, type FROM ${EVENTS} ORDER BY sequence`;
  expect((await env.DB.prepare(logged).all()).results).toEqual(waiting);
});
