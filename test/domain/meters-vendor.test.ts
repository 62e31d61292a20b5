/** Meter attributes as the vendor sells, resets and changes them (METER-1). */

import { describe, expect, it } from "vitest";

import { keyed } from "../support/world.ts";
import { BOTH, gross, meter, PAGES, TABS, told, totals, uses, V3 } from "./meter-worlds.ts";
import { invalid, refusal, value } from "./samples.ts";
import { floating, MINUTE, nodeLocked, START } from "./worlds.ts";

describe("the vendor's side of meter attributes", () => {
  it("METER-1: a reset begins anew for everybody, is told with its counts, and what was used ever stays", () => {
    const world = floating(BOTH);
    const { activationId } = value(
      world.activate("a", { ...V3, uses: [...uses("pages", 4).uses, ...uses("tabs", 9).uses] }),
    );
    for (const id of ["pages", "tabs"]) value(world.resetUses(id));
    expect([totals(world), gross(world, "tabs")]).toEqual([{ pages: 0, tabs: 0 }, 9]);
    expect(value(world.seeActivation(activationId)).meterAttributes).toEqual([]);
    value(world.countUses(activationId, "pages", -4));
    value(world.countUses(activationId, "tabs", 10));
    expect(totals(world)).toEqual({ pages: 0, tabs: 10 });
    value(world.checkOut(activationId));
    expect([totals(world)["tabs"], gross(world, "tabs")]).toEqual([0, 19]);
    expect(told(world, "license.updated")).toMatchObject([
      {
        meterAttributes: { before: [{ totalUses: 4 }, { totalUses: 9 }], after: [{ totalUses: 0, grossUses: 4 }, {}] },
      },
      {
        meterAttributes: { before: [{ totalUses: 0 }, { totalUses: 9 }], after: [{}, { totalUses: 0, grossUses: 9 }] },
      },
    ]);
    const count = world.events().length;
    value(world.resetUses("pages"));
    expect(world.events()).toHaveLength(count);
    expect(refusal(world.resetUses("nobody's")).code).toBe("meter-unknown");
  });

  it("METER-1, MGMT-4: a reset that is sent again answers what it answered", () => {
    const world = nodeLocked(BOTH);
    const { activationId } = value(world.activate("a", uses("pages", 4)));
    const answer = value(world.resetUses("pages", keyed("r")));
    value(world.countUses(activationId, "pages", 1));
    expect(value(world.resetUses("pages", keyed("r")))).toEqual(answer);
    expect(totals(world)["pages"]).toBe(1);
  });

  it("METER-1: lapses of before a reset take nothing off what comes after", () => {
    const world = floating({ ...BOTH, leaseDuration: 60 });
    value(world.activate("a", uses("tabs", 9)));
    value(world.activate("b", { ...uses("tabs", 1), requestedLeaseSeconds: null }));
    world.pass(MINUTE);
    value(world.activate("c", uses("tabs", 5)));
    value(world.resetUses("tabs"));
    value(world.activate("c", uses("tabs", 7)));
    expect(totals(world)["tabs"]).toBe(7);
    world.tidy();
    expect(totals(world)["tabs"]).toBe(7);
  });

  it("METER-1, EVT-1: a reset of uses that a lapse has returned changes nothing, and is no event", () => {
    const world = floating({ ...BOTH, leaseDuration: 60 });
    value(world.activate("a", uses("tabs", 9)));
    world.pass(MINUTE);
    value(world.resetUses("tabs"));
    expect(told(world, "license.updated")).toEqual([]);
    world.tidy();
    expect(totals(world)["tabs"]).toBe(0);
    value(world.activate("a", uses("tabs", 10)));
  });

  it("METER-1, IN-2: a PATCH keeps ids and counts by name, and forgets what is gone", () => {
    const world = nodeLocked(BOTH);
    const { activationId } = value(world.activate("a", uses("pages", 4)));
    const { id: _, ...pages } = PAGES;
    const { id: __, ...tabs } = TABS;
    value(world.patch({ meterAttributes: [tabs, { ...pages, allowedUses: 3 }] }));
    expect(world.view().terms.meterAttributes.map(({ id }) => id)).toEqual(["tabs", "pages"]);
    expect(refusal(world.countUses(activationId, "pages", 1))).toMatchObject({ limit: 3, used: 4 });
    value(world.patch({ meterAttributes: [tabs] }));
    value(world.patch({ meterAttributes: [tabs, pages] }));
    const [, made] = world.view().terms.meterAttributes;
    expect([made?.id === "pages", totals(world), world.ledger.meters.all()]).toEqual([
      false,
      { tabs: 0, pages: 0 },
      [],
    ]);
    expect(value(world.seeActivation(activationId)).meterAttributes).toEqual([]);
    value(world.patch({ dropsMeter: "tabs" }));
    expect(world.view().terms.meterAttributes).toEqual([made]);
    expect(refusal(world.patch({ dropsMeter: "tabs" })).code).toBe("license-unknown");
  });

  it("METER-1: names are unique, there are at most 20, and what floats does so for good", () => {
    const { id: _, ...pages } = PAGES;
    const world = nodeLocked(BOTH);
    expect(refusal(world.patch({ meterAttributes: [pages, pages] }))).toEqual(invalid("/meterAttributes/1/name"));
    const many = Array.from({ length: 21 }, (__, nth) => ({ ...pages, name: `${nth}` }));
    expect(refusal(world.patch({ meterAttributes: many }))).toEqual(invalid("/meterAttributes"));
    const floats = { ...pages, floating: true };
    expect(refusal(world.patch({ meterAttributes: [floats] }))).toEqual(invalid("/meterAttributes/0/floating"));
  });

  it("METER-1: a token tells of what devices may see", () => {
    const world = nodeLocked({ meterAttributes: [meter("hidden", { viewPermissions: ["user"] }), PAGES] });
    const { statement } = value(
      world.activate("a", { ...V3, uses: [...uses("hidden", 1).uses, ...uses("pages", 1).uses] }),
    );
    expect(statement?.licenseMeters?.map(({ name }) => name)).toEqual(["pages"]);
    expect(statement?.activationMeters).toEqual([{ name: "pages", uses: 1 }]);
    expect(world.clock).toBe(START);
  });

  it("METER-1: a license without meter attributes asks nothing of them", () => {
    const world = floating({ allowedActivations: 0 });
    Object.defineProperty(world.ledger, "meters", { get: () => expect.fail("asked") });
    const { activationId } = value(world.activate("a", V3));
    value(world.sync(activationId, "a"));
    value(world.checkOut(activationId));
    value(world.patch({ revoked: true }));
    world.tidy();
    expect(world.view().meterUses).toBeUndefined();
  });
});
