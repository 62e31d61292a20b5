/**
 * Renew, check in, check out, look: the checks in their order, and whose session it is (STAND-3, STAND-4, AUTH-3,
 * AUTH-5, CNT-1).
 */

import { describe, expect, it } from "vitest";

import type { Principal, FollowUpCall } from "../../src/domain/license/calls.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { ANONYMOUS, MANAGER, person } from "../support/world.ts";
import { DAY, refusal, value } from "./samples.ts";
import { floating, HOUR, MINUTE, nodeLocked, START, type MapWorld } from "./worlds.ts";

type Call = (world: MapWorld, id: string, more?: Partial<FollowUpCall>) => Outcome<unknown>;
const RENEW: Call = (world, id, more) => world.renew(id, more);
const CHECK_IN: Call = (world, id, more) => world.checkIn(id, more);
const CHECK_OUT: Call = (world, id, more) => world.checkOut(id, more);
const LOOK: Call = (world, id, more) => world.look(id, more);

const USES = [
  ["renew", RENEW],
  ["check-in", CHECK_IN],
] as const;
const OTHERS = [
  ["check-out", CHECK_OUT],
  ["look", LOOK],
] as const;
const ALL = [...USES, ...OTHERS];

const STRANGER: Principal = { kind: "license-token", activationId: "0a1b2c3d-4e5f-8678-8abc-ffffffffffff" };
const READER: Principal = { kind: "management", tokenId: "t", mayWriteActivations: false };

/** Refused as said, with nothing changed. */
function refused(world: MapWorld, call: () => Outcome<unknown>): string {
  const before = world.stored();
  const { code } = refusal(call());
  expect(world.stored()).toEqual(before);
  return code;
}

describe.each(ALL)("%s", (_, call) => {
  it("AUTH-2, STAND-4: without credentials is told so first", () => {
    const world = floating({}, { revoked: true });
    expect(refused(world, () => call(world, "unknown", { principal: ANONYMOUS }))).toBe("credentials-required");
  });

  it("STAND-4: revoked comes before a session that is not there", () => {
    const world = floating();
    const { activationId } = value(world.activate("a"));
    value(world.patch({ revoked: true }));
    expect(refused(world, () => call(world, activationId))).toBe("license-revoked");
    expect(refused(world, () => call(world, "0a1b2c3d-4e5f-8678-8abc-000000000000"))).toBe("license-revoked");
  });

  it("STAND-4: a session that is not there comes before the owner, the owner before the fingerprint", () => {
    const world = floating({ allowedActivations: 2 });
    const { activationId } = value(world.activate("a"));
    expect(refused(world, () => call(world, "0a1b2c3d-4e5f-8678-8abc-000000000000", { principal: STRANGER }))).toBe(
      "session-unknown",
    );
    for (const principal of [STRANGER, READER]) {
      expect(refused(world, () => call(world, activationId, { principal, fingerprint: "b" }))).toBe(
        "not-session-owner",
      );
    }
    expect(refused(world, () => call(world, activationId, { fingerprint: "b" }))).toBe("fingerprint-mismatch");
  });

  it("AUTH-3, AUTH-5: its own license token and a management token with the scope may, case aside", () => {
    for (const principal of [undefined, MANAGER]) {
      const world = floating();
      const { activationId } = value(world.activate("a"));
      const more = { fingerprint: "a", ...(principal === undefined ? {} : { principal }) };
      expect(call(world, activationId, more).ok).toBe(true);
    }
    const world = floating();
    const { activationId } = value(world.activate("a"));
    expect(call(world, activationId.toUpperCase(), { principal: { kind: "license-token", activationId } }).ok).toBe(
      true,
    );
  });

  it("AUTH-5: another session's license token is none here", () => {
    const world = floating({ allowedActivations: 2 });
    const one = value(world.activate("a"));
    const other = value(world.activate("b"));
    const principal: Principal = { kind: "license-token", activationId: other.activationId };
    expect(refused(world, () => call(world, one.activationId, { principal }))).toBe("not-session-owner");
  });

  it("AUTH-3, AUTH-5: a user's activation is not its license token's, but a management token's", () => {
    const world = floating();
    const { activationId } = value(world.activate("a", { principal: person("ada") }));
    expect(refused(world, () => call(world, activationId))).toBe("not-session-owner");
    expect(call(world, activationId, { principal: MANAGER }).ok).toBe(true);
  });
});

describe.each(USES)("%s", (_, call) => {
  it("STAND-4: fingerprint before not yet effective, before expired, before suspended", () => {
    const world = floating({ validity: 2 * 86_400 });
    const { activationId } = value(world.activate("a"));
    value(world.patch({ suspended: true, effectiveAt: START + HOUR }));
    expect(refused(world, () => call(world, activationId, { fingerprint: "b" }))).toBe("fingerprint-mismatch");
    expect(refused(world, () => call(world, activationId))).toBe("license-not-yet-effective");
    value(world.patch({ effectiveAt: null }));
    expect(refused(world, () => call(world, activationId))).toBe("license-suspended");
  });

  it("STAND-4, EXP-9: expired in the instant of the end, which comes before suspended", () => {
    const world = nodeLocked({ validity: 2 * 86_400 });
    const { activationId } = value(world.activate("a"));
    world.clock = START + DAY - 1;
    expect(call(world, activationId).ok).toBe(true);
    world.clock += 1;
    value(world.patch({ suspended: true }));
    expect(refused(world, () => call(world, activationId))).toBe("license-expired");
    value(world.patch({ suspended: false }));
    value(world.renewLicense());
    expect(call(world, activationId).ok).toBe(true);
  });

  it("STAND-3: a lifted suspension lets the same activation go on, if its lease is still running", () => {
    const world = floating({ allowedActivations: 2 });
    const { activationId } = value(world.activate("a"));
    value(world.patch({ suspended: true }));
    expect(refused(world, () => call(world, activationId))).toBe("license-suspended");
    expect(world.view().totalActivations).toBe(1);
    world.pass(HOUR - 1);
    value(world.patch({ suspended: false }));
    expect(value(world.renew(activationId)).activationId).toBe(activationId);
    value(world.patch({ suspended: true }));
    world.pass(HOUR);
    value(world.patch({ suspended: false }));
    expect(refusal(call(world, activationId)).code).toBe("session-unknown");
  });

  it("AUTH-6: requiring authentication leaves anonymous activations renewing", () => {
    const world = floating();
    const { activationId } = value(world.activate("a"));
    value(world.patch({ requireAuthentication: true }));
    expect(call(world, activationId).ok).toBe(true);
  });
});

describe.each(OTHERS)("%s", (_, call) => {
  it("STAND-4: works while suspended, expired and not yet effective", () => {
    for (const patch of [{ suspended: true }, { effectiveAt: START + 90 * DAY }, {}]) {
      const world = nodeLocked({ validity: 2 * 86_400 });
      const { activationId } = value(world.activate("a"));
      value(world.patch(patch));
      world.pass(10 * DAY);
      expect(call(world, activationId).ok).toBe(true);
    }
  });
});

describe("check-in", () => {
  it("TOK-6, LEASE-7: answers when to come again: at the refresh of a token issued now", () => {
    const world = floating();
    const { activationId } = value(world.activate("a"));
    world.pass(MINUTE);
    expect(value(world.checkIn(activationId))).toEqual({
      activationId,
      leaseExpiresAt: world.clock + HOUR,
      nextCheckInSeconds: ((value(world.renew(activationId)).token.refreshAt ?? 0) - world.clock) / 1000,
      renewNow: false,
      now: world.clock,
    });
  });

  it("answers null where no refresh is due, and a second at least", () => {
    const endless = nodeLocked({ serverSyncInterval: 0, serverSyncGracePeriod: 0 });
    expect(value(endless.checkIn(value(endless.activate("a")).activationId)).nextCheckInSeconds).toBeNull();
    const ending = nodeLocked({ validity: 86_401 });
    const { activationId } = value(ending.activate("a"));
    ending.pass(999);
    expect(value(ending.checkIn(activationId)).nextCheckInSeconds).toBe(1);
  });

  it("says `renewNow` when the license has changed since the token, or the token is past its refresh", () => {
    const world = floating({ allowedActivations: 2 });
    const { activationId } = value(world.activate("a"));
    const now = () => value(world.checkIn(activationId)).renewNow;
    expect(now()).toBe(false);
    value(world.patch({ allowedActivations: 3 }));
    expect([now(), now()]).toEqual([true, true]);
    const { token } = value(world.renew(activationId));
    expect(now()).toBe(false);
    world.clock = (token.refreshAt ?? 0) - 1;
    expect(now()).toBe(false);
    world.pass(1);
    expect(now()).toBe(true);
    value(world.activate("a"));
    expect(now()).toBe(false);
  });

  it("SEAT-10: lets no token out, so the latest `exp` stays", () => {
    const world = floating();
    const { activationId, token } = value(world.activate("a"));
    world.pass(MINUTE);
    value(world.checkIn(activationId));
    expect(world.rows()).toMatchObject([{ tokenEnd: token.expiresAt, tokenRefreshAt: token.refreshAt }]);
  });
});

describe("look", () => {
  it("changes nothing and tells of the last token's refresh", () => {
    const world = floating();
    const { activationId, token } = value(world.activate("a"));
    world.pass(MINUTE);
    const before = world.stored();
    expect(value(world.look(activationId))).toMatchObject({
      activationId,
      lastRefreshAt: token.refreshAt,
      now: world.clock,
    });
    expect(world.stored()).toEqual(before);
    expect(world.view().lastUsedAt).toBe(token.issuedAt);
  });
});

describe("check-out", () => {
  it("frees the seat at once, with one event; the second is 404", () => {
    const world = floating();
    const { activationId } = value(world.activate("a"));
    expect(value(world.checkOut(activationId))).toEqual({ activationId, now: world.clock });
    expect(world.eventTypes().at(-1)).toBe("activation.deleted");
    expect(world.rows()).toEqual([]);
    expect(refused(world, () => world.checkOut(activationId))).toBe("session-unknown");
    expect(world.activate("b").ok).toBe(true);
  });

  it("CNT-1: counts the client's, and binds them where the license is not hosted-floating", () => {
    const world = nodeLocked({ allowedActivations: 9, allowedDeactivations: 2 });
    for (const device of ["a", "b"]) value(world.checkOut(value(world.activate(device)).activationId));
    const { activationId } = value(world.activate("c"));
    expect(refused(world, () => world.checkOut(activationId))).toBe("deactivation-limit-reached");
    expect(world.view()).toMatchObject({ totalActivations: 1, totalDeactivations: 2 });
    expect(refusal(world.checkOut(activationId))).toMatchObject({ limit: 2 });
    value(world.patch({ allowedDeactivations: 3 }));
    expect(world.checkOut(activationId).ok).toBe(true);
  });

  it("CNT-1: a management token's neither counts nor is limited", () => {
    const world = nodeLocked({ allowedDeactivations: 0 });
    const { activationId } = value(world.activate("a"));
    expect(refused(world, () => world.checkOut(activationId))).toBe("deactivation-limit-reached");
    expect(world.checkOut(activationId, { principal: MANAGER }).ok).toBe(true);
    expect(world.view()).toMatchObject({ totalActivations: 0, totalDeactivations: 0 });
  });

  it("CNT-1: hosted-floating counts without a limit, -1 is none", () => {
    for (const world of [floating({ allowedDeactivations: 0 }), nodeLocked({ allowedDeactivations: -1 })]) {
      for (let count = 1; count <= 3; count += 1) {
        value(world.checkOut(value(world.activate("a")).activationId));
        expect(world.view().totalDeactivations).toBe(count);
      }
    }
  });
});
