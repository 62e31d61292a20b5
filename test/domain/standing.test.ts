import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endAt } from "../../src/domain/terms/expiry.ts";
import { standing } from "../../src/domain/terms/license.ts";
import { standingRefusal } from "../../src/domain/license/standing.ts";
import { CREATED, terms } from "./samples.ts";

const NOW = CREATED + 1_000_000;

describe("standing", () => {
  it("STAND-1: an active license refuses nobody", () => {
    expect(standingRefusal(terms(), NOW)).toBeNull();
    expect(standingRefusal(terms({}, { end: endAt(NOW + 1), effectiveAt: NOW }), NOW)).toBeNull();
  });

  it("STAND-1: each refusal carries its evidence", () => {
    expect(standingRefusal(terms({}, { revoked: true }), NOW)).toEqual({ code: "license-revoked" });
    expect(standingRefusal(terms({}, { suspended: true }), NOW)).toEqual({ code: "license-suspended" });
    expect(standingRefusal(terms({}, { end: endAt(NOW - 1) }), NOW)).toEqual({
      code: "license-expired",
      expiresAt: NOW - 1,
    });
    expect(standingRefusal(terms({}, { effectiveAt: NOW + 1 }), NOW)).toEqual({
      code: "license-not-yet-effective",
      effectiveAt: NOW + 1,
      retryAfterSeconds: 1,
    });
  });

  it("EXP-9: the instant of the end counts as expired", () => {
    expect(standingRefusal(terms({}, { end: endAt(NOW) }), NOW)?.code).toBe("license-expired");
    expect(standingRefusal(terms({}, { end: endAt(NOW) }), NOW - 1)).toBeNull();
  });

  it("EXP-10: a rolling activation's own end decides instead of the license's", () => {
    const rolling = terms({ expirationStrategy: "rolling", validity: 60 });
    expect(standingRefusal(rolling, NOW)).toBeNull();
    expect(standingRefusal(rolling, NOW, NOW)).toEqual({ code: "license-expired", expiresAt: NOW });
    expect(standingRefusal(rolling, NOW, NOW + 1)).toBeNull();
    expect(standingRefusal(rolling, NOW, null)).toBeNull();
  });

  it("STAND-1: the precedence is revoked, not yet effective, expired, suspended, and agrees with the standing shown", () => {
    const offsets = fc.constantFrom(-1, 0, 1);
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.boolean(),
        fc.option(offsets),
        fc.option(offsets),
        (revoked, suspended, effective, end) => {
          const changed = terms(
            {},
            {
              revoked,
              suspended,
              effectiveAt: effective === null ? null : NOW + effective,
              end: end === null ? null : endAt(NOW + end),
            },
          );
          const shown = standing(changed, NOW);
          expect(standingRefusal(changed, NOW)?.code ?? "license-active").toBe(`license-${shown}`);
          if (revoked) expect(shown).toBe("revoked");
          else if (effective === 1) expect(shown).toBe("not-yet-effective");
          else if (end !== null && end <= 0) expect(shown).toBe("expired");
          else expect(shown).toBe(suspended ? "suspended" : "active");
        },
      ),
    );
  });
});
