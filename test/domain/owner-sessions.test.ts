/**
 * Signed-in people on their sessions: renew, check-in, look and check-out (AUTH-3 to AUTH-5), and what is told of them.
 */

import { describe, expect, it } from "vitest";

import type { Principal } from "../../src/domain/license/calls.ts";
import { licenseUser, MANAGER, type World } from "../support/world.ts";
import { ADA, ADA_AGAIN, activated, ADMIN, AGENT, BOB, NOBODY_KNOWN, ROOMY, SUPPORT } from "./people.ts";
import { refusal, value } from "./samples.ts";
import { floating, nodeLocked } from "./worlds.ts";

type Use = readonly [string, (world: World, activationId: string, principal: Principal) => { readonly ok: boolean }];
const USES: readonly Use[] = [
  ["renew", (world, id, principal) => world.renew(id, { principal })],
  ["check-in", (world, id, principal) => world.checkIn(id, { principal })],
  ["look", (world, id, principal) => world.look(id, { principal })],
  ["check-out", (world, id, principal) => world.checkOut(id, { principal })],
];

describe.each(USES)("%s", (name, call) => {
  function code(world: World, activationId: string, principal: Principal): string {
    return refusal(call(world, activationId, principal) as Parameters<typeof refusal>[0]).code;
  }

  it("AUTH-3, STAND-4: a person's session is that person's, a manager's, and theirs whose role has activation:write", () => {
    const world = floating(ROOMY);
    const activationId = activated(world, "a", ADA);
    expect(code(world, activationId, BOB)).toBe("not-session-owner");
    expect(code(world, activationId, ADA_AGAIN)).toBe("not-session-owner");
    expect(code(world, activationId, { kind: "license-token", activationId })).toBe("not-session-owner");
    expect(
      code(world, activationId, { ...MANAGER, kind: "management", tokenId: "t", mayWriteActivations: false }),
    ).toBe("not-session-owner");
    expect(code(world, activationId, { kind: "anonymous" })).toBe("credentials-required");
    expect(code(world, activationId, SUPPORT)).toBe("not-session-owner");
    expect(call(world, activationId, ADA).ok).toBe(true);
    for (const [device, principal] of [["b", ADMIN] as const, ["c", MANAGER] as const, ["d", AGENT] as const]) {
      expect(call(world, activated(world, device, ADA), principal).ok).toBe(true);
    }
  });

  it("AUTH-3, AUTH-5, AUTH-8: an anonymous session is its token's, and the license's user may end it and nothing else", () => {
    const world = floating({ ...ROOMY, user: licenseUser("ada") });
    const activationId = activated(world, "a");
    for (const person of [BOB, NOBODY_KNOWN, SUPPORT])
      expect(code(world, activationId, person)).toBe("not-session-owner");
    if (name === "check-out") expect(call(world, activated(world, "c"), ADA_AGAIN).ok).toBe(true);
    else expect(code(world, activationId, ADA)).toBe("not-session-owner");
    expect(call(world, activated(world, "b"), ADMIN).ok).toBe(true);
    expect(call(world, activationId, { kind: "license-token", activationId }).ok).toBe(true);
  });

  it("AUTH-5: after a take-over the session's older tokens are nobody's", () => {
    const world = floating();
    const activationId = activated(world, "a");
    activated(world, "a", ADA);
    expect(code(world, activationId, { kind: "license-token", activationId })).toBe("not-session-owner");
    expect(call(world, activationId, ADA).ok).toBe(true);
  });

  it("AUTH-4: on a license with a user, everyone whom it admits owns what was made signed in", () => {
    const world = floating({ user: licenseUser("ada") });
    const activationId = activated(world, "a", ADA);
    expect(code(world, activationId, BOB)).toBe("not-session-owner");
    expect(code(world, activationId, NOBODY_KNOWN)).toBe("not-session-owner");
    expect(call(world, activationId, ADA_AGAIN).ok).toBe(true);
  });

  it("AUTH-6: the former user's session is unknown at once, the anonymous one goes on", () => {
    const world = floating({ ...ROOMY, user: licenseUser("ada") });
    const owned = activated(world, "a", ADA);
    const anonymous = activated(world, "b");
    value(world.patch({ user: licenseUser("bob") }));
    expect(code(world, owned, ADA)).toBe("session-unknown");
    expect(code(world, owned, MANAGER)).toBe("session-unknown");
    expect(call(world, anonymous, { kind: "license-token", activationId: anonymous }).ok).toBe(true);
  });
});

describe("what is told of a person", () => {
  it("TOK-2: user is the license's user, else the owner's e-mail where it is known, else the subject", () => {
    const world = floating(ROOMY);
    const anonymous = value(world.activate("a", { email: "claimed@example.test" }));
    expect(anonymous.user).toBeNull();
    expect(value(world.activate("b", { principal: ADA })).user).toBe("ada@example.test");
    const unknown = value(world.activate("c", { principal: NOBODY_KNOWN, email: "claimed@example.test" }));
    expect(unknown.user).toBe("eve");
    expect(value(world.renew(unknown.activationId, { principal: ADMIN })).user).toBe("eve");
    value(world.patch({ user: licenseUser("bob") }));
    expect(value(world.renew(anonymous.activationId)).user).toBe("bob@example.test");
  });

  it("AUTH-4: the activation's e-mail is the signed-in one where it is known, else the body's", () => {
    const world = floating(ROOMY);
    value(world.activate("a", { principal: ADA }));
    value(world.activate("b", { principal: NOBODY_KNOWN, email: "body@example.test" }));
    value(world.activate("c", { email: "body@example.test" }));
    expect(world.rows().map(({ facts }) => [facts.email, facts.userEmail])).toEqual([
      ["ada@example.test", "ada@example.test"],
      ["body@example.test", null],
      ["body@example.test", null],
    ]);
  });

  it("CNT-1: a person's own check-out counts and is limited, an admin's on somebody else's is not", () => {
    const world = nodeLocked({ allowedActivations: 9, allowedDeactivations: 1 });
    const [one, two, three] = ["a", "b", "c"].map((device) => activated(world, device, ADA));
    value(world.checkOut(one ?? "", { principal: ADA }));
    expect(refusal(world.checkOut(two ?? "", { principal: ADA })).code).toBe("deactivation-limit-reached");
    value(world.checkOut(two ?? "", { principal: ADMIN }));
    value(world.checkOut(three ?? "", { principal: MANAGER }));
    value(world.checkOut(activated(world, "e", ADA), { principal: AGENT }));
    const own = activated(world, "d", ADMIN);
    expect(refusal(world.checkOut(own, { principal: ADMIN })).code).toBe("deactivation-limit-reached");
    expect(world.view()).toMatchObject({ totalActivations: 1, totalDeactivations: 1 });
  });

  it("AUTH-8, CNT-1, SEAT-10: whom the license is for gives back any device, counted, limited and held as by itself", () => {
    const members = { allowedActivations: 3, allowedDeactivations: 2, user: licenseUser("ada") };
    const world = nodeLocked({ ...members, seatRelease: "after-token", serverSyncGracePeriod: 3600 });
    const ids = ["a", "b", "c"].map((device) => activated(world, device));
    const give = (nth: number, principal: Principal = ADA) => world.giveBack(ids[nth] ?? "", { principal });
    // To others nothing is there, and a role opens nothing here.
    for (const person of [BOB, NOBODY_KNOWN, ADMIN, AGENT, MANAGER, { kind: "anonymous" } as const])
      expect(refusal(give(0, person)).code).toBe("session-unknown");
    value(give(0));
    expect(refusal(give(0)).code).toBe("session-unknown");
    value(world.checkOut(ids[1] ?? "", { principal: ADA_AGAIN }));
    expect(refusal(give(2))).toMatchObject({ code: "deactivation-limit-reached", limit: 2 });
    expect(world.view()).toMatchObject({ totalActivations: 1, totalDeactivations: 2 });
    expect(refusal(world.activate("d"))).toMatchObject({ code: "seats-exhausted", used: 3 });
    world.patch({ revoked: true });
    expect(refusal(give(2)).code).toBe("license-revoked");
    expect(refusal(give(2, BOB)).code).toBe("session-unknown");
  });

  it("AUTH-8: without a user nobody gives back what is not their own", () => {
    const world = floating(ROOMY);
    const [anonymous, theirs] = [activated(world, "a"), activated(world, "b", ADA)];
    for (const id of [anonymous, theirs])
      expect(refusal(world.giveBack(id, { principal: ADA })).code).toBe("session-unknown");
    expect(refusal(world.checkOut(anonymous, { principal: ADA })).code).toBe("not-session-owner");
  });
});
