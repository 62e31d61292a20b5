import { describe, expect, it } from "vitest";
import type { RenewalBase } from "../../src/domain/terms/expiry.ts";
import { endAt, licenseEnd } from "../../src/domain/terms/expiry.ts";
import type { License } from "../../src/domain/terms/license.ts";
import { extend, firstActivation, renew, setExpiresAt } from "../../src/domain/license/renewal.ts";
import { at, CREATED, DAY, invalid, license, MONTHLY, refusal, value } from "./samples.ts";

const NOW = CREATED + 10 * DAY;
const delayed = license({ expirationStrategy: "delayed", validity: 60 });
const end = (of: License): number | null => licenseEnd(of.terms.end);
const extended = (before: License, seconds: number, from: RenewalBase = "expiry"): License => ({
  ...before,
  terms: value(extend(before, seconds, from, NOW)).terms,
});
const renewed = (before: License): License => ({
  ...before,
  terms: value(renew(before, { from: "expiry" }, NOW)).terms,
});

describe("extend", () => {
  it("EXP-8: adds seconds to the end, `from` as renew, with or without a period", () => {
    expect(end(extended(license({ validity: 60 }), 5))).toBe(CREATED + 65_000);
    expect(end(extended(license({ validity: 60 }), 5, "now"))).toBe(NOW + 5000);
    expect(end(extended(license({ validity: 60 }), 5, "now-if-expired"))).toBe(NOW + 5000);
    expect(end(extended(license({ expiresAt: NOW + 1 }), 5, "now-if-expired"))).toBe(NOW + 5001);
  });

  it("EXP-8: is refused for a perpetual and a revoked license alone", () => {
    expect(refusal(extend(license(), 5, "now", NOW)).code).toBe("license-perpetual");
    expect(refusal(extend(license({ validity: 60, revoked: true }), 5, "now", NOW)).code).toBe("license-revoked");
    expect(extend(license({ validity: 60, suspended: true }), 5, "now", NOW).ok).toBe(true);
  });

  it("EXP-8: takes more than 0 s and at most 100 years", () => {
    const before = license({ expiresAt: NOW });
    for (const seconds of [0, -1, 3_155_760_001])
      expect(refusal(extend(before, seconds, "expiry", NOW))).toEqual(invalid("/extensionLength"));
    expect(end(extended(before, 3_155_760_000))).toBe(NOW + 3_155_760_000_000);
    const late = license({ expiresAt: at("9999-12-31T23:59:59Z") });
    expect(refusal(extend(late, 1, "expiry", NOW))).toEqual(invalid("/extensionLength"));
  });
});

describe("expires-at", () => {
  it("EXP-8: sets the end in every standing, and sets a new anchor", () => {
    for (const changed of [{ revoked: true }, { suspended: true }, { end: endAt(CREATED) }, {}]) {
      const before = license({ subscriptionInterval: MONTHLY }, changed);
      expect(value(setExpiresAt(before, NOW, NOW))).toEqual({ ...before.terms, end: endAt(NOW), updatedAt: NOW });
    }
  });

  it("EXP-8: the end that stands is no change and keeps its anchor", () => {
    const monthly = license({ subscriptionInterval: MONTHLY });
    expect(value(setExpiresAt(monthly, at("2026-02-28T10:00:00Z"), NOW))).toBe(monthly.terms);
    expect(value(setExpiresAt(license(), null, NOW)).updatedAt).toBe(CREATED);
  });

  it("EXP-8: null makes perpetual, for renew too, also before the first activation", () => {
    for (const before of [
      license({ validity: 60 }),
      license({ subscriptionInterval: MONTHLY }),
      delayed,
      renewed(delayed),
    ]) {
      const perpetual = value(setExpiresAt(before, null, NOW));
      expect(perpetual).toMatchObject({
        end: null,
        period: null,
        validity: 0,
        subscriptionInterval: null,
        pendingRenewals: 0,
        updatedAt: NOW,
      });
      expect(refusal(renew({ ...before, terms: perpetual }, { from: "now" }, NOW)).code).toBe("license-perpetual");
      expect(firstActivation(perpetual, NOW).end).toBeNull();
    }
  });

  it("EXP-8: a perpetual license with a date has a fixed end and no period", () => {
    const dated = { ...license(), terms: value(setExpiresAt(license(), NOW + DAY, NOW)) };
    expect(refusal(renew(dated, { from: "expiry" }, NOW)).code).toBe("no-period");
    expect(end(extended(dated, 1))).toBe(NOW + DAY + 1000);
  });

  it("EXP-8: is refused on rolling and after the year 9999", () => {
    const rolling = license({ expirationStrategy: "rolling", validity: 60 });
    expect(refusal(setExpiresAt(rolling, NOW, NOW))).toEqual(invalid("/expiresAt"));
    expect(refusal(setExpiresAt(rolling, null, NOW))).toEqual(invalid("/expiresAt"));
    expect(refusal(setExpiresAt(license(), at("9999-12-31T23:59:59.999Z") + 1, NOW))).toEqual(invalid("/expiresAt"));
  });

  it("SEAT-10: null is refused where only the end bounds the tokens", () => {
    const bounded = license({ validity: 60, seatRelease: "after-token", serverSyncGracePeriod: -1 });
    expect(refusal(setExpiresAt(bounded, null, NOW))).toEqual(invalid("/seatRelease"));
    expect(setExpiresAt(license({ validity: 60, seatRelease: "after-token" }), null, NOW).ok).toBe(true);
  });
});
