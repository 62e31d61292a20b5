/** SEAT-10: a seat given back counts until its last token has ended, and only its own device may take it over. */

import { describe, expect, it } from "vitest";

import { blockOf, inUse } from "../../src/domain/seats/seats.ts";
import { MANAGER, saying } from "../support/world.ts";
import { DAY, invalid, MONTHLY, refusal, value } from "./samples.ts";
import { fill, floating, HOUR, MINUTE, nodeLocked, type MapWorld } from "./worlds.ts";

/** Tokens of half an hour: sync 600 s and grace 1200 s. */
const OFFLINE = { serverSyncInterval: 600, serverSyncGracePeriod: 1200, seatRelease: "after-token" } as const;
const TOKEN = 1800_000;

function counts(world: MapWorld): { readonly seats: number; readonly activations: number } {
  return world.glimpse(inUse);
}

describe("a hold", () => {
  it("SEAT-10: counts as used until the token's end, and not a millisecond longer", () => {
    const world = nodeLocked(OFFLINE);
    const { activationId, token } = value(world.activate("a"));
    expect(token.expiresAt).toBe(world.clock + TOKEN);
    world.pass(MINUTE);
    value(world.checkOut(activationId));
    expect(counts(world)).toEqual({ seats: 1, activations: 0 });
    expect(world.view().totalActivations).toBe(0);
    const wait = (TOKEN - MINUTE) / 1000;
    expect(refusal(world.activate("b"))).toMatchObject({ limit: 1, used: 1, retryAfterSeconds: wait });
    world.clock = (token.expiresAt ?? 0) - 1;
    expect(world.activate("b").ok).toBe(false);
    world.clock += 1;
    expect(counts(world)).toEqual({ seats: 0, activations: 0 });
    expect(world.activate("b").ok).toBe(true);
  });

  it("SEAT-10: of a management token's deactivation too", () => {
    const world = nodeLocked(OFFLINE);
    value(world.checkOut(value(world.activate("a")).activationId, { principal: MANAGER }));
    expect(refusal(world.activate("b"))).toMatchObject({ used: 1 });
  });

  it("SEAT-10: lasts to the latest `exp` that was let out, whatever the terms became", () => {
    const world = nodeLocked(OFFLINE);
    const first = value(world.activate("a"));
    value(world.patch({ serverSyncGracePeriod: 0 }));
    const { token } = value(world.renew(first.activationId));
    expect(token.expiresAt).toBe(world.clock + 600_000);
    value(world.checkOut(first.activationId));
    world.clock = (first.token.expiresAt ?? 0) - 1;
    expect(counts(world).seats).toBe(1);
    world.clock += 1;
    expect(counts(world).seats).toBe(0);
  });

  it("SEAT-10: counts a lease's token, which a check-in does not lengthen", () => {
    const world = floating({ ...OFFLINE });
    const { activationId, token } = value(world.activate("a"));
    expect(token.expiresAt).toBe(world.clock + TOKEN);
    world.pass(20 * MINUTE);
    value(world.checkIn(activationId));
    value(world.checkOut(activationId));
    world.clock = token.expiresAt ?? 0;
    expect(world.activate("b").ok).toBe(true);
  });

  it("SEAT-10: a token that has ended holds nothing", () => {
    const world = nodeLocked(OFFLINE);
    const { activationId } = value(world.activate("a"));
    world.pass(TOKEN);
    value(world.checkOut(activationId));
    expect(world.rows()).toEqual([]);
    expect(world.activate("b").ok).toBe(true);
  });

  it("SEAT-10, LEASE-5: its own device takes it over, under a new id, while the license is full", () => {
    const world = nodeLocked({ ...OFFLINE, allowedActivations: 2 });
    const first = value(world.activate("a"));
    value(world.activate("b"));
    value(world.checkOut(first.activationId));
    expect(world.activate("c").ok).toBe(false);
    const again = value(world.activate("a"));
    expect(again).toMatchObject({ generation: 1 });
    expect(again.activationId).not.toBe(first.activationId);
    expect(counts(world)).toEqual({ seats: 2, activations: 2 });
    expect(world.rows()).toHaveLength(2);
    expect(refusal(world.renew(first.activationId)).code).toBe("session-unknown");
    expect(refusal(world.activate("c"))).toMatchObject({ used: 2 });
  });

  it("SEAT-10, SEAT-5: its own device takes it over when the limit has been lowered", () => {
    const world = nodeLocked({ ...OFFLINE, allowedActivations: 3 });
    const [first = ""] = fill(world, 3);
    value(world.checkOut(first));
    value(world.patch({ allowedActivations: 1 }));
    expect(world.activate("device 0").ok).toBe(true);
    expect(world.activate("other").ok).toBe(false);
    expect(counts(world)).toEqual({ seats: 3, activations: 3 });
  });

  it("SEAT-10: taken over and given back again and again, it stays one seat", () => {
    const world = nodeLocked(OFFLINE);
    for (let times = 0; times < 5; times += 1) {
      value(world.checkOut(value(world.activate("a")).activationId));
      world.pass(MINUTE);
    }
    expect(counts(world)).toEqual({ seats: 1, activations: 0 });
    expect(world.rows()).toHaveLength(1);
    expect(world.view().totalDeactivations).toBe(5);
  });

  it("SEAT-10: its id answers nothing, and its end has no event", () => {
    const world = nodeLocked(OFFLINE);
    const { activationId } = value(world.activate("a"));
    value(world.checkOut(activationId));
    const events = world.events().length;
    for (const answer of [
      world.renew(activationId),
      world.checkIn(activationId),
      world.checkOut(activationId),
      world.look(activationId),
    ]) {
      expect(refusal(answer).code).toBe("session-unknown");
    }
    expect(world.view().totalDeactivations).toBe(1);
    world.pass(TOKEN);
    world.tidy();
    expect(world.rows()).toEqual([]);
    expect(world.events()).toHaveLength(events);
    expect(counts(world)).toEqual({ seats: 0, activations: 0 });
  });

  it("SEAT-10, STAND-2: a revoke ends holds with everything else", () => {
    const world = nodeLocked(OFFLINE);
    value(world.checkOut(value(world.activate("a")).activationId));
    value(world.patch({ revoked: true }));
    value(world.patch({ revoked: false }));
    expect(world.activate("b").ok).toBe(true);
    const deleted = world.eventTypes().filter((type) => type === "activation.deleted").length;
    world.tidy();
    expect(world.rows()).toHaveLength(1);
    expect(world.eventTypes().filter((type) => type === "activation.deleted")).toHaveLength(deleted);
  });

  it("SEAT-8: counts as a seat for changes that need none", () => {
    const world = nodeLocked(OFFLINE);
    value(world.checkOut(value(world.activate("a")).activationId));
    expect(refusal(world.patch({ fingerprintMatchingStrategy: "fuzzy" }))).toMatchObject({
      code: "activations-live",
      live: 1,
    });
    world.pass(TOKEN);
    expect(world.patch({ fingerprintMatchingStrategy: "fuzzy" }).ok).toBe(true);
  });

  it("SEAT-10: switched to at-once, holds stand to their end and new check-outs free at once", () => {
    const world = nodeLocked({ ...OFFLINE, allowedActivations: 2 });
    const [first = "", second = ""] = fill(world, 2);
    value(world.checkOut(first));
    value(world.patch({ seatRelease: "at-once" }));
    expect(counts(world)).toEqual({ seats: 2, activations: 1 });
    value(world.checkOut(second));
    expect(counts(world)).toEqual({ seats: 1, activations: 0 });
  });

  it("SEAT-10: a change that would leave tokens without an end is refused", () => {
    const world = nodeLocked(OFFLINE);
    value(world.activate("a"));
    const before = world.stored();
    expect(refusal(world.patch({ serverSyncGracePeriod: -1 }))).toEqual(invalid("/seatRelease"));
    expect(refusal(world.patch({ serverSyncInterval: 0, serverSyncGracePeriod: 0 }))).toEqual(invalid("/seatRelease"));
    expect(world.stored()).toEqual(before);
  });

  it("SEAT-10: is not switched on while tokens without an end are out", () => {
    const world = nodeLocked({ serverSyncGracePeriod: -1 });
    const { activationId, token } = value(world.activate("a"));
    expect(token.expiresAt).toBeNull();
    const before = world.stored();
    expect(refusal(world.patch(OFFLINE))).toEqual(invalid("/seatRelease"));
    expect(world.stored()).toEqual(before);
    value(world.checkOut(activationId));
    expect(world.patch(OFFLINE).ok).toBe(true);
  });

  it("SEAT-6, SEAT-10: holds in old blocks bring their bounds down, and are swept at their end", () => {
    const world = floating({ ...OFFLINE, allowedActivations: 150, leaseDuration: DAY / 1000 });
    const sessions = fill(world, 150);
    for (const id of sessions.slice(10, 90)) value(world.checkOut(id));
    for (const block of [0, 1]) expect(world.ledger.floor(block)).toBe(world.clock + TOKEN);
    expect(blockOf(world.tally().nextSeq - 1)).toBe(2);
    expect(refusal(world.activate("new"))).toMatchObject({ used: 150, retryAfterSeconds: TOKEN / 1000 });
    world.pass(TOKEN);
    expect(counts(world)).toEqual({ seats: 70, activations: 70 });
    value(world.activate("new"));
    world.tidy();
    expect(world.rows()).toHaveLength(71);
    expect(counts(world)).toEqual({ seats: 71, activations: 71 });
    world.pass(HOUR);
    expect(counts(world)).toEqual({ seats: 71, activations: 71 });
  });
});

describe("a token that outlives its activation", () => {
  const BORROW = { type: "hosted-floating", allowClientLeaseDuration: true, maxLeaseDuration: 30 * 86_400 } as const;

  it("SEAT-10: a device that takes its own hold over is bound by the token of before, when its new lease lapses", () => {
    const world = floating({ ...BORROW, seatRelease: "after-token", serverSyncGracePeriod: -1 });
    const long = value(world.activate("laptop", { requestedLeaseSeconds: 30 * 86_400 }));
    value(world.checkOut(long.activationId));
    expect(world.activate("other").ok).toBe(false);
    const short = value(world.activate("laptop", { requestedLeaseSeconds: 60 }));
    world.clock = short.leaseExpiresAt ?? 0;
    expect(refusal(world.renew(short.activationId)).code).toBe("session-unknown");
    expect(refusal(world.activate("other"))).toMatchObject({ code: "seats-exhausted", used: 1 });
    expect(counts(world)).toEqual({ seats: 1, activations: 0 });
    expect(world.eventTypes().filter((type) => type === "activation.lease-expired")).toHaveLength(1);
    expect(world.activate("laptop", { requestedLeaseSeconds: 60 }).ok).toBe(true);
    world.clock = long.token.expiresAt ?? 0;
    expect(world.activate("other").ok).toBe(true);
  });

  it("SEAT-10: so is one that gives the seat back again, under terms with shorter tokens", () => {
    const world = nodeLocked(OFFLINE);
    const first = value(world.activate("a"));
    value(world.checkOut(first.activationId));
    value(world.patch({ serverSyncGracePeriod: 0 }));
    value(world.checkOut(value(world.activate("a")).activationId));
    world.clock = (first.token.expiresAt ?? 0) - 1;
    expect(world.activate("b").ok).toBe(false);
    world.clock += 1;
    expect(world.activate("b").ok).toBe(true);
  });

  it("SEAT-10: after-token cannot begin while a token without an end may be out, however the terms got there", () => {
    const world = nodeLocked({ serverSyncGracePeriod: -1 });
    const { activationId, token } = value(world.activate("a"));
    expect(token.expiresAt).toBeNull();
    value(world.patch({ serverSyncGracePeriod: 600 }));
    value(world.renew(activationId));
    expect(refusal(world.patch({ seatRelease: "after-token" }))).toEqual(invalid("/seatRelease"));
    value(world.checkOut(activationId));
    value(world.patch({ seatRelease: "after-token" }));
  });
});

describe("a rolling license that was perpetual once", () => {
  it("SEAT-10: after-token cannot begin while an activation from then, which has no end, may hold a token without one", () => {
    const world = nodeLocked({ expirationStrategy: "rolling", serverSyncGracePeriod: 600 });
    const { activationId } = value(world.activate("a"));
    value(world.patch({ subscriptionInterval: MONTHLY }));
    value(world.patch({ serverSyncGracePeriod: -1 }));
    expect(value(world.renew(activationId)).token.expiresAt).toBeNull();
    value(world.patch({ serverSyncGracePeriod: 600 }));
    expect(refusal(world.patch({ seatRelease: "after-token" }))).toEqual(invalid("/seatRelease"));
    value(world.checkOut(activationId));
    value(world.patch({ seatRelease: "after-token" }));
  });
});

describe("a grant whose token was never signed", () => {
  it("SEAT-10: is taken back without a hold", () => {
    const world = nodeLocked(OFFLINE);
    const { activationId } = value(world.activate("a"));
    value(world.checkOut(activationId, { undelivered: 1 }));
    expect(world.rows()).toEqual([]);
    expect(world.view().totalDeactivations).toBe(0);
    expect(world.activate("b").ok).toBe(true);
  });

  it("SEAT-10: leaves the hold that it had taken over", () => {
    const world = nodeLocked(OFFLINE);
    const first = value(world.activate("a"));
    value(world.checkOut(first.activationId));
    world.pass(10 * MINUTE);
    const { activationId, tokenEndBefore } = value(world.activate("a"));
    expect(tokenEndBefore).toBe(first.token.expiresAt);
    value(world.checkOut(activationId, { undelivered: 1, tokenEndBefore: tokenEndBefore ?? 0 }));
    world.clock = (first.token.expiresAt ?? 0) - 1;
    expect(world.activate("b").ok).toBe(false);
    world.clock += 1;
    expect(world.activate("b").ok).toBe(true);
  });
});

it("SEAT-3: what a device does not tell again stays known", () => {
  const world = nodeLocked();
  value(world.activate("a", { email: "ada@example.test", ...saying({ hostname: "desk" }) }));
  value(world.activate("a", saying({ releaseVersion: "2.0" })));
  expect(world.rows()[0]?.facts).toMatchObject({
    email: "ada@example.test",
    shown: { hostname: "desk", releaseVersion: "2.0" },
  });
});
