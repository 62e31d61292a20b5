/** What a device is judged by beside its standing (CHK-1): the product that its app names, and whom STAND-1 lets in. */

import { describe, expect, it } from "vitest";
import { endAt } from "../../src/domain/terms/expiry.ts";
import { unusableRefusal } from "../../src/domain/license/standing.ts";
import { person } from "../support/world.ts";
import { CREATED, refusal, terms, value } from "./samples.ts";
import { HOUR, nodeLocked, START } from "./worlds.ts";

const [OWN, COVERED, OTHER] = ["product", "covered", "other"] as const;
const covering = { productId: OWN, licensedProductIds: [OWN, COVERED] };

describe("the product", () => {
  it("NET-2, CHK-1: is the license's own or one that it covers, and where none is named any", () => {
    const world = nodeLocked({ ...covering, allowedActivations: 4 });
    for (const productId of [OWN, COVERED, null]) value(world.activate("a", { productId }));
    expect(refusal(world.activate("b", { productId: OTHER }))).toEqual({ code: "product-mismatch" });
    expect(world.tally().seatsTaken).toBe(1);
  });

  it("CHK-1: comes after the standing and before the user, and a check that fails at it tells nothing", () => {
    const world = nodeLocked({ ...covering, requireAuthentication: true });
    expect(refusal(world.activate("a", { productId: OTHER })).code).toBe("product-mismatch");
    expect(refusal(world.activate("a", { productId: OWN })).code).toBe("authentication-required");
    expect(value(world.check("a", { productId: OTHER, mayReadLicense: true }))).toMatchObject({
      refusal: { code: "product-mismatch" },
      ...{ standing: null, expiresAt: null, activated: null, seats: null, licensedProductIds: null },
    });
    value(world.patch({ suspended: true }));
    expect(refusal(world.activate("a", { productId: OTHER })).code).toBe("license-suspended");
  });
});

describe("whom an ended license admits", () => {
  it("STAND-1: a call that takes them gets in on an expired and on a suspended license, any other does not", () => {
    const world = nodeLocked({ validity: 3600, allowedActivations: 2 });
    world.clock = START + HOUR;
    expect(refusal(world.activate("a")).code).toBe("license-expired");
    const { activationId } = value(world.activate("a", { admitsEnded: true }));
    value(world.patch({ suspended: true }));
    expect(value(world.activate("a", { admitsEnded: true })).activationId).toBe(activationId);
    value(world.setExpiresAt(null));
    expect(refusal(world.activate("a")).code).toBe("license-suspended");
    value(world.activate("b", { admitsEnded: true }));
    expect(world.tally().seatsTaken).toBe(2);
  });

  it("STAND-1: nobody gets in on a revoked license, nor on one that has not begun", () => {
    const now = CREATED + 5;
    expect(unusableRefusal(terms({}, { revoked: true, effectiveAt: now + 1 }), now)).toEqual({
      code: "license-revoked",
    });
    expect(unusableRefusal(terms({}, { effectiveAt: now + 1 }), now)?.code).toBe("license-not-yet-effective");
    expect(unusableRefusal(terms({}, { effectiveAt: now, suspended: true, end: endAt(now) }), now)).toBeNull();
    const world = nodeLocked();
    value(world.patch({ effectiveAt: world.clock + 1 }));
    const ada = { principal: person("ada"), admitsEnded: true };
    expect(refusal(world.activate("a", ada)).code).toBe("license-not-yet-effective");
    value(world.patch({ revoked: true }));
    expect(refusal(world.activate("a", ada)).code).toBe("license-revoked");
  });
});
