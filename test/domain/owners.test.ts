/** Signed-in people at activation: who is let in, who owns what, and what a change of the license's user ends. */

import { describe, expect, it } from "vitest";

import type { Principal } from "../../src/domain/license/calls.ts";
import { readTerms } from "../../src/domain/terms/stored-terms.ts";
import { licenseUser, MANAGER } from "../support/world.ts";
import { ADA, ADA_AGAIN, activated, ADMIN, BOB, eventBody, NOBODY_KNOWN, refusedTo, ROOMY } from "./people.ts";
import { refusal, value } from "./samples.ts";
import { floating, MINUTE, START } from "./worlds.ts";

describe("check 11: authentication and user", () => {
  it("AUTH-2: requireAuthentication refuses whoever is not signed in, and a license or management token is nobody", () => {
    const world = floating({ requireAuthentication: true });
    const before = world.stored();
    const token: Principal = { kind: "license-token", activationId: "any" };
    for (const principal of [{ kind: "anonymous" } as const, token, MANAGER]) {
      expect(refusedTo(world, "a", principal)).toBe("authentication-required");
    }
    expect(world.stored()).toEqual(before);
    expect(value(world.activate("a", { principal: NOBODY_KNOWN }))).toMatchObject({ user: "eve" });
  });

  it("AUTH-4: a license with a user admits that person and, without sign-in, anybody", () => {
    const world = floating({ ...ROOMY, user: licenseUser("Ada") });
    expect(refusedTo(world, "a", BOB)).toBe("wrong-user");
    expect(refusedTo(world, "a", ADMIN)).toBe("wrong-user");
    activated(world, "a", ADA);
    activated(world, "b", ADA_AGAIN);
    activated(world, "c");
    expect(world.view().totalActivations).toBe(3);
  });

  it("AUTH-1, AUTH-4: an e-mail that nobody vouches for is none", () => {
    const world = floating({ user: licenseUser("ada") });
    expect(refusedTo(world, "a", NOBODY_KNOWN)).toBe("email-not-verified");
    value(world.patch({ user: null }));
    activated(world, "a", NOBODY_KNOWN);
  });

  it("CHK-1: after the standing, before the same device and the seats", () => {
    const world = floating({ user: licenseUser("ada"), duplicateActivation: "reject" });
    activated(world, "a", ADA);
    expect(refusedTo(world, "a", BOB)).toBe("wrong-user");
    expect(refusedTo(world, "b", BOB)).toBe("wrong-user");
    value(world.patch({ suspended: true }));
    expect(refusedTo(world, "a", BOB)).toBe("license-suspended");
  });

  it("AUTH-4: terms that were stored before there were users are nobody's", () => {
    const world = floating(ROOMY);
    const { user: _user, ...terms } = world.maps.license().terms;
    world.maps.saveLicense({ ...world.maps.license(), terms: readTerms(JSON.stringify(terms)) });
    activated(world, "a", ADA);
    expect(value(world.patch({ notes: "n" })).license.terms.user).toBeNull();
    expect(eventBody(world.events().at(-1)?.body ?? "").changes).toEqual({ notes: { before: null, after: "n" } });
    expect(world.view().totalActivations).toBe(1);
  });
});

describe("check 13: the same device", () => {
  it("SEAT-3: the same person again resumes; another one, and an anonymous call, are 409", () => {
    const world = floating();
    const activationId = activated(world, "a", ADA);
    expect(value(world.activate("a", { principal: ADA }))).toMatchObject({ activationId, generation: 2 });
    const before = world.stored();
    expect(refusedTo(world, "a", BOB)).toBe("device-already-activated");
    expect(refusedTo(world, "a", { kind: "anonymous" })).toBe("device-already-activated");
    expect(refusedTo(world, "a", MANAGER)).toBe("device-already-activated");
    expect(world.stored()).toEqual(before);
    expect(world.eventTypes()).toEqual(["license.first-activated", "activation.created"]);
  });

  it("SEAT-3: another issuer's same subject is another person", () => {
    const world = floating();
    activated(world, "a", ADA);
    expect(refusedTo(world, "a", { ...ADA, issuer: "https://other.example.test" })).toBe("device-already-activated");
  });

  it("SEAT-3: a person takes an anonymous activation over: same id, no second seat, activation.updated", () => {
    const world = floating();
    const activationId = activated(world, "a");
    world.pass(MINUTE);
    expect(value(world.activate("a", { principal: ADA }))).toMatchObject({ activationId, user: "ada@example.test" });
    expect(world.tally()).toMatchObject({ seatsTaken: 1, ownedSeatsTaken: 1, ownedActivationsTaken: 1 });
    const event = world.events().at(-1);
    expect(event?.type).toBe("activation.updated");
    expect(eventBody(event?.body ?? "")).toMatchObject({
      changes: { owner: { before: null, after: { issuer: ADA.issuer, subject: "ada" } } },
      data: { id: activationId, owner: { subject: "ada" }, email: "ada@example.test" },
    });
    value(world.activate("a", { principal: ADA }));
    expect(world.eventTypes().filter((type) => type === "activation.updated")).toHaveLength(1);
  });

  it("SEAT-3: reject refuses the take-over too", () => {
    const world = floating({ duplicateActivation: "reject" });
    activated(world, "a");
    expect(refusedTo(world, "a", ADA)).toBe("device-already-activated");
    expect(world.tally().ownedSeatsTaken).toBe(0);
  });

  it("AUTH-4: on a license with a user the new provider's identity resumes, and it is the owner from then on", () => {
    const world = floating({ user: licenseUser("ada") });
    const activationId = activated(world, "a", ADA);
    expect(activated(world, "a", ADA_AGAIN)).toBe(activationId);
    expect(world.eventTypes()).not.toContain("activation.updated");
    expect(world.rows()[0]?.owner).toBe(JSON.stringify(["https://new.example.test", "a-7"]));
    expect(world.tally()).toMatchObject({ seatsTaken: 1, ownedSeatsTaken: 1 });
    // Both still pass by e-mail, until the user's changes: then the last identity stays.
    value(world.renew(activationId, { principal: ADA }));
    value(world.setUserEmail({ userId: "user ada", email: "moved@example.test", revision: 2 }));
    expect(refusal(world.renew(activationId, { principal: ADA })).code).toBe("not-session-owner");
    value(world.renew(activationId, { principal: ADA_AGAIN }));
  });

  it("SEAT-10: a hold is its device's, whoever signs in there; the counters follow", () => {
    const world = floating({ seatRelease: "after-token" });
    value(world.checkOut(activated(world, "a", ADA), { principal: ADA }));
    expect(world.tally()).toMatchObject({
      seatsTaken: 1,
      activationsTaken: 0,
      ownedSeatsTaken: 1,
      ownedActivationsTaken: 0,
    });
    expect(refusedTo(world, "b", BOB)).toBe("seats-exhausted");
    activated(world, "a", BOB);
    expect(world.tally()).toMatchObject({
      seatsTaken: 1,
      activationsTaken: 1,
      ownedSeatsTaken: 1,
      ownedActivationsTaken: 1,
    });
  });
});

describe("AUTH-6: another user for a license", () => {
  it.each([
    ["to another", licenseUser("ada"), licenseUser("bob"), 1],
    ["to nobody", licenseUser("ada"), null, 1],
    ["from nobody", null, licenseUser("ada"), 1],
    ["to the same one", licenseUser("ada"), licenseUser("ada"), 3],
    ["to the same one with another e-mail", licenseUser("ada"), { ...licenseUser("ada", 2), email: "x@y.test" }, 3],
  ])("ends what people own: %s", (_, before, user, live) => {
    const world = floating({ ...ROOMY, user: before });
    activated(world, "a", ADA);
    activated(world, "b");
    activated(world, "c", ADA);
    expect(value(world.patch({ user })).license.totalActivations).toBe(live);
    expect(world.view().totalDeactivations).toBe(0);
    world.tidy();
    expect(world.rows()).toHaveLength(live);
    expect(world.eventTypes().filter((type) => type === "activation.deleted")).toHaveLength(3 - live);
  });

  it("frees the seats in the same instant, holds too", () => {
    const world = floating({ allowedActivations: 2, seatRelease: "after-token" });
    value(world.checkOut(activated(world, "a", ADA), { principal: ADA }));
    activated(world, "b", ADA);
    expect(refusedTo(world, "c", BOB)).toBe("seats-exhausted");
    value(world.patch({ user: licenseUser("bob") }));
    activated(world, "c", BOB);
    activated(world, "d", BOB);
    expect(world.tally()).toMatchObject({ seatsTaken: 2, ownedSeatsTaken: 2 });
  });

  it("an activation from before that is taken over afterwards lives, until the next change", () => {
    const world = floating(ROOMY);
    const activationId = activated(world, "a");
    activated(world, "b", BOB);
    value(world.patch({ user: licenseUser("ada") }));
    expect(activated(world, "a", ADA)).toBe(activationId);
    world.tidy();
    value(world.renew(activationId, { principal: ADA }));
    expect(world.rows()).toHaveLength(1);
    // No activation was born since: the same place in the order of birth, but another epoch.
    value(world.patch({ user: null }));
    expect(refusal(world.renew(activationId, { principal: ADA })).code).toBe("session-unknown");
    world.tidy();
    expect(world.rows()).toHaveLength(0);
  });

  it("their device activates again under a new id", () => {
    const world = floating({ user: licenseUser("ada") });
    const before = activated(world, "a", ADA);
    value(world.patch({ user: licenseUser("bob") }));
    expect(refusedTo(world, "a", ADA)).toBe("wrong-user");
    expect(activated(world, "a", BOB)).not.toBe(before);
  });

  it("requireAuthentication switched on leaves anonymous activations renewing", () => {
    const world = floating();
    const activationId = activated(world, "a");
    value(world.patch({ requireAuthentication: true }));
    value(world.renew(activationId));
    expect(refusedTo(world, "a", { kind: "anonymous" })).toBe("authentication-required");
  });

  it("SEAT-6: looks at 200 rows a run, and goes on where it stopped", () => {
    const world = floating({ allowedActivations: 0 });
    for (let device = 0; device < 500; device += 1) activated(world, `d${device}`, device % 2 === 0 ? ADA : undefined);
    value(world.patch({ user: licenseUser("bob") }));
    const left = [1, 2, 3].map(() => {
      world.tidy();
      return world.rows().length;
    });
    expect(left).toEqual([400, 300, 250]);
    expect(world.tally()).toMatchObject({ seatsTaken: 250, activationsTaken: 250, ownedSeatsTaken: 0 });
  });
});

describe("SNAP-1: the user's e-mail", () => {
  it("takes the newer revision, tells of it, and ends nothing", () => {
    const world = floating({ user: licenseUser("ada") });
    const activationId = activated(world, "a", ADA);
    world.pass(MINUTE);
    value(world.setUserEmail({ userId: "user ada", email: "moved@example.test", revision: 3 }));
    expect(world.view().terms).toMatchObject({
      user: { email: "moved@example.test", revision: 3 },
      updatedAt: START + MINUTE,
    });
    const event = world.events().at(-1);
    expect(event?.type).toBe("license.updated");
    expect(eventBody(event?.body ?? "").changes).toEqual({
      user: {
        before: { id: "user ada", email: "ada@example.test" },
        after: { id: "user ada", email: "moved@example.test" },
      },
    });
    expect(value(world.checkIn(activationId, { principal: ADA })).renewNow).toBe(true);
    expect(refusedTo(world, "a", ADA)).toBe("wrong-user");
    expect(value(world.renew(activationId, { principal: ADA })).user).toBe("moved@example.test");
  });

  it("keeps a newer copy that a patch brings, though it shows nothing new, against an older one that is late", () => {
    const world = floating({ user: licenseUser("ada", 1) });
    value(world.patch({ user: licenseUser("ada", 3) }));
    expect(world.view()).toMatchObject({ revision: 7, terms: { user: { email: "ada@example.test", revision: 3 } } });
    expect(world.events()).toEqual([]);
    value(world.setUserEmail({ userId: "user ada", email: "moved@example.test", revision: 2 }));
    expect(world.view().terms.user).toEqual(licenseUser("ada", 3));
    expect(world.events()).toEqual([]);
  });

  it("ignores what is older, the same, or another user's", () => {
    const world = floating({ user: licenseUser("ada", 5) });
    const before = world.stored();
    for (const [userId, revision] of [
      ["user ada", 4],
      ["user ada", 5],
      ["user bob", 9],
    ] as const) {
      value(world.setUserEmail({ userId, email: "late@example.test", revision }));
    }
    expect(world.stored()).toEqual(before);
    value(world.patch({ user: { ...licenseUser("ada", 4), email: "late@example.test" } }));
    expect(world.stored()).toEqual(before);
  });

  it("remembers a newer revision of the same e-mail without a word", () => {
    const world = floating({ user: licenseUser("ada") });
    value(world.setUserEmail({ userId: "user ada", email: "ada@example.test", revision: 7 }));
    value(world.setUserEmail({ userId: "user ada", email: "late@example.test", revision: 6 }));
    expect(world.view()).toMatchObject({ revision: 7, terms: { user: { email: "ada@example.test", revision: 7 } } });
    expect(world.events()).toEqual([]);
  });
});
