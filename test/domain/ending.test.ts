/**
 * What the vendor does to activations: looks, ends one, ends those of a time (CNT-1, SEAT-10, EXP-3, LEASE-5, LEASE-6).
 */

import { describe, expect, it } from "vitest";

import type { EndCall, EndStep } from "../../src/domain/seats/activation-view.ts";
import { inUse } from "../../src/domain/seats/seats.ts";
import { licenseUser, saying, VENDOR } from "../support/world.ts";
import { DAY, MONTHLY, refusal, value } from "./samples.ts";
import { fill, floating, HOUR, MINUTE, nodeLocked, type MapWorld } from "./worlds.ts";

const TOKENS = { serverSyncInterval: 600, serverSyncGracePeriod: 1200 } as const;
const EVERYTHING = { from: 0, below: null };

/** All steps of one call; `between` two of them others may come. */
function endAll(world: MapWorld, call: Partial<EndCall>, between: () => void = () => undefined): readonly EndStep[] {
  const steps: EndStep[] = [world.endActivations(call)];
  for (let { next } = steps[0] ?? { next: null }; next !== null;) {
    between();
    const step = world.endActivations({ ...call, cursor: next });
    steps.push(step);
    next = step.next;
  }
  return steps;
}

function endedBy(steps: readonly EndStep[]): number {
  return steps.reduce((sum, { ended }) => sum + ended, 0);
}

describe("looking at an activation", () => {
  it("MGMT-2: shows what it holds by the clock, the license's user, and writes nothing", () => {
    const world = floating({ user: licenseUser("ada") });
    const said = { hostname: "host", vmName: "vm", container: true, os: "linux", releaseVersion: "1.2" };
    const metadata = [{ key: "seat", value: "7" }];
    const email = "somebody@example.test";
    const { device } = saying({ ...said, metadata, userHash: "not kept" });
    const network = { country: "DE", address: "192.0.2.1" };
    const { activationId, leaseExpiresAt } = value(world.activate("a", { email, device, network }));
    const before = world.stored();
    expect(value(world.seeActivation(activationId))).toEqual({
      id: activationId,
      licenseId: world.view().id,
      productId: world.view().terms.productId,
      createdAt: world.clock,
      contactAt: world.clock,
      leaseExpiresAt,
      expiresAt: null,
      device: world.ledger.digest("a"),
      overLimit: false,
      meterAttributes: [],
      ...{ email, ...said, deviceMetadata: metadata, countryCode: "DE", ipAddress: "192.0.2.1" },
      user: { id: "user ada", email: "ada@example.test" },
    });
    world.clock = leaseExpiresAt ?? 0;
    expect(refusal(world.seeActivation(activationId)).code).toBe("session-unknown");
    expect(world.stored()).toEqual(before);
  });

  it("EXP-3: a rolling activation has an end of its own", () => {
    const world = nodeLocked({ expirationStrategy: "rolling", subscriptionInterval: MONTHLY, allowedActivations: 2 });
    const { activationId, licenseExpiresAt } = value(world.activate("a"));
    world.pass(DAY);
    const other = value(world.activate("b"));
    expect(value(world.seeActivation(activationId)).expiresAt).toBe(licenseExpiresAt);
    expect(value(world.seeActivation(other.activationId)).expiresAt).toBe(other.licenseExpiresAt);
    expect(other.licenseExpiresAt).not.toBe(licenseExpiresAt);
  });

  it("LEASE-6: contacts are those of now, of what has not ended, and write nothing", () => {
    const world = floating({ allowedActivations: 0 });
    const [first = "", second = "", third = ""] = fill(world, 3);
    world.pass(30 * MINUTE);
    value(world.renew(first));
    value(world.endActivation(third));
    const before = world.stored();
    const unused = { expiresAt: null, meterAttributes: [] };
    expect(world.contacts([second, first, third, "unknown"])).toEqual([
      { id: second, contactAt: world.clock - 30 * MINUTE, leaseExpiresAt: world.clock + 30 * MINUTE, ...unused },
      { id: first, contactAt: world.clock, leaseExpiresAt: world.clock + HOUR, ...unused },
    ]);
    // A lapse that nobody has swept still shows its end.
    world.pass(45 * MINUTE);
    expect(world.contacts([second])).toMatchObject([{ leaseExpiresAt: world.clock - 15 * MINUTE }]);
    expect(world.contacts(Array.from({ length: 200 }, () => first))).toHaveLength(100);
    expect(world.stored()).toEqual(before);
    value(world.patch({ revoked: true }));
    expect(world.contacts([first, second])).toEqual([]);
  });
});

describe("ending an activation", () => {
  it("CNT-1: frees the seat at once, is no deactivation, and no limit binds it", () => {
    const world = nodeLocked({ allowedDeactivations: 0 });
    const { activationId } = value(world.activate("a"));
    expect(refusal(world.checkOut(activationId)).code).toBe("deactivation-limit-reached");
    value(world.endActivation(activationId));
    expect(world.view()).toMatchObject({ totalActivations: 0, totalDeactivations: 0 });
    expect(world.rows()).toEqual([]);
    expect(world.activate("b").ok).toBe(true);
  });

  it("EVT-1: is told of once, by whoever asked, and the second time is unknown", () => {
    const world = nodeLocked();
    const { activationId } = value(world.activate("a"));
    value(world.endActivation(activationId));
    const before = world.stored();
    expect(refusal(world.endActivation(activationId)).code).toBe("session-unknown");
    expect(world.stored()).toEqual(before);
    const event = world.events().at(-1);
    expect(event?.type).toBe("activation.deleted");
    expect(JSON.parse(event?.body ?? "")).toMatchObject({ actor: VENDOR.actor, data: { id: activationId } });
  });

  it("LEASE-5: its token does not renew, and its device activates under a new id", () => {
    const world = floating();
    const { activationId } = value(world.activate("a"));
    value(world.endActivation(activationId));
    expect(refusal(world.renew(activationId)).code).toBe("session-unknown");
    expect(value(world.activate("a")).activationId).not.toBe(activationId);
    expect(refusal(world.endActivation(activationId)).code).toBe("session-unknown");
    expect(world.view().totalActivations).toBe(1);
  });

  it("SEAT-10: under after-token the seat counts until the token's end, for everybody but its device", () => {
    const world = nodeLocked({ ...TOKENS, seatRelease: "after-token" });
    const { activationId, token } = value(world.activate("a"));
    value(world.endActivation(activationId));
    expect(world.glimpse(inUse)).toEqual({ seats: 1, activations: 0 });
    expect(refusal(world.activate("b")).code).toBe("seats-exhausted");
    expect(refusal(world.endActivation(activationId)).code).toBe("session-unknown");
    world.clock = token.expiresAt ?? 0;
    expect(world.activate("b").ok).toBe(true);
  });

  it("EXP-3: the device of a rolling license gets its own end back", () => {
    const world = nodeLocked({ expirationStrategy: "rolling", subscriptionInterval: MONTHLY });
    const { activationId, licenseExpiresAt } = value(world.activate("a"));
    value(world.endActivation(activationId));
    world.pass(DAY);
    expect(value(world.activate("a")).licenseExpiresAt).toBe(licenseExpiresAt);
  });

  it("LEASE-5: a lapse that it meets is told of as a lapse", () => {
    const world = floating();
    const { activationId } = value(world.activate("a"));
    world.pass(HOUR);
    expect(refusal(world.endActivation(activationId)).code).toBe("session-unknown");
    expect(world.eventTypes().at(-1)).toBe("activation.lease-expired");
    expect(world.rows()).toEqual([]);
  });

  it("STAND-4: works while suspended and after the end, and what revoking has ended is unknown", () => {
    const world = nodeLocked({ allowedActivations: 2, subscriptionInterval: MONTHLY });
    const [first = "", second = ""] = fill(world, 2);
    value(world.patch({ suspended: true }));
    expect(world.endActivation(first).ok).toBe(true);
    world.pass(60 * DAY);
    expect(world.activate("c").ok).toBe(false);
    value(world.patch({ revoked: true }));
    expect(refusal(world.endActivation(second)).code).toBe("session-unknown");
    value(world.patch({ revoked: false }));
    expect(refusal(world.endActivation(second)).code).toBe("session-unknown");
    expect(world.view().totalActivations).toBe(0);
  });
});

describe("ending the activations of a time", () => {
  it("CNT-1: ends those that are in it, the first bound included, the second not, each with its event", () => {
    const world = nodeLocked({ allowedActivations: 0, allowedDeactivations: 0 });
    const sessions = Array.from({ length: 5 }, (_, index) => {
      world.pass(HOUR);
      return value(world.activate(`device ${index}`)).activationId;
    });
    const born = sessions.map((id) => value(world.seeActivation(id)).createdAt);
    const told = world.eventTypes().length;
    const created = { from: born[1] ?? 0, below: born[3] ?? 0 };
    expect(world.endActivations({ created })).toEqual({ ended: 2, next: null });
    expect(sessions.map((id) => world.seeActivation(id).ok)).toEqual([true, false, false, true, true]);
    expect(world.eventTypes().slice(told)).toEqual(["activation.deleted", "activation.deleted"]);
    expect(world.view()).toMatchObject({ totalActivations: 3, totalDeactivations: 0 });
    const before = world.stored();
    expect(world.endActivations({ created })).toEqual({ ended: 0, next: null });
    expect(world.stored()).toEqual(before);
  });

  it("LEASE-6: by last contact, whenever they were made", () => {
    const world = floating({ allowedActivations: 0, leaseDuration: 30 * 86_400 });
    const [silent = "", seen = ""] = fill(world, 2);
    world.pass(10 * DAY);
    value(world.checkIn(seen));
    expect(endedBy(endAll(world, { contact: { from: null, below: world.clock - DAY } }))).toBe(1);
    expect(world.seeActivation(silent).ok).toBe(false);
    expect(world.seeActivation(seen).ok).toBe(true);
  });

  it("SEAT-6: a step ends a few hundred at most, reads no more than a thousand, and begins near the first bound", () => {
    const world = nodeLocked({ allowedActivations: 0 });
    fill(world, 1500);
    world.pass(HOUR);
    const late = fill(world, 500, 1500);
    const [first, ...more] = endAll(world, { created: { from: world.clock, below: null } });
    expect(first?.ended).toBe(200);
    expect(more.at(-1)?.next).toBeNull();
    expect(world.view().totalActivations).toBe(1500);
    expect(late.some((id) => world.seeActivation(id).ok)).toBe(false);
    expect(world.endActivations({ contact: { from: world.clock, below: null } })).toEqual({
      ended: 0,
      next: { after: 1000, upto: 2000 },
    });
  });

  it("SEAT-6: nobody who came after it began is among them, a device that comes back neither", () => {
    const world = nodeLocked({ allowedActivations: 0 });
    fill(world, 450);
    const born: string[] = [];
    const steps = endAll(world, { created: EVERYTHING }, () => {
      born.push(value(world.activate(`device ${born.length}`)).activationId);
    });
    expect(endedBy(steps)).toBe(450);
    expect(born.length).toBe(2);
    expect(born.every((id) => world.seeActivation(id).ok)).toBe(true);
    expect(world.view().totalActivations).toBe(2);
  });

  it("SEAT-10, LEASE-4: holds stay, lapses are left to the sweep, and neither is told of as deleted", () => {
    const world = floating({ ...TOKENS, allowedActivations: 0, seatRelease: "after-token" });
    const [given = "", lapsed = ""] = fill(world, 2);
    value(world.checkOut(given));
    world.pass(MINUTE);
    const fresh = value(world.activate("fresh"));
    world.pass(HOUR - MINUTE);
    expect(world.seeActivation(lapsed).ok).toBe(false);
    const told = world.eventTypes().length;
    expect(world.endActivations({ created: EVERYTHING })).toMatchObject({ ended: 1 });
    expect(world.eventTypes().slice(told)).toEqual(["activation.deleted"]);
    expect(world.seeActivation(fresh.activationId).ok).toBe(false);
    world.tidy();
    expect(world.eventTypes().at(-1)).toBe("activation.lease-expired");
    expect(world.glimpse(inUse)).toMatchObject({ activations: 0 });
  });
});
