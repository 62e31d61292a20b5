/**
 * Activating a device: the checks in their order, the same device again, what is stored and told (CHK-1, SEAT-3,
 * AUTH-2, EXP-2).
 */

import { describe, expect, it } from "vitest";

import type { Principal } from "../../src/domain/license/calls.ts";
import type { Terms } from "../../src/domain/terms/license.ts";
import { MANAGER, saying } from "../support/world.ts";
import { CREATED, DAY, refusal, value } from "./samples.ts";
import { floating, HOUR, MINUTE, nodeLocked, START } from "./worlds.ts";

describe("the order of checks", () => {
  /** Each is refused for its own reason as soon as the ones before it are mended. */
  const faults: readonly (readonly [string, Partial<Terms>])[] = [
    ["license-revoked", { revoked: true }],
    ["license-not-yet-effective", { effectiveAt: START + HOUR }],
    ["license-expired", { end: { anchorAt: START, months: 0 } }],
    ["license-suspended", { suspended: true }],
    ["authentication-required", { requireAuthentication: true }],
    ["device-already-activated", { duplicateActivation: "reject" }],
  ];

  it.each(faults.map(([code], index) => [code, index] as const))(
    "STAND-1, STAND-2, EXP-9, AUTH-2: %s comes before all that follows it, and changes nothing",
    (code, index) => {
      const world = nodeLocked();
      value(world.activate("a"));
      const standing = Object.assign({}, ...faults.slice(index).map(([, terms]) => terms)) as Partial<Terms>;
      const before = world.maps.license();
      world.maps.saveLicense({ ...before, terms: { ...before.terms, ...standing } });
      // An end that has come is told by whoever looks first.
      const view = world.view();
      const stored = world.stored();
      world.pass(MINUTE);
      expect(refusal(world.activate("a")).code).toBe(code);
      expect(world.stored()).toEqual(stored);
      expect(world.view()).toEqual(view);
    },
  );

  it("carries the evidence of a time: when it starts, when it ended", () => {
    const early = nodeLocked({}, { effectiveAt: START + 90_500 });
    expect(refusal(early.activate("a"))).toEqual({
      code: "license-not-yet-effective",
      effectiveAt: START + 90_500,
      retryAfterSeconds: 91,
    });
    early.pass(90_500);
    expect(early.activate("a").ok).toBe(true);
    const late = nodeLocked({ validity: 86_400 });
    expect(refusal(late.activate("a"))).toEqual({ code: "license-expired", expiresAt: CREATED + DAY });
  });

  it("SEAT-1: the same device comes before the limit", () => {
    const world = nodeLocked();
    const { activationId } = value(world.activate("a"));
    expect(value(world.activate("a")).activationId).toBe(activationId);
    expect(refusal(world.activate("b")).code).toBe("seats-exhausted");
  });

  it.each<readonly [string, Principal]>([
    ["a license token of ours", { kind: "license-token", activationId: "0a1b2c3d-4e5f-8678-8abc-000000000000" }],
    ["a management token", MANAGER],
    ["a management token without the scope", { kind: "management", tokenId: "t", mayWriteActivations: false }],
  ])("AUTH-2: %s counts as anonymous", (_, principal) => {
    const open = nodeLocked();
    const first = value(open.activate("a"));
    expect(value(open.activate("a", { principal })).activationId).toBe(first.activationId);
    expect(open.rows()).toMatchObject([{ owner: null }]);
    const closed = nodeLocked({ requireAuthentication: true });
    expect(refusal(closed.activate("a", { principal })).code).toBe("authentication-required");
  });
});

describe("the same device again", () => {
  it("SEAT-3: gets the same activation, a fresh lease and token, no second seat and no event", () => {
    const world = floating({ allowedActivations: 1 });
    const first = value(world.activate("a"));
    const events = world.events().length;
    world.pass(MINUTE);
    const again = value(world.activate("a"));
    expect(again).toEqual({
      ...first,
      generation: 2,
      leaseExpiresAt: world.clock + HOUR,
      now: world.clock,
      token: { issuedAt: world.clock, expiresAt: world.clock + HOUR, refreshAt: expect.any(Number) },
    });
    expect(world.events()).toHaveLength(events);
    expect(world.view().totalActivations).toBe(1);
  });

  it("SEAT-3: is refused where duplicates are rejected, until the first has ended", () => {
    const world = nodeLocked({ duplicateActivation: "reject", allowedActivations: 2 });
    const { activationId } = value(world.activate("a"));
    expect(refusal(world.activate("a")).code).toBe("device-already-activated");
    expect(world.activate("b").ok).toBe(true);
    value(world.checkOut(activationId));
    expect(world.activate("a").ok).toBe(true);
  });

  it("SEAT-3: compares the fingerprint exactly", () => {
    const world = nodeLocked({ allowedActivations: 0 });
    const ids = ["a", "A", "a ", "b=1;a=2", "a=2;b=1"].map((device) => value(world.activate(device)).activationId);
    expect(new Set(ids).size).toBe(5);
  });

  it("keeps its first fingerprint, and what it told last of itself", () => {
    const world = nodeLocked();
    value(
      world.activate("a", { email: "one@x.test", ...saying({ hostname: "one", releaseVersion: "1.0", os: "linux" }) }),
    );
    value(world.activate("a", { ...saying({ hostname: "two", container: false }) }));
    expect(world.rows()).toMatchObject([
      {
        facts: {
          firstFingerprint: "a",
          fingerprint: "a",
          email: "one@x.test",
          shown: { hostname: "two", releaseVersion: "1.0", os: "linux", container: false },
        },
        generation: 2,
      },
    ]);
  });
});

describe("a first activation", () => {
  it("EXP-2, EVT-1: starts a delayed license's term before its token is made, with an event of each", () => {
    const world = nodeLocked({ expirationStrategy: "delayed", validity: 3600, serverSyncGracePeriod: -1 });
    expect(world.view().terms).toMatchObject({ end: null, activatedAt: null });
    const { token, licenseExpiresAt } = value(world.activate("a"));
    expect([token.expiresAt, licenseExpiresAt]).toEqual([START + HOUR, START + HOUR]);
    expect(world.eventTypes()).toEqual(["license.first-activated", "activation.created"]);
    expect(world.events().map(({ seq }) => seq)).toEqual([1, 2]);
    const told = world.events().map(({ body }) => JSON.parse(body) as unknown);
    expect(told).toMatchObject([
      {
        at: START,
        subjectId: world.maps.license().id,
        actor: { type: "device" },
        requestId: "test",
        changes: {
          activatedAt: { before: null, after: START },
          expiresAt: { before: null, after: START + HOUR },
        },
        data: { totalActivations: 1 },
      },
      { data: { fingerprint: "a", expiresAt: START + HOUR } },
    ]);
  });

  it("EXP-2: is the only one that does, whoever ends or revokes it", () => {
    const world = nodeLocked({ expirationStrategy: "delayed", validity: 3600, allowedActivations: 2 });
    const { activationId } = value(world.activate("a"));
    world.pass(MINUTE);
    value(world.checkOut(activationId));
    expect(value(world.activate("b")).licenseExpiresAt).toBe(START + HOUR);
    expect(world.eventTypes().filter((type) => type === "license.first-activated")).toHaveLength(1);
    world.pass(HOUR - MINUTE);
    expect(refusal(world.activate("b")).code).toBe("license-expired");
  });

  it("SEAT-1, EXP-2: a refused one starts nothing", () => {
    const world = nodeLocked({ expirationStrategy: "delayed", validity: 3600 }, { suspended: true });
    expect(world.activate("a").ok).toBe(false);
    expect(world.view().terms).toMatchObject({ end: null, activatedAt: null });
    expect([world.events(), world.rows()]).toEqual([[], []]);
  });
});
