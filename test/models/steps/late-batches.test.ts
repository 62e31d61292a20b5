/** Batches that D1 applies late, after everything else: what the random model meets too seldom, step by step. */

import { expect, it } from "vitest";

import { commitRelay, removeLicense, type RelayBatch } from "../../../src/registry/object/commit.ts";
import { reserveKey } from "../../../src/registry/object/reserve.ts";
import { ModelD1 } from "../lives/d1.ts";

const LICENSE = {
  id: "00000000-0000-8001-8000-000000000001",
  key: "K1",
  birthKey: "K1",
  productId: "p",
  revision: 1,
  terms: "{}",
  totalActivations: 0,
  totalDeactivations: 0,
  lastUsedAt: null,
  currentReleaseVersion: null,
  meterUses: null,
  expiresAt: null,
  renewed: { months: 0, seconds: 0 },
  createdAt: 0,
  updatedAt: 0,
  externalReference: "order-1",
  stuckEvents: 0,
  userId: null,
};

function batch(fence: number, more: Partial<RelayBatch> = {}): RelayBatch {
  return {
    fence,
    fenceConfirmed: 0,
    license: LICENSE,
    events: [],
    activations: [],
    mayHaveThem: true,
    ended: [],
    words: [],
    restore: null,
    deleted: [],
    ...more,
  };
}

async function applied(d1: ModelD1, call: Promise<unknown>): Promise<unknown> {
  for (const waiting of d1.pending.splice(0)) waiting.resolve(waiting.apply());
  return await call;
}

it("DEL-1, OPS-1: a re-projection that D1 applies after the deletion brings nothing back", async () => {
  const d1 = new ModelD1();
  const db = d1.for({});
  await applied(d1, commitRelay(db, batch(1, { restore: "from-start" })));
  expect(d1.rows("SELECT fence FROM licenses")).toEqual([{ fence: 1 }]);
  const late = commitRelay(db, batch(2, { restore: "from-start" }));
  const [onItsWay] = d1.pending.splice(0);
  await applied(d1, removeLicense(db, { id: LICENSE.id, at: 0 }));
  onItsWay?.resolve(onItsWay.apply());
  await late;
  for (const table of ["licenses", "license_keys", "activations"])
    expect(d1.rows(`SELECT 1 FROM ${table}`)).toEqual([]);
  d1.close();
});

it("EVT-3: a batch that D1 applies after a newer one changes no row", async () => {
  const d1 = new ModelD1();
  const db = d1.for({});
  await applied(d1, commitRelay(db, batch(1, { restore: "from-start" })));
  const known = { ownClock: null, device: null, host: null, facts: "{}" };
  const activation = { id: "a", createdAt: 0, contactAt: 0, leaseExpiresAt: null, ...known };
  const late = commitRelay(db, batch(2, { fenceConfirmed: 1, activations: [activation] }));
  const [onItsWay] = d1.pending.splice(0);
  await applied(
    d1,
    commitRelay(db, batch(3, { fenceConfirmed: 1, license: { ...LICENSE, revision: 9 }, ended: ["a"] })),
  );
  onItsWay?.resolve(onItsWay.apply());
  expect((await late).fenceBefore).toBe(3);
  expect(d1.rows("SELECT revision, fence FROM licenses")).toEqual([{ revision: 9, fence: 3 }]);
  expect(d1.rows("SELECT 1 FROM activations")).toEqual([]);
  d1.close();
});

it("KEY-2, OPS-1: a key whose reservation D1 has forgotten is taken again by the batch that brings it", async () => {
  const d1 = new ModelD1();
  const db = d1.for({});
  await applied(d1, commitRelay(db, batch(1, { restore: "from-start" })));
  const before = d1.snapshot();
  const wanted = { licenseId: LICENSE.id, key: "K2", fence: 2, fenceConfirmed: 1 };
  expect(await applied(d1, reserveKey(db, wanted))).toMatchObject({ result: "reserved" });
  d1.setBack(before);
  // The row's fence is the confirmed one: nothing tells that D1 is older than the reservation.
  await applied(d1, commitRelay(db, batch(3, { fenceConfirmed: 1, license: { ...LICENSE, key: "K2" } })));
  const keys = d1.rows("SELECT key, license_id AS id FROM license_keys ORDER BY key");
  expect(keys).toEqual(["K1", "K2"].map((key) => ({ key, id: LICENSE.id })));
  // Late, after a newer one, it takes nothing.
  const late = commitRelay(db, batch(2, { fenceConfirmed: 1, license: { ...LICENSE, key: "K3" } }));
  await applied(d1, late);
  expect(d1.rows("SELECT key FROM license_keys WHERE key = 'K3'")).toEqual([]);
  d1.close();
});
