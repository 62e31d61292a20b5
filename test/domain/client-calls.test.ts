/** v3's calls on an activation, sync and deactivate: who may make them, in which order refused, and what they do. */

import { describe, expect, it } from "vitest";
import type { Grant } from "../../src/domain/license/calls.ts";
import { ISSUER, licenseUser, MANAGER, person, saying } from "../support/world.ts";
import { CREATED, DAY, MONTHLY, PRODUCT, refusal, value } from "./samples.ts";
import { floating, HOUR, MINUTE, nodeLocked, START, type MapWorld } from "./worlds.ts";

const V3 = { admitsEnded: true, productId: PRODUCT } as const;

function begun(world: MapWorld, more: Parameters<MapWorld["activate"]>[1] = {}): Grant {
  return value(world.activate("a", { ...V3, ...more }));
}

describe("a sync", () => {
  it("LEASE-3, LEASE-6: renews the lease by one row, tells no event, and keeps what the device says of itself", () => {
    const world = floating({ allowClientLeaseDuration: true, maxLeaseDuration: 7200 });
    const { activationId, generation } = begun(world, saying({ os: "linux", releaseVersion: "1.0" }));
    const before = world.eventTypes();
    world.pass(MINUTE);
    const metadata = [{ key: "seat", value: "7" }];
    const device = saying({ releaseVersion: "1.1", metadata });
    const synced = value(world.sync(activationId, "a", { ...device, requestedLeaseSeconds: 7000 }));
    expect(synced).toMatchObject({ activationId, generation, leaseExpiresAt: world.clock + 7_000_000 });
    expect(world.eventTypes()).toEqual(before);
    expect(world.rows()).toMatchObject([
      {
        contactAt: world.clock,
        leaseEnd: world.clock + 7_000_000,
        facts: { shown: { os: "linux", releaseVersion: "1.1", deviceMetadata: metadata } },
      },
    ]);
    expect(synced.statement).toMatchObject({ os: "linux", leaseSeconds: 7000, activationMetadata: metadata });
  });

  it("MGMT-2: sends D1's copy anew where the device says something else of itself, and not for another address", () => {
    const world = nodeLocked();
    const { activationId } = begun(world, saying({ os: "linux" }));
    value(world.sync(activationId, "a", { network: { country: "DE", address: "192.0.2.1" } }));
    expect(world.stale).toEqual([]);
    value(world.sync(activationId, "a", saying({ os: "windows" })));
    expect(world.stale).toEqual([activationId]);
  });

  it("TOK-3: says how far a clock may be behind: under disableClockValidation any", () => {
    const offset = (...given: Parameters<typeof nodeLocked>) =>
      begun(nodeLocked(...given)).statement?.allowedClockOffset;
    expect([{}, { allowedClockOffset: -1 }, { allowedClockOffset: 90 }].map((terms) => offset(terms))).toEqual([
      60, -1, 90,
    ]);
    expect(offset({ allowedClockOffset: 90, disableClockValidation: true })).toBe(-1);
  });

  it("STAND-1, EXP-10: goes on with an expired and a suspended license, and its token says so", () => {
    const world = nodeLocked({ validity: 3600 });
    const { activationId } = begun(world);
    world.clock = START + HOUR;
    value(world.patch({ suspended: true }));
    const { statement, licenseExpiresAt, token } = value(world.sync(activationId, "a"));
    expect(statement?.suspended).toBe(true);
    expect(licenseExpiresAt).toBeLessThanOrEqual(world.clock);
    expect(token.expiresAt).toBe(world.clock + (3600 + 2_592_000) * 1000);
    const rolling = nodeLocked({ expirationStrategy: "rolling", subscriptionInterval: MONTHLY });
    const first = begun(rolling);
    rolling.pass(60 * DAY);
    expect(begun(rolling)).toMatchObject({
      activationId: first.activationId,
      licenseExpiresAt: first.licenseExpiresAt,
    });
  });

  it("STAND-4: is refused in this order: revoked, live, owner, fingerprint, not yet effective, checks 8 to 12", () => {
    const world = nodeLocked({ allowedActivations: 3 });
    const ada = { principal: person("ada") };
    const { activationId } = begun(world, ada);
    const wrong = { productId: "other" };
    const codes = (fingerprint: string, more = {}) => refusal(world.sync(activationId, fingerprint, more)).code;
    value(world.patch({ effectiveAt: world.clock + 1, requireAuthentication: true }));
    expect(codes("b", wrong)).toBe("not-session-owner");
    expect(codes("b", { ...wrong, ...ada })).toBe("fingerprint-mismatch");
    expect(codes("a", { ...wrong, ...ada })).toBe("license-not-yet-effective");
    value(world.patch({ effectiveAt: null }));
    expect(codes("a", { ...wrong, ...ada })).toBe("product-mismatch");
    value(world.sync(activationId, "a", { ...ada, productId: PRODUCT }));
    value(world.endActivation(activationId));
    expect(codes("b", wrong)).toBe("session-unknown");
    value(world.patch({ revoked: true }));
    expect(codes("b", wrong)).toBe("license-revoked");
  });

  it("AUTH-6: requiring a user later binds an anonymous activation at its next sync, not at a renewal", () => {
    const world = nodeLocked();
    const { activationId } = begun(world);
    value(world.patch({ requireAuthentication: true }));
    expect(refusal(world.sync(activationId, "a")).code).toBe("authentication-required");
    value(world.renew(activationId));
    value(world.sync(activationId, "a", { principal: person("ada") }));
    expect(world.rows()[0]?.owner).toBeNull();
  });

  it("AUTH-7: of a person's activation needs that person, or who may write activations, and changes no owner", () => {
    const world = nodeLocked({ user: licenseUser("ada") });
    const { activationId } = begun(world, { principal: person("ada") });
    for (const principal of [person("eve"), { ...MANAGER, mayWriteActivations: false }] as const)
      expect(refusal(world.sync(activationId, "a", { principal })).code).toBe("not-session-owner");
    expect(refusal(world.sync(activationId, "a")).code).toBe("not-session-owner");
    const { statement } = value(world.sync(activationId, "a", { principal: person("ada") }));
    expect(statement).toMatchObject({ userId: "user ada", email: "ada@example.test" });
    expect(world.rows()[0]?.owner).toBe(JSON.stringify([ISSUER, "ada"]));
  });

  it("FP-1, NET-1: knows its device by the license's strategy, and by the OS user where it is locked to one", () => {
    const world = nodeLocked({ fingerprintMatchingStrategy: "fuzzy", userLocked: true, allowedActivations: 2 });
    const device = saying({ userHash: "ada" });
    const { activationId } = value(world.activate("a=1;b=2;c=3", { ...V3, ...device }));
    const same = { ...device, userHash: "ada" };
    expect(value(world.sync(activationId, "a=1;b=2;c=4", same)).fingerprint).toBe("a=1;b=2;c=4");
    const first = value(world.sync(activationId, "a=1;b=2;c=3", same));
    expect(first).toMatchObject({ statement: { fingerprintMatchingStrategy: "fuzzy" } });
    expect(refusal(world.sync(activationId, "a=1;b=3;c=4", same)).code).toBe("fingerprint-mismatch");
    const another = { ...saying({ userHash: "eve" }), userHash: "eve" };
    expect(refusal(world.sync(activationId, "a=1;b=2;c=3", another)).code).toBe("fingerprint-mismatch");
    for (const call of [world.sync(activationId, "a=1;b=2;c=3"), world.deactivate(activationId, "a=1;b=2;c=3")])
      expect(refusal(call)).toMatchObject({ code: "invalid-member", pointer: "/userHash" });
    value(world.deactivate(activationId, "a=1;b=2;c=4", { userHash: "ada" }));
  });

  it("LEASE-5: a lapse that it meets is over for good, and told of once", () => {
    const world = floating();
    const { activationId, leaseExpiresAt } = begun(world);
    world.clock = leaseExpiresAt ?? 0;
    expect(refusal(world.sync(activationId, "a")).code).toBe("session-unknown");
    expect(refusal(world.sync(activationId, "a")).code).toBe("session-unknown");
    expect(world.eventTypes().filter((type) => type === "activation.lease-expired")).toHaveLength(1);
  });
});

describe("a deactivation", () => {
  it("CNT-1: frees the seat, is counted, limited, and a manager's neither", () => {
    const world = nodeLocked({ allowedDeactivations: 1, allowedActivations: 1 });
    const first = begun(world);
    value(world.deactivate(first.activationId, "a"));
    expect(world.tally()).toMatchObject({ seatsTaken: 0, deactivations: 1 });
    const second = begun(world);
    expect(refusal(world.deactivate(second.activationId, "a"))).toEqual({
      code: "deactivation-limit-reached",
      limit: 1,
    });
    value(world.deactivate(second.activationId, "a", { principal: MANAGER }));
    expect(world.tally()).toMatchObject({ seatsTaken: 0, deactivations: 1 });
    expect(world.eventTypes().filter((type) => type === "activation.deleted")).toHaveLength(2);
    expect(refusal(world.deactivate(second.activationId, "a")).code).toBe("session-unknown");
  });

  it("CNT-1: by whoever happens to be signed in is a client's, and for the vendor only by a role", () => {
    const world = nodeLocked({ allowedDeactivations: 1, allowedActivations: 1 });
    value(world.deactivate(begun(world).activationId, "a", { principal: person("eve") }));
    expect(world.tally().deactivations).toBe(1);
    const { activationId } = begun(world);
    const eve = person("eve");
    expect(refusal(world.deactivate(activationId, "a", { principal: eve })).code).toBe("deactivation-limit-reached");
    value(world.deactivate(activationId, "a", { principal: { ...eve, role: "agent" } }));
    expect(world.tally().deactivations).toBe(1);
  });

  it("STAND-4, AUTH-8: works in every standing but revoked, by the device, its owner and whom the license is for", () => {
    const world = nodeLocked({ validity: 3600, allowedActivations: 3 });
    const mine = begun(world);
    const hers = value(world.activate("b", { ...V3, principal: person("ada") }));
    const last = value(world.activate("c", V3));
    world.clock = CREATED + 2 * DAY;
    value(world.patch({ suspended: true, effectiveAt: world.clock + 1 }));
    expect(refusal(world.deactivate(mine.activationId, "b")).code).toBe("fingerprint-mismatch");
    value(world.deactivate(mine.activationId, "a"));
    expect(refusal(world.deactivate(hers.activationId, "b")).code).toBe("not-session-owner");
    value(world.deactivate(hers.activationId, "b", { principal: person("ada") }));
    value(world.patch({ revoked: true }));
    expect(refusal(world.deactivate(last.activationId, "b")).code).toBe("license-revoked");
  });

  it("STAND-4, ID-2: an id that is made up of the license's is unknown without the key, revoked or not", () => {
    const world = nodeLocked();
    const { activationId } = begun(world);
    const said = (id: string, key: string | null) => refusal(world.deactivate(id, "another", { key })).code;
    const madeUp = "an id with the license's locator";
    expect(said(madeUp, null)).toBe("session-unknown");
    value(world.patch({ revoked: true }));
    expect([said(madeUp, null), said(madeUp, "KEY")]).toEqual(["session-unknown", "license-revoked"]);
    expect(said(activationId, null)).toBe("license-revoked");
  });
});

describe("a token of v3", () => {
  it("TOK-3, TOK-6, LEASE-8: ends with the lease and never later, whatever the grace and the license's end", () => {
    const world = floating({ leaseDuration: 600, leaseGracePeriod: 3600, validity: 300 });
    expect(begun(world)).toMatchObject({ token: { expiresAt: world.clock + 600_000 } });
    const without = nodeLocked({ serverSyncGracePeriod: -1, validity: 3600 });
    expect(begun(without).token.expiresAt).toBeNull();
  });

  it("SEAT-10: a seat that is given back counts until the token's end, or the license's, which its app goes by", () => {
    const held = { seatRelease: "after-token", allowedActivations: 1 } as const;
    const leased = floating({ ...held, leaseDuration: 600, leaseGracePeriod: 3600 });
    value(leased.deactivate(begun(leased).activationId, "a"));
    expect(leased.rows()).toMatchObject([{ released: true, leaseEnd: leased.clock + 600_000 }]);
    const ending = nodeLocked({ ...held, serverSyncGracePeriod: -1, validity: 86_400 * 3 });
    value(ending.deactivate(begun(ending).activationId, "a"));
    expect(ending.rows()).toMatchObject([{ released: true, leaseEnd: CREATED + 3 * DAY }]);
    ending.clock = CREATED + 3 * DAY;
    value(ending.activate("b", V3));
    // Of an ended license nothing is held: its token lets nobody do anything.
    value(ending.deactivate(ending.rows().at(-1)?.id ?? "", "b"));
    value(ending.activate("c", V3));
  });

  it("TOK-3, MGMT-4: a repeated activation answers a token of the same kind", () => {
    const world = nodeLocked();
    const idempotency = { key: "k", bodyHash: "b" };
    const first = value(world.activateOnce(idempotency, "a", V3));
    world.pass(MINUTE);
    value(world.patch({ suspended: true }));
    const again = value(world.activateOnce(idempotency, "a", V3));
    expect(again).toMatchObject({ activationId: first.activationId, repeated: true, statement: { suspended: true } });
    expect(refusal(world.activateOnce(idempotency, "a")).code).toBe("license-suspended");
  });

  it("TOK-3: shows of the license's metadata what devices may see", () => {
    const items = [
      { key: "shown", value: "1", viewPermissions: ["activation", "user"] },
      { key: "hidden", value: "2", viewPermissions: ["user"] },
    ];
    const world = nodeLocked();
    value(world.patch({ metadata: items }));
    expect(begun(world).statement?.licenseMetadata).toEqual([{ key: "shown", value: "1" }]);
  });
});
