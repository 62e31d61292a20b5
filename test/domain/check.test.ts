/** Whether an activation would be granted, and what of it is told to whom (CHK-1, SEAT-3). */

import { describe, expect, it } from "vitest";
import { check } from "../../src/domain/commands/check.ts";
import type { Checked } from "../../src/domain/license/calls.ts";
import { UNTOLD } from "../../src/domain/license/device.ts";
import { lookAtUnborn } from "../../src/domain/turn/look.ts";
import { ANONYMOUS, licenseUser, MANAGER, person } from "../support/world.ts";
import { CREATED, DAY, license, value } from "./samples.ts";
import { fill, floating, HOUR, nodeLocked, START } from "./worlds.ts";

const NOTHING = {
  standing: null,
  expiresAt: null,
  activated: null,
  activationId: null,
  seats: null,
  licensedProductIds: null,
  features: null,
  entitlementSetId: null,
};

function codeOf({ refusal }: Checked): string | null {
  return refusal?.code ?? null;
}

describe("what a check tells", () => {
  it("CALL-2, CHK-1: a license that admits nobody tells its standing and end, in the order of the checks, and no more", () => {
    const world = nodeLocked({ validity: 10 * 86_400, requireAuthentication: true, allowedActivations: 1 });
    const end = CREATED + 10 * DAY;
    const told = () => value(world.check("device"));
    world.patch({ suspended: true });
    expect(told()).toEqual({
      ...NOTHING,
      refusal: { code: "license-suspended" },
      standing: "suspended",
      expiresAt: end,
      now: START,
    });
    world.clock = end;
    expect(told()).toMatchObject({
      ...NOTHING,
      refusal: { code: "license-expired" },
      standing: "expired",
      expiresAt: end,
    });
    world.patch({ effectiveAt: end + HOUR });
    expect(told()).toMatchObject({ ...NOTHING, standing: "not-yet-effective", expiresAt: end });
    world.patch({ revoked: true });
    expect(told()).toMatchObject({
      ...NOTHING,
      refusal: { code: "license-revoked" },
      standing: "revoked",
      expiresAt: end,
    });
  });

  it("CALL-2, AUTH-4: one that does not admit the caller tells nothing", () => {
    const world = floating({ user: licenseUser("ada"), requireAuthentication: true });
    const callers = [ANONYMOUS, person("eve"), person("ada", { email: null }), MANAGER] as const;
    const codes = callers.map((principal) => {
      const { refusal, now: _, ...others } = value(world.check("device", { principal, mayReadLicense: true }));
      expect(others).toEqual(NOTHING);
      return refusal?.code;
    });
    expect(codes).toEqual(["authentication-required", "wrong-user", "email-not-verified", "authentication-required"]);
  });

  it("CALL-2, SEAT-3: tells an activation to its owner alone, exact fingerprint and all", () => {
    const world = floating({ allowedActivations: 3 });
    const [ada, eve] = [person("ada"), person("eve")];
    const { activationId } = value(world.activate("anonymous's"));
    const hers = value(world.activate("ada's", { principal: ada })).activationId;
    const told = (fingerprint: string | null, principal: typeof ada | typeof ANONYMOUS) => {
      const checked = value(world.check(fingerprint, { principal }));
      return [codeOf(checked), checked.activated, checked.activationId];
    };
    expect(told("anonymous's", ANONYMOUS)).toEqual([null, true, activationId]);
    expect(told("anonymous's", ada)).toEqual([null, null, null]);
    expect(told("ada's", ada)).toEqual([null, true, hers]);
    expect(told("ada's", eve)).toEqual(["device-already-activated", null, null]);
    expect(told("ada's", ANONYMOUS)).toEqual(["device-already-activated", null, null]);
    expect(told("new", ANONYMOUS)).toEqual([null, false, null]);
    expect(told(null, ANONYMOUS)).toEqual([null, null, null]);
    world.patch({ duplicateActivation: "reject" });
    expect(told("ada's", ada)).toEqual(["device-already-activated", true, hers]);
  });

  it("CALL-2, SEAT-4: a full license says so with all the rest, to an unknown device too, and not to one that is there", () => {
    const world = floating({ allowedActivations: 2 });
    fill(world, 2);
    const before = world.stored();
    for (const fingerprint of ["device 9", null]) {
      expect(value(world.check(fingerprint))).toMatchObject({
        refusal: { code: "seats-exhausted", limit: 2, used: 2, retryAfterSeconds: 3600 },
        standing: "active",
        licensedProductIds: world.maps.license().terms.licensedProductIds,
        seats: null,
      });
    }
    expect(value(world.check("device 1")).refusal).toBeNull();
    world.pass(HOUR);
    expect(value(world.check("device 9")).refusal).toBeNull();
    expect(world.stored()).toEqual(before);
  });

  it("CALL-2: seats are for the license's user, a token of a live activation of it, and who may read licenses", () => {
    const world = floating({ allowedActivations: 3, user: licenseUser("ada") });
    const [first = "", second = ""] = fill(world, 2);
    const seats = { limit: 3, used: 2 };
    const told = (more: object) => value(world.check(null, more)).seats;
    expect(told({})).toBeNull();
    expect(told({ principal: MANAGER })).toBeNull();
    expect(told({ principal: MANAGER, mayReadLicense: true })).toEqual(seats);
    expect(told({ principal: person("ada") })).toEqual(seats);
    expect(told({ principal: { kind: "license-token", activationId: first } })).toEqual(seats);
    expect(told({ principal: { kind: "license-token", activationId: "another's" } })).toBeNull();
    // AUTH-5: who had it before somebody signed in at it is told no more by its old token than by none.
    value(world.activate("device 0", { principal: person("ada") }));
    expect(told({ principal: { kind: "license-token", activationId: first } })).toBeNull();
    expect(told({ principal: { kind: "license-token", activationId: second } })).toEqual(seats);
    world.checkOut(second);
    expect(told({ principal: { kind: "license-token", activationId: second } })).toBeNull();
  });

  it("EXP-3, EXP-10: of a rolling license the end is the device's own", () => {
    const world = nodeLocked({ expirationStrategy: "rolling", validity: 86_400, allowedActivations: 0 });
    value(world.activate("old"));
    expect(value(world.check("old")).expiresAt).toBe(START + DAY);
    expect(value(world.check("new"))).toMatchObject({ refusal: null, expiresAt: null });
    world.pass(DAY);
    expect(value(world.check("old"))).toMatchObject({ standing: "expired", expiresAt: START + DAY });
    expect(value(world.check(null)).refusal).toBeNull();
  });

  it("CLOCK-1, ID-5: before its birth a license is judged by its row, and not before it was created", () => {
    const unborn = license({ validity: 86_400, allowedActivations: 1 });
    const ask = (clock: number) =>
      value(
        check(lookAtUnborn(unborn, clock), { principal: ANONYMOUS, fingerprint: "d", mayReadLicense: true, ...UNTOLD }),
      );
    expect(ask(CREATED - HOUR)).toMatchObject({
      refusal: null,
      now: CREATED,
      expiresAt: CREATED + DAY,
      activated: false,
      seats: { limit: 1, used: 0 },
    });
    expect(ask(CREATED + DAY)).toMatchObject({ ...NOTHING, standing: "expired", expiresAt: CREATED + DAY });
  });
});
