/** v3's activations of devices that somebody else owns, and what a vendor may do for whoever it is (AUTH-6, AUTH-7). */

import { describe, expect, it } from "vitest";
import { NO_CLAIMS } from "../../src/domain/license/device.ts";
import type { Principal } from "../../src/domain/license/calls.ts";
import { keyed, licenseUser, MANAGER, person } from "../support/world.ts";
import { PRODUCT, refusal, value } from "./samples.ts";
import { floating, nodeLocked, type MapWorld } from "./worlds.ts";

const V3 = { admitsEnded: true, productId: PRODUCT } as const;
const ADA = person("ada");
const CLERK: Principal = { kind: "management", tokenId: "clerk", mayWriteActivations: false };

function by(principal: Principal) {
  return { ...V3, principal };
}

/** Ada's activation of device a; its owner afterwards is still hers. */
function hers(world: MapWorld): string {
  return value(world.activate("a", by(ADA))).activationId;
}

function ownersOf(world: MapWorld): readonly (string | null)[] {
  return world.rows().map(({ owner }) => (owner === null ? null : String(JSON.parse(owner)[1])));
}

describe("a device whose live activation a person owns", () => {
  it.each<readonly [string, Principal]>([
    ["nobody", { kind: "anonymous" }],
    ["another person", person("eve")],
    ["another person with a role", person("root", { role: "admin" })],
    ["a token that may not write activations", CLERK],
    ["the license token of another activation", { kind: "license-token", activationId: "x" }],
  ])("AUTH-7: is not for %s in v3, and 409 on the activation API", (_, principal) => {
    for (const members of [{}, { duplicateActivation: "reject" }] as const) {
      const world = nodeLocked({ ...members, allowedActivations: 0 });
      hers(world);
      expect(refusal(world.activate("a", by(principal))).code).toBe("not-session-owner");
      expect(refusal(world.activate("a", { principal })).code).toBe("device-already-activated");
      expect(ownersOf(world)).toEqual(["ada"]);
    }
  });

  it("AUTH-7: is resumed by its owner, and by who may write activations, who changes no owner and no e-mail", () => {
    const world = nodeLocked({ requireAuthentication: true });
    const activationId = hers(world);
    expect(value(world.activate("a", by(ADA))).activationId).toBe(activationId);
    const device = { ...NO_CLAIMS, os: "linux" };
    const resumed = value(world.activate("a", { ...by(MANAGER), device }));
    expect(resumed).toMatchObject({ activationId, generation: 3, user: "ada@example.test" });
    expect(ownersOf(world)).toEqual(["ada"]);
    expect(world.rows()[0]?.facts).toMatchObject({ userEmail: "ada@example.test", shown: { os: "linux" } });
    // She is still its owner, on either API.
    expect(value(world.renew(activationId, { principal: ADA })).activationId).toBe(activationId);
    expect(refusal(world.activate("a", { principal: MANAGER })).code).toBe("authentication-required");
    expect(world.eventTypes().filter((type) => type === "activation.updated")).toEqual([]);
    expect(world.tally()).toMatchObject({ ownedSeatsTaken: 1, seatsTaken: 1 });
    value(world.patch({ user: licenseUser("bob") }));
    expect(world.view().totalActivations).toBe(0);
  });

  it("AUTH-7: duplicateActivation `reject` holds for the vendor, too", () => {
    const world = nodeLocked({ duplicateActivation: "reject" });
    hers(world);
    expect(refusal(world.activate("a", by(MANAGER))).code).toBe("device-already-activated");
  });

  it("AUTH-7, MGMT-4: nor is a repetition for anybody else, once a person has taken the activation over", () => {
    const world = nodeLocked();
    const first = value(world.activateOnce(keyed("k"), "a", V3));
    value(world.activate("a", by(ADA)));
    expect(refusal(world.activateOnce(keyed("k"), "a", V3)).code).toBe("not-session-owner");
    expect(value(world.activateOnce(keyed("k"), "a", by(MANAGER))).activationId).toBe(first.activationId);
    expect(ownersOf(world)).toEqual(["ada"]);
  });

  it("AUTH-7, FP-1: one that is only alike is a new device, for the vendor too", () => {
    const world = nodeLocked({ fingerprintMatchingStrategy: "fuzzy", allowedActivations: 0 });
    const first = value(world.activate("a=1;b=2;c=3", by(ADA))).activationId;
    expect(value(world.activate("a=1;b=2;c=4", by(MANAGER))).activationId).not.toBe(first);
    expect(ownersOf(world)).toEqual(["ada", null]);
  });
});

describe("the vendor in v3", () => {
  it("AUTH-7: passes the check of the user; what it begins is anonymous", () => {
    const world = nodeLocked({ requireAuthentication: true, user: licenseUser("ada"), allowedActivations: 2 });
    expect(refusal(world.activate("a", by(CLERK))).code).toBe("authentication-required");
    expect(refusal(world.activate("a", { principal: MANAGER })).code).toBe("authentication-required");
    const { activationId } = value(world.activate("a", by(MANAGER)));
    expect(ownersOf(world)).toEqual([null]);
    expect(value(world.activate("a", by(MANAGER))).activationId).toBe(activationId);
    // AUTH-6: at a sync it binds who calls.
    expect(refusal(world.sync(activationId, "a")).code).toBe("authentication-required");
    expect(refusal(world.sync(activationId, "a", { principal: person("eve") })).code).toBe("wrong-user");
    value(world.sync(activationId, "a", { principal: MANAGER }));
    value(world.sync(activationId, "a", { principal: ADA }));
  });

  it("AUTH-7, SEAT-2: begins nothing where a seat is a person's, and resumes what the license's user has", () => {
    const anybodys = floating({ leasingStrategy: "per-user" });
    hers(anybodys);
    for (const device of ["a", "b"])
      expect(refusal(anybodys.activate(device, by(MANAGER))).code).toBe("authentication-required");
    const adas = floating({ leasingStrategy: "per-user", user: licenseUser("ada") });
    const activationId = hers(adas);
    expect(value(adas.activate("a", by(MANAGER))).activationId).toBe(activationId);
    expect(refusal(adas.activate("b", by(MANAGER))).code).toBe("authentication-required");
    value(adas.sync(activationId, "a", { principal: MANAGER }));
    expect(ownersOf(adas)).toEqual(["ada"]);
  });
});
