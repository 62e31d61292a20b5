/** Meter attributes: what is counted, for whom, and when it comes back (METER-1). */

import { describe, expect, it } from "vitest";

import { keyed, licenseUser, person } from "../support/world.ts";
import { BOTH, gross, meter, told, totals, uses, V3 } from "./meter-worlds.ts";
import { invalid, refusal, value } from "./samples.ts";
import { floating, HOUR, nodeLocked, type MapWorld } from "./worlds.ts";

describe("uses of a meter attribute", () => {
  it("METER-1: are counted with the activation, at a sync and by their own call, and its token says so", () => {
    const world = nodeLocked(BOTH);
    const made = value(world.activate("a", uses("pages", 2)));
    const { activationId } = made;
    expect(made.statement?.activationMeters).toEqual([
      { name: "pages", uses: 2 },
      { name: "tabs", uses: 0 },
    ]);
    value(world.sync(activationId, "a", uses("pages", 3)));
    const counted = value(world.countUses(activationId, "tabs", 4));
    expect(counted.statement?.licenseMeters).toEqual([
      { id: "pages", name: "pages", allowedUses: 10, totalUses: 5, grossUses: 5 },
      { id: "tabs", name: "tabs", allowedUses: 10, totalUses: 4, grossUses: 4 },
    ]);
    value(world.activate("a", uses("tabs", -1)));
    expect(totals(world)).toEqual({ pages: 5, tabs: 3 });
    expect(value(world.seeActivation(activationId)).meterAttributes).toEqual([
      { name: "pages", uses: 5 },
      { name: "tabs", uses: 3 },
    ]);
    expect(told(world, "activation.updated")).toMatchObject([
      { meterAttributes: { before: [{ name: "pages", uses: 2 }], after: [{ name: "pages", uses: 5 }] } },
      { meterAttributes: { before: [{ uses: 5 }], after: [{ uses: 5 }, { name: "tabs", uses: 4 }] } },
      { meterAttributes: { before: [{ uses: 5 }, { uses: 4 }], after: [{ uses: 5 }, { uses: 3 }] } },
    ]);
  });

  it("METER-1: past the limit nothing of the call happens, floating or not", () => {
    const world = nodeLocked(BOTH);
    const { activationId } = value(world.activate("a", uses("pages", 9)));
    const before = world.stored();
    const exhausted = { code: "uses-exhausted", name: "pages", limit: 10, used: 9 };
    for (const answer of [
      world.activate("b", uses("pages", 2)),
      world.activate("a", uses("pages", 2)),
      world.activate("b", { ...V3, uses: [...uses("tabs", 1).uses, ...uses("pages", 2).uses] }),
      world.sync(activationId, "a", uses("pages", Number.MAX_SAFE_INTEGER)),
      world.countUses(activationId, "pages", 2),
    ])
      expect(refusal(answer)).toEqual(exhausted);
    expect(refusal(world.countUses(activationId, "tabs", 11)).code).toBe("uses-exhausted");
    expect(world.stored()).toEqual(before);
    value(world.countUses(activationId, "pages", 1));
    expect(totals(world)).toEqual({ pages: 10, tabs: 0 });
  });

  it("METER-1: an activation gives back no more than it has used, and what was used ever does not fall", () => {
    const world = nodeLocked(BOTH);
    const ids = ["a", "b"].map((device) => value(world.activate(device, uses("pages", 3))).activationId);
    value(world.countUses(ids[0] ?? "", "pages", -Number.MAX_SAFE_INTEGER));
    expect([totals(world)["pages"], gross(world, "pages")]).toEqual([3, 6]);
    const before = world.stored();
    value(world.countUses(ids[0] ?? "", "pages", -1));
    value(world.countUses(ids[0] ?? "", "pages", 0));
    expect(world.events()).toHaveLength((before as readonly { length: number }[])[3]?.length ?? 0);
  });

  it("METER-1: without a limit there is none but what a number holds", () => {
    const world = nodeLocked({ meterAttributes: [meter("all")] });
    const { activationId } = value(world.activate("a", uses("all", Number.MAX_SAFE_INTEGER)));
    expect(refusal(world.countUses(activationId, "all", 1)).code).toBe("uses-exhausted");
    value(world.countUses(activationId, "all", -5));
    value(world.countUses(activationId, "all", 5));
    expect([totals(world)["all"], gross(world, "all")]).toEqual([Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
  });

  it("METER-1: of a name or an id that the license does not have there are none", () => {
    const world = nodeLocked(BOTH);
    expect(refusal(world.activate("a", uses("Pages", 1)))).toEqual(invalid("/meterAttributes/0/name"));
    const { activationId } = value(world.activate("a", V3));
    expect(refusal(world.countUses(activationId, "nobody's", 1)).code).toBe("meter-unknown");
  });

  it("METER-1: come back with the end of their activation, however it ends, where they float", () => {
    for (const seatRelease of ["at-once", "after-token"] as const) {
      const ways: Readonly<Record<string, (world: MapWorld, id: string) => void>> = {
        "check-out": (world, id) => value(world.checkOut(id)),
        deactivation: (world, id) => value(world.deactivate(id, "a")),
        deletion: (world, id) => value(world.endActivation(id)),
        "deletion of many": (world) => world.endActivations({}),
        "a lapse that nobody has swept": (world) => world.pass(HOUR),
        "a lapse that an alarm has swept": (world) => {
          world.pass(HOUR);
          world.tidy();
        },
        revoking: (world) => {
          value(world.patch({ revoked: true }));
          world.tidy();
          value(world.patch({ revoked: false }));
        },
      };
      for (const [way, end] of Object.entries(ways)) {
        const world = floating({ ...BOTH, seatRelease });
        const { activationId } = value(
          world.activate("a", { ...V3, uses: [...uses("pages", 4).uses, ...uses("tabs", 9).uses] }),
        );
        expect(totals(world), way).toEqual({ pages: 4, tabs: 9 });
        end(world, activationId);
        expect(totals(world), way).toEqual({ pages: 4, tabs: 0 });
        const next = value(world.activate("a", uses("tabs", 10)));
        expect(next.statement?.activationMeters, way).toEqual([
          { name: "pages", uses: 0 },
          { name: "tabs", uses: 10 },
        ]);
        world.pass(5 * HOUR);
        world.tidy();
        world.tidy();
        expect(totals(world), way).toEqual({ pages: 4, tabs: 0 });
      }
    }
  });

  it("METER-1, AUTH-6: those of people come back when the license is another's, those of nobody stay", () => {
    const world = nodeLocked(BOTH);
    value(world.activate("a", uses("tabs", 1)));
    value(world.activate("b", uses("tabs", 2)));
    value(world.activate("c", { ...uses("tabs", 3), principal: person("ada") }));
    value(world.activate("b", { ...uses("tabs", 2), principal: person("ada") }));
    expect(totals(world)["tabs"]).toBe(8);
    value(world.patch({ user: licenseUser("bob") }));
    expect(totals(world)["tabs"]).toBe(1);
    world.tidy();
    expect([totals(world)["tabs"], gross(world, "tabs")]).toEqual([1, 8]);
  });

  it("METER-1: of an activation that was never delivered no use is counted", () => {
    const world = floating(BOTH);
    const { activationId, generation } = value(world.activate("a", uses("pages", 4)));
    value(world.checkOut(activationId, { undelivered: generation }));
    expect(totals(world)).toEqual({ pages: 0, tabs: 0 });
  });

  it("METER-1: are counted of expired and suspended licenses, too, and of no revoked one (STAND-1)", () => {
    const world = nodeLocked({ ...BOTH, validity: 86_400 * 2 });
    const { activationId } = value(world.activate("a", V3));
    value(world.patch({ suspended: true }));
    world.pass(48 * HOUR);
    expect(value(world.countUses(activationId, "pages", 1)).activationId).toBe(activationId);
    expect(refusal(world.countUses(activationId, "pages", 1, { productId: "another" })).code).toBe("product-mismatch");
    value(world.patch({ revoked: true }));
    expect(refusal(world.countUses(activationId, "pages", 1)).code).toBe("license-revoked");
  });

  it("METER-1, AUTH-7: of a person's activation count for that person alone, or for the vendor", () => {
    const world = nodeLocked(BOTH);
    const { activationId } = value(world.activate("a", { ...V3, principal: person("ada") }));
    expect(refusal(world.countUses(activationId, "pages", 1)).code).toBe("not-session-owner");
    const eve = { principal: person("eve") };
    expect(refusal(world.countUses(activationId, "pages", 1, eve)).code).toBe("not-session-owner");
    value(world.countUses(activationId, "pages", 1, { principal: person("ada") }));
    expect(totals(world)["pages"]).toBe(1);
  });

  it("METER-1, LEASE-5: nothing is counted for a lapse, and counting renews no lease", () => {
    const world = floating(BOTH);
    const { activationId, leaseExpiresAt } = value(world.activate("a", V3));
    world.pass(HOUR / 2);
    expect(value(world.countUses(activationId, "tabs", 1)).leaseExpiresAt).toBe(leaseExpiresAt);
    world.pass(HOUR / 2);
    expect(refusal(world.countUses(activationId, "tabs", 1)).code).toBe("session-unknown");
  });

  it("METER-1, MGMT-4: the same call again counts nothing, and finds its activation as it is", () => {
    const world = floating(BOTH);
    const { activationId } = value(world.activate("a", V3));
    const call = { idempotency: keyed("k") };
    value(world.countUses(activationId, "pages", 3, call));
    value(world.countUses(activationId, "pages", 1));
    const repeated = value(world.countUses(activationId, "pages", 3, call));
    expect(repeated).toMatchObject({ repeated: true, activationId });
    expect(repeated.statement?.activationMeters?.[0]).toEqual({ name: "pages", uses: 4 });
    const other = { idempotency: keyed("k", "another body") };
    expect(refusal(world.countUses(activationId, "pages", 4, other)).code).toBe("idempotency-key-reused");
    const once = value(world.activateOnce(keyed("a"), "b", uses("pages", 2)));
    expect(value(world.activateOnce(keyed("a"), "b", uses("pages", 2))).activationId).toBe(once.activationId);
    expect(totals(world)["pages"]).toBe(6);
    world.pass(HOUR);
    expect(refusal(world.countUses(activationId, "pages", 3, call)).code).toBe("activation-ended");
  });
});
