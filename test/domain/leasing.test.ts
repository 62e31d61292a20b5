/** Whose a seat is: per instance and per user (SEAT-2), and that it stays so while anything counts (SEAT-8). */

import { describe, expect, it } from "vitest";
import type { Principal } from "../../src/domain/license/calls.ts";
import type { NewLicense } from "../../src/domain/license/creation.ts";
import { newTerms } from "../../src/domain/license/creation.ts";
import { inUse } from "../../src/domain/seats/seats.ts";
import { ISSUER, keyed, licenseUser, MANAGER, person } from "../support/world.ts";
import { CREATED, invalid, PRODUCT, refusal, value } from "./samples.ts";
import { floating, HOUR, MINUTE, nodeLocked, type MapWorld } from "./worlds.ts";

const ADA = person("ada");
const BOB = person("bob");

function as(principal: Principal) {
  return { principal };
}

/** Seats by the clock, as a fresh instance counts them and as this one remembers. */
function used(world: MapWorld): number {
  const fresh = world.glimpse(inUse).seats;
  expect(world.run(inUse).seats).toBe(fresh);
  return fresh;
}

describe("per instance", () => {
  const perInstance = (members: Partial<NewLicense> = {}) => floating({ leasingStrategy: "per-instance", ...members });

  it("SEAT-2: every activation takes a seat, of the same fingerprint too", () => {
    const world = perInstance({ allowedActivations: 2 });
    const sessions = [world.activate("container"), world.activate("container")].map((one) => value(one).activationId);
    expect(new Set(sessions).size).toBe(2);
    expect(refusal(world.activate("container"))).toMatchObject({ code: "seats-exhausted", used: 2 });
    for (const id of sessions) expect(value(world.renew(id, { fingerprint: "container" })).generation).toBe(1);
    expect(refusal(world.renew(sessions[0] ?? "", { fingerprint: "other" })).code).toBe("fingerprint-mismatch");
    world.pass(HOUR);
    value(world.activate("container"));
    expect(used(world)).toBe(1);
  });

  it("SEAT-3, AUTH-3: nothing is resumed, taken over or refused for somebody else's sake", () => {
    const world = perInstance({ allowedActivations: 3, duplicateActivation: "reject" });
    value(world.activate("a", as(ADA)));
    value(world.activate("a"));
    value(world.activate("a", as(BOB)));
    expect(world.rows().map(({ owner }) => owner !== null)).toEqual([true, false, true]);
    expect(world.eventTypes().filter((type) => type === "activation.updated")).toEqual([]);
  });

  it("SEAT-10: a hold is nobody's to take over", () => {
    const world = perInstance({ allowedActivations: 1, seatRelease: "after-token" });
    value(world.checkOut(value(world.activate("a")).activationId));
    expect(refusal(world.activate("a")).code).toBe("seats-exhausted");
    world.pass(HOUR);
    expect(world.activate("a").ok).toBe(true);
  });

  it("MGMT-4: the same idempotency key is the same instance", () => {
    const world = perInstance({ allowedActivations: 2 });
    const first = value(world.activateOnce(keyed("one"), "a")).activationId;
    expect(value(world.activateOnce(keyed("one"), "a")).activationId).toBe(first);
    expect(value(world.activateOnce(keyed("two"), "a")).activationId).not.toBe(first);
  });

  it("CALL-2: a check is told of no activation, since the next one is another", () => {
    const world = perInstance({ allowedActivations: 2 });
    value(world.activate("a"));
    expect(value(world.check("a"))).toMatchObject({ refusal: null, activated: false, activationId: null });
  });

  it("SEAT-2: needs a lease", () => {
    const made = (members: Partial<NewLicense>) =>
      newTerms({ productId: PRODUCT, leasingStrategy: "per-instance", ...members }, CREATED);
    for (const members of [
      {},
      { type: "node-locked", leaseDuration: 60 },
      { type: "on-premise-floating", leaseDuration: 60 },
      { type: "hosted-floating", leaseDuration: -1 },
    ] as const)
      expect(refusal(made(members))).toEqual(invalid("/leasingStrategy"));
    expect(made({ type: "hosted-floating" }).ok).toBe(true);
    expect(refusal(nodeLocked().patch({ leasingStrategy: "per-instance" }))).toEqual(invalid("/leasingStrategy"));
    expect(refusal(perInstance().patch({ leaseDuration: 0 }))).toEqual(invalid("/leasingStrategy"));
  });
});

describe("per user", () => {
  const perUser = (members: Partial<NewLicense> = {}) => floating({ leasingStrategy: "per-user", ...members });

  it("SEAT-2: all devices of one person share a seat", () => {
    const world = perUser({ allowedActivations: 2 });
    for (const device of ["laptop", "desktop", "phone"]) value(world.activate(device, as(ADA)));
    value(world.activate("laptop", as(BOB)));
    expect([used(world), world.view().totalActivations]).toEqual([2, 4]);
    expect(refusal(world.activate("laptop", as(person("eve"))))).toMatchObject({ code: "seats-exhausted", used: 2 });
    expect(world.activate("tablet", as(ADA)).ok).toBe(true);
  });

  it("SEAT-4: a hold is waited for, though other people's devices are more than the seats", () => {
    const after = { seatRelease: "after-token", serverSyncInterval: 600, serverSyncGracePeriod: 0 } as const;
    const world = nodeLocked({ leasingStrategy: "per-user", allowedActivations: 2, ...after });
    for (const device of ["laptop", "phone"]) value(world.activate(device, as(ADA)));
    value(world.checkOut(value(world.activate("tablet", as(BOB))).activationId, as(BOB)));
    const refused = refusal(world.activate("tablet", as(person("eve"))));
    expect(refused).toMatchObject({ code: "seats-exhausted", used: 2, retryAfterSeconds: 600 });
  });

  it("SEAT-2, SEAT-3: a device is a fingerprint and a person", () => {
    const world = perUser({ allowedActivations: 2 });
    const hers = value(world.activate("shared", as(ADA))).activationId;
    const his = value(world.activate("shared", as(BOB))).activationId;
    expect(his).not.toBe(hers);
    expect(value(world.activate("shared", as(ADA))).activationId).toBe(hers);
    expect(refusal(world.renew(hers, as(BOB))).code).toBe("not-session-owner");
    expect(value(world.renew(hers, { ...as(ADA), fingerprint: "shared" })).activationId).toBe(hers);
  });

  it("SEAT-2: the same name at another provider is another person", () => {
    const world = perUser({ allowedActivations: 1 });
    value(world.activate("a", as(ADA)));
    const other = person("ada", { issuer: `${ISSUER}/other` });
    expect(refusal(world.activate("b", as(other))).code).toBe("seats-exhausted");
  });

  it("AUTH-4: on a license with a user, whoever is that user shares the one seat", () => {
    const world = perUser({ allowedActivations: 1, user: licenseUser("ada") });
    value(world.activate("a", as(ADA)));
    const later = person("ada-2", { issuer: `${ISSUER}/new`, email: "ADA@example.test" });
    const resumed = value(world.activate("a", as(later)));
    expect([used(world), resumed.generation]).toEqual([1, 2]);
    value(world.activate("b", as(later)));
    expect(used(world)).toBe(1);
    expect(refusal(world.activate("c", as(BOB))).code).toBe("wrong-user");
  });

  it("AUTH-2: an anonymous activation has nobody to share with", () => {
    const world = perUser();
    expect(refusal(world.activate("a")).code).toBe("authentication-required");
    expect(refusal(world.activate("a", as(MANAGER))).code).toBe("authentication-required");
    expect(value(world.check("a")).refusal?.code).toBe("authentication-required");
  });

  it("SEAT-2, LEASE-4: the seat is free when the last device's lease is over, swept or not", () => {
    const world = perUser({ allowedActivations: 1 });
    value(world.activate("a", as(ADA)));
    world.pass(30 * MINUTE);
    const b = value(world.activate("b", as(ADA))).activationId;
    world.pass(30 * MINUTE);
    expect([used(world), world.view().totalActivations]).toEqual([1, 1]);
    expect(refusal(world.activate("c", as(BOB))).code).toBe("seats-exhausted");
    // Her other device's row is still there; it is over, and so is hers as a whole.
    value(world.checkOut(b, as(ADA)));
    expect([used(world), world.rows().length, world.tally().seatsTaken]).toEqual([0, 1, 1]);
    value(world.activate("c", as(BOB)));
    expect(used(world)).toBe(1);
    expect(refusal(world.activate("a", as(ADA))).code).toBe("seats-exhausted");
  });

  it("SEAT-2, SEAT-10: the seat counts until the last device's hold has ended", () => {
    const world = perUser({ allowedActivations: 1, seatRelease: "after-token", leaseGracePeriod: 3600 });
    const sessions = ["a", "b"].map((device) => value(world.activate(device, as(ADA))).activationId);
    for (const id of sessions) value(world.checkOut(id, as(ADA)));
    expect([used(world), world.view().totalActivations]).toEqual([1, 0]);
    value(world.endActivation(sessions[0] ?? "", "none"));
    expect(used(world)).toBe(1);
    expect(refusal(world.activate("c", as(BOB))).code).toBe("seats-exhausted");
    // A third device of hers is within the seat that is held; the second takes its own hold over.
    value(world.activate("c", as(ADA)));
    value(world.activate("b", as(ADA)));
    expect([used(world), world.rows().length]).toEqual([1, 2]);
    world.pass(2 * HOUR);
    expect(used(world)).toBe(0);
    expect(world.activate("c", as(BOB)).ok).toBe(true);
  });

  it("AUTH-6, STAND-2: another user, or a revoke, frees the seats of all at once, and rows follow", () => {
    for (const end of [
      (world: MapWorld) => world.patch({ user: licenseUser("eve") }),
      (world: MapWorld) => world.patch({ revoked: true }),
    ]) {
      const world = perUser({ allowedActivations: 0 });
      for (const who of [ADA, BOB]) for (const device of ["a", "b", "c"]) value(world.activate(device, as(who)));
      value(end(world));
      expect([used(world), world.tally().ownedSeatsTaken, world.rows().length]).toEqual([0, 0, 6]);
      value(world.patch({ revoked: false, user: null, allowedActivations: 1 }));
      // Her old rows are still stored, and no seat of hers.
      value(world.activate("a", as(ADA)));
      expect(used(world)).toBe(1);
      world.tidy();
      expect([used(world), world.rows().length]).toEqual([1, 1]);
    }
  });

  describe("at most 100 devices", () => {
    const crowded = (members: Partial<NewLicense> = {}) => {
      const world = perUser({ allowedActivations: 2, ...members });
      const sessions = Array.from({ length: 100 }, (_, nth) => value(world.activate(`d${nth}`, as(ADA))).activationId);
      return { world, sessions };
    };

    it("SEAT-2, SEAT-4: the next one is refused as by a full license, and resuming is not", () => {
      const { world } = crowded();
      const full = { code: "seats-exhausted", limit: 100, used: 100, retryAfterSeconds: 3600 };
      expect(refusal(world.activate("d100", as(ADA)))).toEqual(full);
      expect(value(world.check("d100", as(ADA))).refusal).toEqual(full);
      expect(world.eventTypes().at(-1)).toBe("license.activation.limit-reached");
      expect(world.activate("d7", as(ADA)).ok).toBe(true);
      expect(world.activate("d7", as(BOB)).ok).toBe(true);
    });

    it("SEAT-2: one that is given back makes room for one", () => {
      const { world, sessions } = crowded();
      value(world.checkOut(sessions[50] ?? "", as(ADA)));
      expect(world.activate("d100", as(ADA)).ok).toBe(true);
      expect(world.activate("d101", as(ADA)).ok).toBe(false);
    });

    it("SEAT-2, SEAT-10: devices that are held count", () => {
      const { world, sessions } = crowded({ seatRelease: "after-token" });
      for (const id of sessions) value(world.checkOut(id, as(ADA)));
      expect(refusal(world.activate("d100", as(ADA)))).toMatchObject({ code: "seats-exhausted", used: 100 });
      expect(world.activate("d3", as(ADA)).ok).toBe(true);
      world.pass(HOUR);
      expect(world.activate("d100", as(ADA)).ok).toBe(true);
    });

    it("SEAT-6: lapses that nobody has swept make room, eight a call, and rows never number more", () => {
      const { world } = crowded();
      world.pass(HOUR);
      expect(used(world)).toBe(0);
      for (let nth = 0; nth < 100; nth += 1) {
        const before = world.rows().length;
        value(world.activate(`later ${nth}`, as(ADA)));
        expect(before - world.rows().length).toBeLessThanOrEqual(7);
        expect(world.rows().length).toBeLessThanOrEqual(100);
        expect(used(world)).toBe(1);
      }
      expect(world.activate("later 100", as(ADA)).ok).toBe(false);
    });
  });
});

describe("changing the way of leasing", () => {
  it("SEAT-8: is refused while seats count, holds too, and allowed with lapses that nobody has swept", () => {
    const world = floating({ allowedActivations: 3, seatRelease: "after-token", leaseGracePeriod: 3600 });
    const { activationId } = value(world.activate("a", as(ADA)));
    const live = { code: "activations-live", pointer: "/leasingStrategy", live: 1 };
    for (const leasingStrategy of ["per-user", "per-instance"] as const)
      expect(refusal(world.patch({ leasingStrategy }))).toEqual(live);
    value(world.checkOut(activationId, as(ADA)));
    expect(refusal(world.patch({ leasingStrategy: "per-user" }))).toEqual(live);
    world.pass(2 * HOUR);
    value(world.patch({ leasingStrategy: "per-user" }));
    // The old row still stands there: it is nobody's seat, and the device begins anew.
    for (const device of ["a", "b"]) value(world.activate(device, as(ADA)));
    expect(used(world)).toBe(1);
    world.tidy();
    expect([used(world), world.rows().length]).toEqual([1, 2]);
  });

  it("SEAT-8: tells of the devices of people who share a seat, and refuses matching and the lease alike", () => {
    const world = floating({ leasingStrategy: "per-user" });
    for (const device of ["a", "b", "c"]) value(world.activate(device, as(ADA)));
    for (const change of [
      { leasingStrategy: "per-machine" },
      { fingerprintMatchingStrategy: "fuzzy" },
      { leaseDuration: 0 },
    ] as const)
      expect(refusal(world.patch(change))).toMatchObject({ code: "activations-live", live: 3 });
  });

  it("SEAT-8: back from per user, rows that are over are swept by what they were", () => {
    const world = floating({ allowedActivations: 3, leasingStrategy: "per-user" });
    for (const device of ["a", "b", "c"]) value(world.activate(device, as(ADA)));
    world.pass(HOUR);
    value(world.patch({ leasingStrategy: "per-machine" }));
    for (const device of ["a", "b", "c"]) value(world.activate(device));
    expect(used(world)).toBe(3);
    world.tidy();
    expect([used(world), world.tally().seatsTaken, world.tally().ownedSeatsTaken]).toEqual([3, 3, 0]);
  });

  it("TPL-2: a plan that needs a lease is refused where there is none, at the plan", () => {
    const plan = { id: "p", template: { leasingStrategy: "per-instance" }, pointer: "/licenseTemplateId" } as const;
    expect(refusal(nodeLocked().patch({ plan }))).toEqual(invalid("/licenseTemplateId"));
    expect(floating().patch({ plan }).ok).toBe(true);
  });
});

describe("on-premise-floating", () => {
  it("NET-2: activates like node-locked: its float server is the device, without a lease", () => {
    const world = nodeLocked({ type: "on-premise-floating", allowedActivations: 1, allowedDeactivations: 1 });
    const { activationId, leaseExpiresAt } = value(world.activate("server"));
    expect([leaseExpiresAt, value(world.activate("server")).activationId]).toEqual([null, activationId]);
    expect(refusal(world.activate("second"))).toMatchObject({ code: "seats-exhausted", used: 1 });
    value(world.checkOut(activationId));
    const again = value(world.activate("second")).activationId;
    expect(refusal(world.checkOut(again)).code).toBe("deactivation-limit-reached");
  });
});
