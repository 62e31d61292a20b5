/** ERR-1: what each refusal says on either API: what happened, and what whoever reads it does next. */

import { describe, expect, it } from "vitest";
import type { Refusal, RefusalCode, RefusalOf } from "../../src/domain/refusal.ts";
import { problemOf as activationProblem } from "../../src/http/activation/refusals.ts";
import { kindOf } from "../../src/http/codes.ts";
import { valueOf } from "../../src/http/management/resource/refusals.ts";
import { Problem } from "../../src/http/problem.ts";

const AT = Date.UTC(2026, 4, 1, 12);

const EACH: { readonly [Code in RefusalCode]: RefusalOf<Code> } = {
  "invalid-member": { code: "invalid-member", pointer: "/name", detail: "must be something else" },
  "credentials-required": { code: "credentials-required" },
  "authentication-required": { code: "authentication-required" },
  "email-mismatch": { code: "email-mismatch" },
  "wrong-user": { code: "wrong-user" },
  "email-not-verified": { code: "email-not-verified" },
  "license-unknown": { code: "license-unknown" },
  "wrong-key": { code: "wrong-key" },
  "license-revoked": { code: "license-revoked" },
  "license-not-yet-effective": { code: "license-not-yet-effective", effectiveAt: AT, retryAfterSeconds: 90 },
  "license-expired": { code: "license-expired", expiresAt: AT },
  "license-suspended": { code: "license-suspended" },
  "license-lost": { code: "license-lost" },
  "product-mismatch": { code: "product-mismatch" },
  "product-unknown": { code: "product-unknown" },
  "trial-not-allowed": { code: "trial-not-allowed" },
  "trial-used-up": { code: "trial-used-up" },
  "country-not-allowed": { code: "country-not-allowed", country: "FR" },
  "ip-address-not-allowed": { code: "ip-address-not-allowed", address: "203.0.113.7" },
  "vm-not-allowed": { code: "vm-not-allowed" },
  "container-not-allowed": { code: "container-not-allowed" },
  "version-not-allowed": { code: "version-not-allowed", version: "2.0", why: { kind: "limit", latest: "1.9" } },
  "user-unknown": { code: "user-unknown" },
  "device-already-activated": { code: "device-already-activated" },
  "meter-unknown": { code: "meter-unknown" },
  "uses-exhausted": { code: "uses-exhausted", name: "pages", limit: 5, used: 5 },
  "seats-exhausted": { code: "seats-exhausted", limit: 5, used: 5, retryAfterSeconds: 90 },
  "idempotency-key-reused": { code: "idempotency-key-reused" },
  "activation-ended": { code: "activation-ended" },
  "too-many-requests": { code: "too-many-requests", retryAfterSeconds: 80_000 },
  "session-unknown": { code: "session-unknown" },
  "not-session-owner": { code: "not-session-owner" },
  "fingerprint-mismatch": { code: "fingerprint-mismatch" },
  "deactivation-limit-reached": { code: "deactivation-limit-reached", limit: 3 },
  "license-perpetual": { code: "license-perpetual" },
  "no-period": { code: "no-period" },
  "activations-live": { code: "activations-live", pointer: "/type", live: 2 },
  "already-exists": { code: "already-exists", pointer: "/key" },
  "precondition-failed": { code: "precondition-failed" },
  "in-use": { code: "in-use", by: "licenses", retryable: false },
  "key-too-new": { code: "key-too-new", retryAfterSeconds: 7 },
  "key-compromised": { code: "key-compromised" },
  "webhook-gone": { code: "webhook-gone" },
  "count-differs": { code: "count-differs", expected: 3, matched: 4 },
  "jobs-running": { code: "jobs-running", why: "same-act" },
  "scopes-missing": { code: "scopes-missing", scopes: ["license:read"] },
  "storage-unavailable": { code: "storage-unavailable" },
  overloaded: { code: "overloaded", what: "license" },
};

/** Of what no call of the activation API makes or names. */
const OF_CHANGES: ReadonlySet<string> = new Set([
  ...["license-perpetual", "no-period", "activations-live", "already-exists", "precondition-failed", "in-use"],
  ...["webhook-gone", "scopes-missing", "user-unknown", "product-mismatch", "meter-unknown", "uses-exhausted"],
  ...["count-differs", "jobs-running"],
  ...["product-unknown", "trial-not-allowed", "trial-used-up"],
]);
/** What there is to do is in the pointer's words, or there is nothing to find (ERR-3). */
const ANY_WORDS: ReadonlySet<string> = new Set(["NOT_FOUND", "invalid-request"]);
const NEXT_STEP =
  /\b(Send|Sign in|Use|Verify|Ask|Try again|Check out|Deactivate|Activate|Compare|Leave|Take|Restore|Set|Raise|Read|Enable|PATCH|Change|delete|choose|send)\b/;

function managementProblem(refusal: Refusal): Problem {
  try {
    valueOf({ ok: false, refusal });
  } catch (error) {
    if (error instanceof Problem) return error;
  }
  throw new Error("nothing was refused");
}

describe("a refusal", () => {
  const said = Object.values(EACH).flatMap((refusal): [string, Problem][] => [
    ...(OF_CHANGES.has(refusal.code)
      ? []
      : (["activation", "session"] as const).map((stage): [string, Problem] => [
          `${stage}: ${refusal.code}`,
          activationProblem(refusal, stage),
        ])),
    [`/v3: ${refusal.code}`, managementProblem(refusal)],
  ]);

  it.each(said)("ERR-1: %s says what happened and what to do next, shortly", (_, { code, detail }) => {
    expect(detail.length).toBeLessThan(200);
    if (ANY_WORDS.has(code)) return;
    expect(detail).toMatch(/^(\/\w+: |[A-Z0-9]).*[^ ]$/);
    expect(detail.split(/[.] [A-Z]/).length).toBeLessThanOrEqual(3);
    expect(detail).toMatch(NEXT_STEP);
    expect(kindOf(code).title).not.toBe(detail);
  });

  it("SEAT-4: a full license names its seats, how many are in use, and when one may be free", () => {
    const { evidence, detail } = activationProblem(EACH["seats-exhausted"], "activation");
    expect(evidence).toEqual({ limit: 5, used: 5, retryAfter: 90, action: "wait" });
    expect(detail).toContain("5 of 5 seats are in use");
    expect(detail).toContain("in 90 seconds");
    const lasting = { ...EACH["seats-exhausted"], retryAfterSeconds: null };
    const none = activationProblem(lasting, "activation");
    expect(none.evidence).toEqual({ limit: 5, used: 5 });
    expect(none.detail).toBe("5 of 5 seats are in use. Check out on a device that is not needed.");
    expect(managementProblem(lasting).detail).toBe(
      "5 of 5 activations are in use. Deactivate a device that is not needed.",
    );
  });

  it("STAND-1: an expired license says since when, and is 404 at activation", () => {
    const at = (stage: "activation" | "session") => activationProblem(EACH["license-expired"], stage);
    expect(at("session").detail).toBe("This license expired at 2026-05-01T12:00:00.000Z. Ask the vendor to renew it.");
    expect([at("activation").evidence.status, at("session").evidence.status]).toEqual([404, undefined]);
  });
});
