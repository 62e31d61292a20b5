/** Calls with an idempotency key, on a license's rows (MGMT-4). */

import { describe, expect, it } from "vitest";

import type { Terms } from "../../src/domain/terms/license.ts";
import type { NewLicense } from "../../src/domain/license/creation.ts";
import { MapLedger } from "../support/map-ledger.ts";
import { keyed, person, World } from "../support/world.ts";
import { CREATED, DAY, license, refusal, value } from "./samples.ts";

const NOW = CREATED + 1000;

interface Place {
  readonly world: World;
  readonly ledger: MapLedger;
}

function place(input: Partial<NewLicense> = {}, changed: Partial<Terms> = {}): Place {
  const ledger = new MapLedger(license({ validity: 1000 * 86_400, ...input }, changed));
  return { ledger, world: new World(ledger, NOW) };
}

const end = ({ world }: Place): number | undefined => world.view().terms.end?.anchorAt;
const leased = { type: "hosted-floating", allowedActivations: 2, leaseDuration: 3600 } as const;

describe("renew and extend with a key", () => {
  it("MGMT-4: add once, answer the same again after other changes too, and tell of it once", () => {
    const its = place();
    const first = value(its.world.renewLicenseOnce(keyed("a")));
    value(its.world.extendLicenseOnce(keyed("b", 60), 60));
    const [before, events] = [end(its), its.ledger.outbox().length];
    its.world.clock += 60_000;
    expect(value(its.world.renewLicenseOnce(keyed("a")))).toEqual(first);
    expect(value(its.world.extendLicenseOnce(keyed("b", 60), 60)).license.terms.end).not.toEqual(
      first.license.terms.end,
    );
    its.world.evict();
    expect(value(its.world.renewLicenseOnce(keyed("a")))).toEqual(first);
    expect([end(its), its.ledger.outbox().length]).toEqual([before, events]);
  });

  it("MGMT-4: refuse the same key with another body, and add nothing", () => {
    const its = place();
    value(its.world.renewLicenseOnce(keyed("a", {})));
    const before = end(its);
    const other = its.world.renewLicenseOnce(keyed("a", { from: "now" }), { from: "now" });
    expect(refusal(other)).toEqual({ code: "idempotency-key-reused" });
    expect(end(its)).toBe(before);
  });

  it("MGMT-4: keep no refusal: the same call has its effect once nothing is against it", () => {
    const its = place({}, { revoked: true });
    expect(refusal(its.world.renewLicenseOnce(keyed("a")))).toEqual({ code: "license-revoked" });
    value(its.world.patch({ revoked: false }));
    const before = end(its);
    value(its.world.renewLicenseOnce(keyed("a")));
    expect(end(its)).toBe(Number(before) + 1000 * DAY);
  });

  it("MGMT-4: answer a kept outcome in any standing, since nothing is done", () => {
    const its = place();
    const first = value(its.world.renewLicenseOnce(keyed("a")));
    value(its.world.patch({ revoked: true }));
    expect(value(its.world.renewLicenseOnce(keyed("a")))).toEqual(first);
    expect(refusal(its.world.renewLicenseOnce(keyed("b")))).toEqual({ code: "license-revoked" });
  });

  it("MGMT-4: forget after 24 hours of the object's clock, to the millisecond", () => {
    const its = place();
    value(its.world.renewLicenseOnce(keyed("a")));
    const before = Number(end(its));
    its.world.clock = NOW + DAY - 1;
    value(its.world.renewLicenseOnce(keyed("a")));
    expect(end(its)).toBe(before);
    its.world.clock = NOW + DAY;
    value(its.world.renewLicenseOnce(keyed("a")));
    expect(end(its)).toBe(before + 1000 * DAY);
  });

  it("MGMT-4, EXP-11: look at the key before the reference", () => {
    const its = place();
    const first = value(its.world.renewLicenseOnce(keyed("a", "i1"), { renewalReference: "i1" }));
    const before = end(its);
    value(its.world.renewLicenseOnce(keyed("b", "i1"), { renewalReference: "i1" }));
    expect(end(its)).toBe(before);
    expect(value(its.world.renewLicenseOnce(keyed("a", "i1"), { renewalReference: "i1" }))).toEqual(first);
    const reused = its.world.renewLicenseOnce(keyed("a", "i2"), { renewalReference: "i2" });
    expect(refusal(reused)).toEqual({ code: "idempotency-key-reused" });
  });
});

describe("activating with a key", () => {
  it("MGMT-4: answers the activation as it is now: no second seat, no longer lease, the same gen, a token anew", () => {
    const its = place(leased);
    const first = value(its.world.activateOnce(keyed("a"), "device"));
    const [seats, events] = [its.world.tally().seatsTaken, its.ledger.outbox().length];
    its.world.clock += 60_000;
    const again = value(its.world.activateOnce(keyed("a"), "device"));
    const { now, token, repeated, ...same } = again;
    expect(same).toEqual({ ...first, now: undefined, token: undefined });
    expect([now, token.issuedAt, repeated]).toEqual([first.now + 60_000, first.now + 60_000, true]);
    expect([its.world.tally().seatsTaken, its.ledger.outbox().length]).toEqual([seats, events]);
  });

  it("MGMT-4, SEAT-10: remembers the end of the token that a repetition lets out", () => {
    const its = place({ serverSyncInterval: 100, serverSyncGracePeriod: 100, seatRelease: "after-token" });
    const { activationId } = value(its.world.activateOnce(keyed("a"), "device"));
    its.world.clock += 50_000;
    value(its.world.activateOnce(keyed("a"), "device"));
    expect(its.world.rows()[0]).toMatchObject({ id: activationId, tokenEnd: NOW + 250_000 });
  });

  it("MGMT-4: an activation that lapsed or was given back is activation-ended, for good", () => {
    const its = place(leased);
    value(its.world.activateOnce(keyed("a"), "device"));
    its.world.clock += 3_600_000;
    expect(refusal(its.world.activateOnce(keyed("a"), "device"))).toEqual({ code: "activation-ended" });
    // LEASE-5: whatever the clock does.
    its.world.evict();
    its.world.clock -= 3_000_000;
    expect(refusal(its.world.activateOnce(keyed("a"), "device"))).toEqual({ code: "activation-ended" });
    expect(its.world.tally().seatsTaken).toBe(0);
    const { activationId } = value(its.world.activateOnce(keyed("b"), "device"));
    value(its.world.checkOut(activationId));
    expect(refusal(its.world.activateOnce(keyed("b"), "device"))).toEqual({ code: "activation-ended" });
  });

  it.each([
    ["license-revoked", { revoked: true }],
    ["license-suspended", { suspended: true }],
    ["license-not-yet-effective", { effectiveAt: NOW + DAY }],
  ] as const)("MGMT-4: says %s before it says that the activation has ended", (code, patch) => {
    const its = place(leased);
    const { activationId } = value(its.world.activateOnce(keyed("a"), "device"));
    value(its.world.checkOut(activationId));
    value(its.world.patch(patch));
    expect(refusal(its.world.activateOnce(keyed("a"), "device"))).toMatchObject({ code });
  });

  it("MGMT-4, EXP-10: says that the license, or this device's rolling term, has expired", () => {
    for (const strategy of ["immediate", "rolling"] as const) {
      const its = place({ validity: 3600, expirationStrategy: strategy });
      value(its.world.activateOnce(keyed("a"), "device"));
      its.world.clock += 3_700_000;
      expect(refusal(its.world.activateOnce(keyed("a"), "device"))).toMatchObject({ code: "license-expired" });
    }
  });

  it("MGMT-4, SEAT-3: tells nobody of an activation that a signed-in person has taken over since", () => {
    const its = place(leased);
    value(its.world.activateOnce(keyed("a"), "device"));
    value(its.world.activate("device", { principal: person("anna") }));
    const [before] = its.world.rows();
    expect(refusal(its.world.activateOnce(keyed("a"), "device"))).toEqual({ code: "device-already-activated" });
    expect(its.world.rows()).toEqual([before]);
  });

  it("MGMT-4, AUTH-6: passes what binds at an activation, which it is not, in both dialects", () => {
    for (const admitsEnded of [true, false]) {
      const its = place(leased);
      const asked = (key: string) => its.world.activateOnce(keyed(key), "device", { admitsEnded });
      const { activationId } = value(asked("a"));
      const [{ leaseEnd } = { leaseEnd: null }] = its.world.rows();
      value(its.world.patch({ allowedCountries: ["DE"], requireAuthentication: true }));
      its.world.clock += 60_000;
      expect(value(asked("a"))).toMatchObject({ activationId, repeated: true });
      expect(its.world.rows().map((row) => row.leaseEnd)).toEqual([leaseEnd]);
      expect(refusal(asked("b")).code).toBe("country-not-allowed");
    }
  });

  it("MGMT-4, SEAT-1: a full license's refusal is not kept", () => {
    const its = place(leased);
    const sessions = ["one", "two"].map((device) => value(its.world.activate(device)).activationId);
    expect(refusal(its.world.activateOnce(keyed("a"), "three"))).toMatchObject({ code: "seats-exhausted" });
    value(its.world.checkOut(sessions[0] ?? ""));
    expect(value(its.world.activateOnce(keyed("a"), "three")).repeated).toBeUndefined();
  });
});

describe("a grant whose token could not be signed", () => {
  it("MGMT-4: takes its outcome along, so that the same key activates anew", () => {
    const its = place(leased);
    const { activationId } = value(its.world.activateOnce(keyed("a"), "device"));
    const { key } = keyed("a");
    value(its.world.checkOut(activationId, { undelivered: 1, undeliveredKey: key }));
    expect(its.ledger.idempotency.since(0).devices.live).toBe(0);
    const anew = value(its.world.activateOnce(keyed("a"), "device"));
    expect([anew.activationId === activationId, anew.generation]).toEqual([false, 1]);
  });

  it("MGMT-4: stands where a repetition has delivered it meanwhile", () => {
    const its = place(leased);
    const { activationId } = value(its.world.activateOnce(keyed("a"), "device"));
    value(its.world.activateOnce(keyed("a"), "device"));
    const withdrawn = its.world.checkOut(activationId, { undelivered: 1, undeliveredKey: keyed("a").key });
    expect(refusal(withdrawn)).toEqual({ code: "session-unknown" });
    value(its.world.look(activationId));
    expect(value(its.world.activateOnce(keyed("a"), "device")).activationId).toBe(activationId);
  });
});
