/**
 * Rolling licenses: each device has a clock of its own, which goes on whatever becomes of its seat (EXP-3, EXP-6,
 * EXP-9, EXP-10).
 */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { NewLicense } from "../../src/domain/license/creation.ts";
import { MANAGER } from "../support/world.ts";
import { at, DAY, MONTHLY, refusal, value } from "./samples.ts";
import { HOUR, MINUTE, nodeLocked, START, type MapWorld } from "./worlds.ts";

function rolling(members: Partial<NewLicense> = {}): MapWorld {
  return nodeLocked({ expirationStrategy: "rolling", validity: 3600, allowedActivations: 0, ...members });
}

describe("a device's own end", () => {
  it("EXP-3: is its first instant and the period; the license has none", () => {
    const world = rolling();
    expect(value(world.activate("a")).licenseExpiresAt).toBe(START + HOUR);
    world.pass(MINUTE);
    expect(value(world.activate("b")).licenseExpiresAt).toBe(START + MINUTE + HOUR);
    expect(value(world.activate("a")).licenseExpiresAt).toBe(START + HOUR);
    expect(world.view().terms.end).toBeNull();
  });

  it("EXP-3: bounds its token", () => {
    const world = rolling();
    expect(value(world.activate("a")).token.expiresAt).toBe(START + HOUR);
  });

  it("EXP-3: whole months keep the day of the anchor", () => {
    const world = rolling({ validity: 0, subscriptionInterval: MONTHLY });
    world.clock = at("2026-08-31T12:00:00Z");
    expect(value(world.activate("a")).licenseExpiresAt).toBe(at("2026-09-30T12:00:00Z"));
    value(world.renewLicense());
    expect(value(world.activate("a")).licenseExpiresAt).toBe(at("2026-10-31T12:00:00Z"));
  });

  it("EXP-9, EXP-10: past it, activate, renew and check-in say expired, at the instant itself", () => {
    const world = rolling();
    const { activationId } = value(world.activate("a"));
    world.clock = START + HOUR - 1;
    expect(world.renew(activationId).ok).toBe(true);
    world.clock += 1;
    for (const answer of [world.activate("a"), world.renew(activationId), world.checkIn(activationId)]) {
      expect(refusal(answer)).toEqual({ code: "license-expired", expiresAt: START + HOUR });
    }
    expect(world.look(activationId).ok).toBe(true);
    expect(world.activate("b").ok).toBe(true);
  });

  it("EXP-10: past it, the activation keeps its seat, and may be checked out", () => {
    const world = rolling({ allowedActivations: 1 });
    const { activationId } = value(world.activate("a"));
    world.pass(DAY);
    expect(world.view().totalActivations).toBe(1);
    expect(refusal(world.activate("b"))).toMatchObject({ code: "seats-exhausted", used: 1 });
    value(world.checkOut(activationId));
    expect(world.activate("b").ok).toBe(true);
  });

  it.each([
    ["checked out", (world: MapWorld, id: string) => world.checkOut(id)],
    ["deactivated by the vendor", (world: MapWorld, id: string) => world.checkOut(id, { principal: MANAGER })],
    [
      "revoked, and its row not yet tidied",
      (world: MapWorld) => {
        value(world.patch({ revoked: true }));
        return world.patch({ revoked: false });
      },
    ],
    [
      "revoked, and its row tidied",
      (world: MapWorld) => {
        value(world.patch({ revoked: true }));
        world.tidy();
        return world.patch({ revoked: false });
      },
    ],
  ] as const)("EXP-3: the same device gets it back after it was %s", (_, end) => {
    const world = rolling();
    const { activationId } = value(world.activate("a"));
    world.pass(MINUTE);
    expect(end(world, activationId).ok).toBe(true);
    world.pass(MINUTE);
    expect(value(world.activate("a"))).toMatchObject({ licenseExpiresAt: START + HOUR, generation: 1 });
    expect(value(world.activate("b")).licenseExpiresAt).toBe(world.clock + HOUR);
    const again = value(world.activate("a"));
    expect(end(world, again.activationId).ok).toBe(true);
    world.pass(HOUR);
    expect(refusal(world.activate("a"))).toEqual({ code: "license-expired", expiresAt: START + HOUR });
  });

  it("EXP-3, SEAT-10: a hold keeps it too", () => {
    const world = rolling({ seatRelease: "after-token", allowedActivations: 1 });
    value(world.checkOut(value(world.activate("a")).activationId));
    world.pass(MINUTE);
    expect(value(world.activate("a")).licenseExpiresAt).toBe(START + HOUR);
    value(world.checkOut(value(world.activate("a")).activationId));
    world.pass(HOUR);
    world.tidy();
    expect(world.rows()).toEqual([]);
    expect(refusal(world.activate("a")).code).toBe("license-expired");
  });
});

describe("renewing", () => {
  it("EXP-6: adds one period to every activation, expired or not, and to every remembered one", () => {
    const world = rolling();
    value(world.activate("a"));
    const gone = value(world.activate("gone"));
    value(world.checkOut(gone.activationId));
    world.pass(2 * HOUR);
    value(world.activate("b"));
    value(world.renewLicense());
    expect(refusal(world.activate("a"))).toMatchObject({ expiresAt: START + 2 * HOUR });
    value(world.renewLicense());
    expect(value(world.activate("a")).licenseExpiresAt).toBe(START + 3 * HOUR);
    expect(value(world.activate("gone")).licenseExpiresAt).toBe(START + 3 * HOUR);
    expect(value(world.activate("b")).licenseExpiresAt).toBe(world.clock + 3 * HOUR);
  });

  it("EXP-6: later activations start with one period", () => {
    const world = rolling();
    value(world.renewLicense());
    value(world.renewLicense());
    expect(value(world.activate("a")).licenseExpiresAt).toBe(START + HOUR);
    value(world.renewLicense());
    expect(value(world.activate("a")).licenseExpiresAt).toBe(START + 2 * HOUR);
  });

  it("EXP-6, SEAT-6: writes no activation, however many there are", () => {
    const world = rolling();
    for (let index = 0; index < 200; index += 1) value(world.activate(`device ${index}`));
    const before = structuredClone(world.rows());
    value(world.renewLicense());
    expect(world.rows()).toEqual(before);
    expect(world.eventTypes().at(-1)).toBe("license.renewed");
  });

  it("EXP-6, EXP-8: adds the period of the license as it is then, and new devices start with it", () => {
    const world = rolling();
    value(world.activate("a"));
    value(world.patch({ subscriptionInterval: MONTHLY }));
    expect(value(world.activate("a")).licenseExpiresAt).toBe(START + HOUR);
    value(world.renewLicense());
    const month = at("2026-03-01T10:00:00Z") - START;
    expect(value(world.activate("a")).licenseExpiresAt).toBe(START + month + HOUR);
    expect(value(world.activate("b")).licenseExpiresAt).toBe(START + month);
  });

  it("EXP-11: the same reference adds nothing", () => {
    const world = rolling();
    value(world.activate("a"));
    value(world.renewLicense({ renewalReference: "invoice 1" }));
    const before = world.stored();
    value(world.renewLicense({ renewalReference: "invoice 1" }));
    expect(world.stored()).toEqual(before);
    expect(value(world.activate("a")).licenseExpiresAt).toBe(START + 2 * HOUR);
  });

  it("EXP-3, EXP-6: any life of a device ends at its first instant, one period and all renewals since", () => {
    const deed = fc.constantFrom("activate", "leave", "revoke", "tidy", "renew", "wait");
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 40 }), fc.boolean(), (deeds, held) => {
        const world = rolling(held ? { seatRelease: "after-token" } : {});
        let first: number | null = null;
        let renewals = 0;
        for (const name of deeds) {
          if (name === "wait") world.pass(7 * MINUTE);
          if (name === "tidy") world.tidy();
          if (name === "revoke") {
            value(world.patch({ revoked: true }));
            value(world.patch({ revoked: false }));
          }
          if (name === "renew") {
            value(world.renewLicense());
            renewals += first === null ? 0 : 1;
          }
          if (name !== "activate" && name !== "leave") continue;
          const answer = world.activate("a");
          first ??= world.clock;
          const end = first + (1 + renewals) * HOUR;
          expect(answer.ok ? answer.value.licenseExpiresAt : refusal(answer)).toEqual(
            end > world.clock ? end : { code: "license-expired", expiresAt: end },
          );
          if (name === "leave" && answer.ok) value(world.checkOut(answer.value.activationId));
        }
      }),
    );
  });
});
