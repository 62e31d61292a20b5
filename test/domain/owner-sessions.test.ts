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

describe.each(USES)("%s", (_, call) => {
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

  it("AUTH-3, AUTH-5: an anonymous session is its token's and no person's, not even the license's user's", () => {
    const world = floating({ ...ROOMY, user: licenseUser("ada") });
    const activationId = activated(world, "a");
    expect(code(world, activationId, ADA)).toBe("not-session-owner");
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
});
