/** Fingerprints that are alike (FP-1), and devices that something else tells apart: the lock to an OS user. */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NewLicense } from "../../src/domain/license/creation.ts";
import { NO_CLAIMS } from "../../src/domain/license/device.ts";
import { likeness, structuredParts } from "../../src/domain/seats/fingerprint.ts";
import { partsOf } from "../../src/domain/seats/identity.ts";
import { likenessOf } from "../support/device-oracle.ts";
import { MANAGER, person } from "../support/world.ts";
import { MONTHLY, refusal, value } from "./samples.ts";
import { floating, HOUR, nodeLocked, START, type MapWorld } from "./worlds.ts";

const ADA = { principal: person("ada") };

function parts(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, said]) => `${name}=${said}`)
    .join(";");
}

/** Of eight parts, those up to `changed` are another machine's. */
function eight(changed: number, other = "other"): string {
  return Array.from({ length: 8 }, (_, nth) => `p${nth}=${nth < changed ? `${other}${nth}` : nth}`).join(";");
}

function fuzzy(members: Partial<NewLicense> = {}): MapWorld {
  return nodeLocked({ fingerprintMatchingStrategy: "fuzzy", allowedActivations: 0, ...members });
}

function again(world: MapWorld, fingerprint: string): boolean {
  return value(world.activate(fingerprint)).generation > 1;
}

describe("what is structured", () => {
  it.each([
    ["a=1;b=2", ["a=1", "b=2"]],
    ["a=1=2;b=", ["a=1=2", "b="]],
    [" a =1;b=2 ", [" a =1", "b=2 "]],
  ])("FP-1: %s", (text, expected) => {
    expect([...(structuredParts(text) ?? [])].map((part) => part.join("="))).toEqual(expected);
  });

  it.each(["a=1", "a", "a=1;", ";a=1", "a=1;b", "a=1;=2", "a=1;a=2", "a=1;b=2;a=1"])("FP-1: not %s", (text) => {
    expect(structuredParts(text)).toBeNull();
  });

  it("FP-1: at most 32 parts", () => {
    const many = (count: number) =>
      parts(Object.fromEntries(Array.from({ length: count }, (_, nth) => [`p${nth}`, 1])));
    expect([structuredParts(many(32))?.size, structuredParts(many(33))]).toEqual([32, null]);
  });
});

describe("how many parts have to be equal", () => {
  it.each([
    ["fuzzy", 2, 2],
    ["fuzzy", 3, 2],
    ["fuzzy", 5, 3],
    ["fuzzy", 8, 4],
    ["fuzzy", 32, 16],
    ["loose", 2, 2],
    ["loose", 8, 2],
    ["loose", 9, 3],
    ["loose", 32, 8],
  ] as const)("FP-1: %s, of %i parts: %i", (fingerprintMatchingStrategy, size, needed) => {
    const of = (equal: number) =>
      parts(Object.fromEntries(Array.from({ length: size }, (_, nth) => [`p${nth}`, nth < equal ? 1 : `n${equal}`])));
    for (const [equal, isSame] of [
      [needed, true],
      [needed - 1, false],
    ] as const) {
      const world = fuzzy({ fingerprintMatchingStrategy });
      const first = value(world.activate(of(size))).activationId;
      expect(value(world.activate(of(equal))).activationId === first).toBe(isSame);
      expect(world.renew(first, { fingerprint: of(equal) }).ok).toBe(isSame);
    }
  });

  it("FP-1: of the fingerprint that has more parts, whichever that is", () => {
    for (const [one, other] of [
      ["a=1;b=2", "a=1;b=2;c=3;d=4;e=5"],
      ["a=1;b=2;c=3;d=4;e=5", "b=2;a=1"],
    ] as const) {
      const world = fuzzy();
      value(world.activate(one));
      expect(again(world, other)).toBe(false);
    }
    const world = fuzzy();
    value(world.activate("a=1;b=2;c=3"));
    expect(again(world, "d=9;b=2;a=1;c=3")).toBe(true);
  });

  it("FP-1: values that could not be read are nobody's; the same text is the same device all the same", () => {
    const world = fuzzy();
    value(world.activate("cpu=;board=;disk=;net=7"));
    expect(again(world, "cpu=;board=;disk=;net=8")).toBe(false);
    expect(again(world, "cpu=;board=;disk=;net=7")).toBe(true);
  });

  it("FP-1: `exact` compares texts, and so does every strategy where one of the two is no list", () => {
    const exact = nodeLocked({ allowedActivations: 0 });
    value(exact.activate("a=1;b=2"));
    expect(again(exact, "b=2;a=1")).toBe(false);
    const world = fuzzy();
    value(world.activate("a=1;b=2;a=1"));
    expect(again(world, "a=1;b=2")).toBe(false);
    expect(again(world, "a=1;b=2;a=1")).toBe(true);
  });

  it("FP-1: agrees with a comparison by the letter", () => {
    const text = fc
      .uniqueArray(fc.record({ name: fc.constantFrom(..."abcdefgh"), value: fc.constantFrom("", "1", "2") }), {
        minLength: 2,
        selector: ({ name }) => name,
      })
      .map((list) => list.map((part) => `${part.name}=${part.value}`).join(";"));
    fc.assert(
      fc.property(fc.constantFrom("fuzzy" as const, "loose" as const), text, text, (strategy, one, other) => {
        const [a, b] = [structuredParts(one), structuredParts(other)];
        if (a === null || b === null) throw new Error("not a list of parts");
        expect(likeness(strategy, a, b)).toBe(likenessOf(strategy, one, other));
      }),
    );
  });
});

describe("which activation a device is", () => {
  it("FP-1: the best match, then the oldest; never drifting from what was presented first", () => {
    const world = fuzzy();
    const oldest = value(world.activate(eight(0))).activationId;
    const better = value(world.activate(`${eight(5)};more=1`)).activationId;
    expect(better).not.toBe(oldest);
    expect(value(world.activate(eight(4))).activationId).toBe(better);
    expect(value(world.activate(eight(2))).activationId).toBe(oldest);
    // From 0 to 4 to 8 changed parts is no way: the activation is still the first one's.
    value(world.activate(eight(3, "new")));
    expect(world.rows()[0]?.facts.firstFingerprint).toBe(eight(0));
    const twice = fuzzy();
    const [first] = ["x=1;y=1;a=1;b=1", "x=1;y=1;c=1;d=1"].map((text) => value(twice.activate(text)).activationId);
    expect(twice.rows()).toHaveLength(1);
    expect(value(twice.activate("x=1;y=1;e=1;f=1")).activationId).toBe(first);
  });

  it("FP-1, SEAT-3: one that is only alike, and another owner's, is a new device", () => {
    const world = fuzzy();
    const hers = value(world.activate(eight(0), ADA)).activationId;
    expect(value(world.activate(eight(1))).activationId).not.toBe(hers);
    expect(refusal(world.activate(eight(0))).code).toBe("device-already-activated");
    // Nor does she take over what is only like her device.
    const anonymous = value(world.activate(eight(0, "x").replaceAll("=", "=z"))).activationId;
    expect(value(world.activate(eight(1).replaceAll("=", "=z"), ADA)).activationId).not.toBe(anonymous);
    expect(value(world.activate(eight(3), ADA)).activationId).toBe(hers);
  });

  it("CALL-2: a check agrees, and tells of no session that is only alike", () => {
    const world = fuzzy({ allowedActivations: 1 });
    const { activationId } = value(world.activate(eight(0)));
    expect(value(world.check(eight(0)))).toMatchObject({ refusal: null, activated: true, activationId });
    expect(value(world.check(eight(3)))).toMatchObject({ refusal: null, activated: null, activationId: null });
    expect(value(world.check(eight(5))).refusal?.code).toBe("seats-exhausted");
  });

  it("SEAT-10: takes a hold over that is alike, swept or not, on a full license too", () => {
    for (const end of [
      (world: MapWorld, id: string) => value(world.checkOut(id)),
      (world: MapWorld) => world.pass(HOUR),
    ]) {
      const world = floating({
        fingerprintMatchingStrategy: "fuzzy",
        seatRelease: "after-token",
        leaseGracePeriod: 7200,
      });
      end(world, value(world.activate(eight(0))).activationId);
      expect(refusal(world.activate(eight(5))).code).toBe("seats-exhausted");
      expect(value(world.activate(eight(2))).tokenEndBefore).toBe(START + 3 * HOUR);
      expect(world.rows()).toHaveLength(1);
      expect(world.tally()).toMatchObject({ seatsTaken: 1, activationsTaken: 1 });
      // It is this device's from now on: a new activation, with a first fingerprint of its own.
      expect(value(world.activate(eight(6))).generation).toBe(2);
    }
  });

  it("SEAT-3: `reject` refuses what is alike", () => {
    const world = fuzzy({ duplicateActivation: "reject" });
    value(world.activate(eight(0)));
    expect(refusal(world.activate(eight(4))).code).toBe("device-already-activated");
    expect(world.activate(eight(5)).ok).toBe(true);
  });

  it("EXP-3, EXP-10: has the clock of the activation that it is; what is remembered goes by the exact fingerprint", () => {
    const world = fuzzy({ expirationStrategy: "rolling", subscriptionInterval: MONTHLY });
    const { activationId, licenseExpiresAt } = value(world.activate(eight(0)));
    world.pass(HOUR);
    expect(value(world.activate(eight(4))).licenseExpiresAt).toBe(licenseExpiresAt);
    value(world.checkOut(activationId));
    expect(value(world.activate(eight(4))).licenseExpiresAt).not.toBe(licenseExpiresAt);
    value(world.endActivation(world.rows()[0]?.id ?? ""));
    expect(value(world.activate(eight(0))).licenseExpiresAt).toBe(licenseExpiresAt);
    world.clock = licenseExpiresAt ?? 0;
    expect(refusal(world.activate(eight(3))).code).toBe("license-expired");
  });

  it("SEAT-8: no part is left behind, whatever the strategy is by then", () => {
    const world = fuzzy({ seatRelease: "at-once" });
    const { activationId } = value(world.activate(eight(0)));
    value(world.patch({ revoked: true }));
    value(world.patch({ revoked: false, fingerprintMatchingStrategy: "exact" }));
    expect(world.maps.parts.areUsed()).toBe(true);
    expect(again(world, eight(0))).toBe(false);
    world.tidy();
    expect([world.maps.parts.areUsed(), world.look(activationId, { principal: MANAGER }).ok]).toEqual([false, false]);
  });
});

describe("parts that many have", () => {
  it("FP-1: 256 may carry one, and the best of them is found; with one more it identifies nobody", () => {
    const world = fuzzy();
    // Under `fuzzy` they would be one device; so each has four parts that are its own.
    const own = (nth: number) => parts({ a: nth, b: nth, c: nth, d: nth, make: "x", model: "y", os: "z" });
    for (let nth = 0; nth < 256; nth += 1) value(world.activate(own(nth)));
    const [first] = world.rows();
    const common = (more: object) => parts({ a: 9, b: 9, c: 9, d: "n", make: "x", model: "y", os: "z", ...more });
    expect(world.rows()).toHaveLength(256);
    expect(value(world.activate(common({ a: "n", b: "n", c: "n", d: 0 }))).activationId).toBe(first?.id);
    value(world.activate(own(256)));
    // Found by its rare part, and all equal parts count.
    expect(value(world.activate(common({ a: "n", b: "n", c: "n", d: 0 }))).activationId).toBe(first?.id);
    expect(again(world, parts({ a: "m", make: "x", model: "y", os: "z" }))).toBe(false);
  });
});

describe("userLocked", () => {
  const by = (userHash: string | null) => ({ device: { ...NO_CLAIMS, userHash } });

  it("NET-1: needs the user's hash, before anything else is looked at", () => {
    const world = nodeLocked({ userLocked: true }, { revoked: true });
    const missing = { code: "invalid-member", pointer: "/userHash" };
    expect(refusal(world.activate("a", by(null)))).toMatchObject(missing);
    expect(refusal(world.check("a", by(null)))).toMatchObject(missing);
    expect(value(world.check(null)).refusal?.code).toBe("license-revoked");
  });

  it("SEAT-3: a device is a fingerprint and a user's hash; elsewhere the hash means nothing", () => {
    const world = nodeLocked({ userLocked: true, allowedActivations: 2 });
    const hers = value(world.activate("a", by("ada"))).activationId;
    expect(value(world.activate("a", by("bob"))).activationId).not.toBe(hers);
    expect(value(world.activate("a", by("ada"))).activationId).toBe(hers);
    expect(world.renew(hers, { fingerprint: "a" }).ok).toBe(true);
    const open = nodeLocked();
    value(open.activate("a", by("ada")));
    expect(value(open.activate("a", by("bob"))).generation).toBe(2);
    expect(JSON.stringify(open.rows())).not.toContain("ada");
  });

  it("FP-1: users of one machine are not alike, and do not make its parts common", () => {
    const world = fuzzy({ userLocked: true });
    for (let nth = 0; nth < 300; nth += 1) value(world.activate(eight(0), by(`user ${nth}`)));
    expect(world.rows()).toHaveLength(300);
    expect(value(world.activate(eight(3), by("user 7"))).activationId).toBe(world.rows()[7]?.id);
  });

  it("EXP-3: the end is remembered by fingerprint and user", () => {
    const world = nodeLocked({
      userLocked: true,
      expirationStrategy: "rolling",
      validity: 3600,
      allowedActivations: 0,
    });
    value(world.checkOut(value(world.activate("a", by("ada"))).activationId));
    world.pass(1000);
    expect(value(world.activate("a", by("ada"))).licenseExpiresAt).toBe(START + HOUR);
    expect(value(world.activate("a", by("bob"))).licenseExpiresAt).toBe(START + 1000 + HOUR);
  });

  it("TPL-2: changes by a plan alone, and only while nothing is live", () => {
    const world = nodeLocked();
    const plan = { id: "p", template: { userLocked: true }, pointer: "/licenseTemplateId" };
    const { activationId } = value(world.activate("a"));
    expect(refusal(world.patch({ plan }))).toEqual({
      code: "activations-live",
      pointer: "/licenseTemplateId",
      live: 1,
    });
    value(world.checkOut(activationId));
    expect(value(world.patch({ plan })).license.terms.userLocked).toBe(true);
    const readOnly = [{ pointer: "/userLocked", member: "userLocked", value: false }] as const;
    expect(refusal(world.patch({ readOnly }))).toMatchObject({ code: "invalid-member", pointer: "/userLocked" });
  });
});

it("FP-1: a fingerprint that was made so that two of its parts have one short digest is found by it once", () => {
  const alike = { digest: () => "0123456789abcdef".repeat(2) };
  expect(partsOf("a=1;b=2", { lockedTo: null, holder: null }, alike)).toEqual(["0123456789abcdef"]);
});
