/** Kept outcomes (MGMT-4): the contract of the port, over maps and over the object's SQL. */

import { describe, expect, it } from "vitest";

import type { IdempotencyRecord } from "../../src/domain/turn/ledger.ts";
import { DAY, license } from "../domain/samples.ts";
import { keyed } from "../support/world.ts";
import { subjects } from "./subjects.ts";

function record(day: number, key: string, at = day * DAY + 5): IdempotencyRecord {
  return { day, ...keyed(key, "body"), at, outcome: `{"of":"☂ ${key}"}` };
}

const key = (name: string): string => keyed(name).key;

/** As activations keep them, and everything else: whatever is not known counts as the vendor's. */
const OUTCOMES = {
  devices: ['{"activationId":"a"}', '{"activationId":"☂","repeated":true}', '{"activationId":""}'],
  vendor: ['{"license":{"id":"a","activationId":"b"}}', "{}", ""],
} as const;

describe.each(subjects)("kept outcomes over %s", (_, open) => {
  it("MGMT-4: are found by day and key, and replaced whole", () => {
    const { idempotency: records } = open(license()).ledger;
    const kept = record(7, "a");
    records.save(kept);
    expect(records.find(7, kept.key)).toEqual(kept);
    expect([records.find(8, kept.key), records.find(7, key("b"))]).toEqual([null, null]);
    records.save({ ...kept, outcome: "2" });
    expect(records.find(7, kept.key)).toEqual({ ...kept, outcome: "2" });
    records.save(record(8, "a"));
    records.remove(kept);
    expect([records.find(7, kept.key), records.find(8, kept.key)]).toEqual([null, record(8, "a")]);
  });

  it.each([
    ["devices", "vendor", OUTCOMES.devices],
    ["vendor", "devices", OUTCOMES.vendor],
  ] as const)("MGMT-4: of %s are counted after an instant, with the first of them", (budget, other, outcomes) => {
    const { idempotency: records } = open(license()).ledger;
    const none = { live: 0, oldestAt: null };
    expect(records.since(0)).toEqual({ devices: none, vendor: none });
    const ats = [7 * DAY, 7 * DAY + 9, 8 * DAY + 3];
    for (const [n, at] of ats.entries()) {
      records.save({ ...record(Math.floor(at / DAY), `at ${at}`, at), outcome: outcomes[n] ?? "" });
    }
    expect(records.since(7 * DAY - 1)).toEqual({ [budget]: { live: 3, oldestAt: 7 * DAY }, [other]: none });
    expect(records.since(7 * DAY)).toEqual({ [budget]: { live: 2, oldestAt: 7 * DAY + 9 }, [other]: none });
    expect(records.since(8 * DAY + 3)).toEqual({ devices: none, vendor: none });
  });

  it("MGMT-4: of devices and of the vendor are counted apart", () => {
    const { idempotency: records } = open(license()).ledger;
    const all = [...OUTCOMES.vendor, ...OUTCOMES.devices.slice(1)];
    for (const [n, outcome] of all.entries()) records.save({ ...record(7, `${n}`, 7 * DAY + n), outcome });
    const counts = { devices: { live: 2, oldestAt: 7 * DAY + 3 }, vendor: { live: 3, oldestAt: 7 * DAY } };
    expect(records.since(0)).toEqual(counts);
  });

  it("MGMT-4: of earlier days are forgotten, the oldest first and no more than asked", () => {
    const { idempotency: records } = open(license()).ledger;
    for (const name of ["a", "b", "c"]) records.save(record(5, name));
    for (const day of [6, 7]) records.save(record(day, "a"));
    records.forget(7, 2);
    expect(records.since(0).vendor.live).toBe(3);
    records.forget(7, 1);
    expect(["a", "b", "c"].map((name) => records.find(5, key(name)))).toEqual([null, null, null]);
    records.forget(7, 9);
    expect([records.find(6, key("a")), records.find(7, key("a"))]).toEqual([null, record(7, "a")]);
  });
});
