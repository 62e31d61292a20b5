/** Which releases a license is for, and the latest that it was used with (REL-1, NET-1, AUTH-6, LEASE-6). */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { releaseRefusal } from "../../src/domain/license/release.ts";
import { isLater, releaseVersion } from "../../src/domain/terms/release-version.ts";
import { saying } from "../support/world.ts";
import { refusal, value } from "./samples.ts";
import { floating, nodeLocked } from "./worlds.ts";

const telling = (version: string | null) => saying({ releaseVersion: version });

function later(one: string, other: string): boolean | null {
  const [version, than] = [releaseVersion(one), releaseVersion(other)];
  return version === null || than === null ? null : isLater(version, than);
}

describe("a release version", () => {
  it.each([
    "1",
    "1.",
    ".1",
    "1.2.3.4.5",
    "v1.2",
    "1.2-beta",
    " 1.2",
    "1.2 ",
    "1..2",
    "-1.2",
    "1,2",
    "١.٢",
    "",
    "1.2\n",
  ])("NET-1: is not %j", (text) => {
    expect(releaseVersion(text)).toBeNull();
  });

  it.each([
    ["1.10", "1.9", true],
    ["2.0", "1.99.99.99", true],
    ["1.2.0.1", "1.2", true],
    ["1.2.0.0", "1.2", false],
    ["01.002", "1.2", false],
    ["1.2", "1.2.0.1", false],
    ["20261130.1", "9.9", true],
    // No number in JavaScript tells these two apart.
    ["1.9007199254740993", "1.9007199254740992", true],
    [`1.${"9".repeat(250)}`, "1.2", true],
  ])("REL-1: whether %s is later than %s: %s", (one, other, expected) => {
    expect(later(one, other)).toBe(expected);
  });

  it("REL-1: of two versions one is later, or they are the same, number by number", () => {
    const numbers = fc.array(fc.nat({ max: 1200 }), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(numbers, numbers, (one, other) => {
        const places = [0, 1, 2, 3].map((at) => (one[at] ?? 0) - (other[at] ?? 0));
        expect(later(one.join("."), other.join("."))).toBe((places.find((difference) => difference !== 0) ?? 0) > 0);
      }),
    );
  });
});

describe("maxAllowedReleaseVersion", () => {
  it.each([
    [null, null, true],
    [null, "junk", true],
    ["1.9", "1.9", true],
    ["1.9", "1.9.0.0", true],
    ["1.9", "0.1", true],
    ["1.9", "1.9.0.1", false],
    ["1.9", "1.10", false],
    ["1.9", null, false],
    ["1.9", "1", false],
    ["1.9", "1.9-beta", false],
  ])("REL-1, NET-1: %s, of a device that tells %s: %s", (most, told, isAllowed) => {
    const refused = releaseRefusal(
      { maxAllowedReleaseVersion: most, maintenance: null },
      null,
      { releaseVersion: told, releasePublishedAt: null },
      0,
    );
    expect(refused?.code ?? null).toBe(isAllowed ? null : "version-not-allowed");
  });

  it("REL-1, AUTH-6: binds at an activation and at a sync, and not at a renewal", () => {
    const world = floating();
    const { activationId } = value(world.activate("a", telling("2.0")));
    value(world.patch({ maxAllowedReleaseVersion: "1.9" }));
    const before = world.rows();
    const refused = { code: "version-not-allowed", version: "2.0", why: { kind: "limit", latest: "1.9" } };
    expect(refusal(world.activate("a", telling("2.0")))).toEqual(refused);
    expect(refusal(world.sync(activationId, "a", telling("2.0")))).toEqual(refused);
    expect(value(world.check("a", telling("2.0")))).toMatchObject({ refusal: refused, standing: null, seats: null });
    expect(refusal(world.sync(activationId, "a"))).toEqual({ ...refused, version: null });
    expect(world.rows()).toEqual(before);
    value(world.renew(activationId));
    value(world.checkIn(activationId));
    value(world.sync(activationId, "a", telling("1.9")));
  });
});

describe("currentReleaseVersion", () => {
  it("REL-1: is the latest of any activation, ever; what is refused, and what is no version, moves nothing", () => {
    const world = nodeLocked({ allowedActivations: 2 });
    const current = () => world.view().currentReleaseVersion;
    expect(current()).toBeNull();
    const { activationId } = value(world.activate("a", telling("junk")));
    expect(current()).toBeNull();
    value(world.sync(activationId, "a", telling("1.2")));
    value(world.activate("a", telling("1.2.0")));
    expect(current()).toBe("1.2");
    value(world.activate("b", telling("1.10")));
    value(world.sync(activationId, "a", telling("1.9")));
    refusal(world.activate("c", telling("3.0")));
    expect(current()).toBe("1.10");
    value(world.patch({ maxAllowedReleaseVersion: "1.11" }));
    refusal(world.sync(activationId, "a", telling("2.0")));
    world.evict();
    expect(current()).toBe("1.10");
    value(world.deactivate(activationId, "a"));
    expect(current()).toBe("1.10");
  });

  it("REL-1, LEASE-6: costs a row only where it moves, no event, no revision, and D1 hears of it then", () => {
    const world = floating();
    const { activationId } = value(world.activate("a", telling("1.0")));
    const seen = () => ({ tally: world.tally(), events: world.events().length, license: world.ledger.license() });
    const before = seen();
    value(world.activate("a", telling("1.0.0")));
    value(world.sync(activationId, "a", telling("0.9")));
    value(world.sync(activationId, "a"));
    expect(seen()).toEqual(before);
    value(world.sync(activationId, "a", telling("1.1")));
    value(world.activate("a", telling("1.2")));
    expect(seen()).toMatchObject({ events: before.events, license: before.license, tally: { releaseVersion: "1.2" } });
  });
});
