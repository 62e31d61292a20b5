/** How many outcomes a license keeps, for its devices and for its vendor, and what comes of more (MGMT-4). */

import { describe, expect, it } from "vitest";

import type { NewLicense } from "../../src/domain/license/creation.ts";
import type { IdempotencyBudget } from "../../src/domain/turn/ledger.ts";
import { MOST_RECORDS } from "../../src/domain/commands/idempotency.ts";
import { MapLedger } from "../support/map-ledger.ts";
import { keyed, person, World } from "../support/world.ts";
import { CREATED, DAY, license, refusal, value } from "./samples.ts";

const NOW = CREATED + 1000;
/** Its leases outlast the tests. */
const floating = { type: "hosted-floating", allowedActivations: 3, leaseDuration: 9 * 86_400 } as const;

interface Place {
  readonly world: World;
  readonly ledger: MapLedger;
}

function place(input: Partial<NewLicense> = {}): Place {
  const ledger = new MapLedger(license({ validity: 1000 * 86_400, ...input }));
  return { ledger, world: new World(ledger, NOW) };
}

const end = ({ world }: Place): number | undefined => world.view().terms.end?.anchorAt;

describe("how many are kept", () => {
  const OUTCOMES = { vendor: "{}", devices: JSON.stringify({ activationId: "any" }) };

  /** One record a second, the last one now. */
  function full(count: number, budget: IdempotencyBudget = "vendor", its = place()): Place {
    const start = its.world.clock;
    for (let n = 0; n < count; n += 1) {
      const at = start + n * 1000;
      its.ledger.idempotency.save({ day: Math.floor(at / DAY), ...keyed(`old ${n}`), at, outcome: OUTCOMES[budget] });
    }
    its.world.clock = start + count * 1000;
    its.world.evict();
    return its;
  }

  it("MGMT-4: refuses one more than 10,000 live ones until the oldest is over, and counts on", () => {
    const its = full(MOST_RECORDS - 1);
    value(its.world.renewLicenseOnce(keyed("last")));
    const before = end(its);
    const since = NOW + DAY - its.world.clock;
    const refused = { code: "too-many-requests", retryAfterSeconds: since / 1000 };
    expect(refusal(its.world.renewLicenseOnce(keyed("one more")))).toEqual(refused);
    its.world.evict();
    expect(refusal(its.world.renewLicenseOnce(keyed("one more")))).toEqual(refused);
    value(its.world.renewLicenseOnce(keyed("last")));
    expect(end(its)).toBe(before);
    its.world.clock = NOW + DAY;
    value(its.world.renewLicenseOnce(keyed("one more")));
    expect(refusal(its.world.renewLicenseOnce(keyed("two more")))).toMatchObject({ retryAfterSeconds: 1 });
  });

  it("MGMT-4: what devices have filled leaves renew and extend all of their room", () => {
    const its = full(MOST_RECORDS, "devices", place(floating));
    const before = Number(end(its));
    value(its.world.renewLicenseOnce(keyed("a")));
    value(its.world.extendLicenseOnce(keyed("b", 60), 60));
    expect(end(its)).toBe(before + 1000 * DAY + 60_000);
    expect(its.ledger.idempotency.since(0)).toMatchObject({ devices: { live: MOST_RECORDS }, vendor: { live: 2 } });
    value(its.world.renewLicenseOnce(keyed("a")));
    expect(end(its)).toBe(before + 1000 * DAY + 60_000);
  });

  it("MGMT-4: what the vendor has filled leaves devices all of their room", () => {
    const its = full(MOST_RECORDS, "vendor", place(floating));
    expect(refusal(its.world.renewLicenseOnce(keyed("a")))).toMatchObject({ code: "too-many-requests" });
    const first = value(its.world.activateOnce(keyed("b"), "device"));
    expect(value(its.world.activateOnce(keyed("b"), "device"))).toMatchObject({
      activationId: first.activationId,
      repeated: true,
    });
  });

  it("MGMT-4, SEAT-3: where devices have filled theirs, one that is there resumes without a record", () => {
    const its = place(floating);
    const { activationId } = value(its.world.activateOnce(keyed("first"), "device"));
    full(MOST_RECORDS - 1, "devices", its);
    const [seats, events] = [its.world.tally().seatsTaken, its.ledger.outbox().length];
    for (const generation of [2, 3]) {
      const resumed = value(its.world.activateOnce(keyed("fresh"), "device"));
      expect(resumed).toMatchObject({ activationId, generation });
      expect(resumed.repeated).toBeUndefined();
      its.world.evict();
    }
    expect(value(its.world.activateOnce(keyed("first"), "device"))).toMatchObject({ generation: 3, repeated: true });
    expect([its.world.tally().seatsTaken, its.ledger.outbox().length]).toEqual([seats, events]);
    expect(its.ledger.idempotency.since(0).devices.live).toBe(MOST_RECORDS);
  });

  it("MGMT-4: where devices have filled theirs, a new seat is refused before it is taken, until there is room", () => {
    const its = full(MOST_RECORDS, "devices", place(floating));
    const since = NOW + DAY - its.world.clock;
    const [before, events] = [its.world.tally().seatsTaken, its.ledger.outbox().length];
    const refused = { code: "too-many-requests", retryAfterSeconds: since / 1000 };
    expect(refusal(its.world.activateOnce(keyed("a"), "device"))).toEqual(refused);
    expect([its.world.tally().seatsTaken, its.ledger.outbox().length]).toEqual([before, events]);
    expect(its.world.rows()).toEqual([]);
    its.world.clock = NOW + DAY;
    value(its.world.activateOnce(keyed("a"), "device"));
    expect(refusal(its.world.activateOnce(keyed("b"), "other"))).toMatchObject({ retryAfterSeconds: 1 });
  });

  it("MGMT-4, SEAT-3: a device that resumes 10,000 times with fresh keys locks nobody out", () => {
    const its = place(floating);
    value(its.world.activateOnce(keyed("a"), "here"));
    const before = Number(end(its));
    for (let n = 0; n <= MOST_RECORDS; n += 1) value(its.world.activateOnce(keyed(`fresh ${n}`), "attacker"));
    expect(its.ledger.idempotency.since(0).devices.live).toBe(MOST_RECORDS);
    value(its.world.renewLicenseOnce(keyed("invoice")));
    expect(end(its)).toBe(before + 1000 * DAY);
    value(its.world.activateOnce(keyed("b"), "here"));
    expect(refusal(its.world.activateOnce(keyed("c"), "new"))).toMatchObject({ code: "too-many-requests" });
    value(its.world.activate("new"));
    value(its.world.activateOnce(keyed("c"), "new"));
    expect(its.world.tally().seatsTaken).toBe(3);
  });

  it("MGMT-4, SEAT-10: without room, a device's held seat waits for it, and is its own without a key", () => {
    const its = place({ serverSyncInterval: 90_000, serverSyncGracePeriod: 90_000, seatRelease: "after-token" });
    full(MOST_RECORDS, "devices", its);
    const { activationId } = value(its.world.activate("device"));
    value(its.world.checkOut(activationId));
    const held = its.world.rows();
    expect(refusal(its.world.activateOnce(keyed("a"), "device"))).toMatchObject({ code: "too-many-requests" });
    expect([its.world.rows(), its.world.tally().seatsTaken]).toEqual([held, 1]);
    value(its.world.activate("device"));
    expect([its.world.rows().length, its.world.tally().seatsTaken]).toEqual([1, 1]);
  });

  it("MGMT-4, SEAT-3: without room, what is against an activation anyway is said as without a key", () => {
    const its = place(floating);
    value(its.world.activate("device", { principal: person("anna") }));
    full(MOST_RECORDS, "devices", its);
    expect(refusal(its.world.activateOnce(keyed("a"), "device"))).toEqual({ code: "device-already-activated" });
    value(its.world.patch({ revoked: true }));
    expect(refusal(its.world.activateOnce(keyed("a"), "other"))).toEqual({ code: "license-revoked" });
  });

  it("MGMT-4: an outcome that is taken back makes room among the devices'", () => {
    const its = full(MOST_RECORDS - 1, "devices", place(floating));
    const { activationId } = value(its.world.activateOnce(keyed("a"), "one"));
    expect(refusal(its.world.activateOnce(keyed("b"), "two"))).toMatchObject({ code: "too-many-requests" });
    value(its.world.checkOut(activationId, { undelivered: 1, undeliveredKey: keyed("a").key }));
    value(its.world.activateOnce(keyed("b"), "two"));
    value(its.world.activateOnce(keyed("b"), "two"));
    expect(its.ledger.idempotency.since(0).devices.live).toBe(MOST_RECORDS);
  });

  it("MGMT-4: records and alarms remove what is over, a few at a time", () => {
    const its = full(500);
    its.world.clock += 2 * DAY;
    value(its.world.renewLicenseOnce(keyed("a")));
    expect(its.ledger.idempotency.since(0).vendor.live).toBe(497);
    its.world.tidy();
    expect(its.ledger.idempotency.since(0).vendor.live).toBe(297);
    its.world.tidy();
    its.world.tidy();
    expect(its.ledger.idempotency.since(0).vendor.live).toBe(1);
  });
});
