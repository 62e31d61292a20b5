import * as fc from "fast-check";
import type { RenewalBase } from "../../src/domain/terms/expiry.ts";
import { describe, expect, it } from "vitest";
import { addMonths, endAt, licenseEnd, plusPeriod, type Period } from "../../src/domain/terms/expiry.ts";
import type { License, Terms } from "../../src/domain/terms/license.ts";
import { extend, firstActivation, renew, setExpiresAt } from "../../src/domain/license/renewal.ts";
import { at, CREATED, DAY, instants, invalid, license, MONTHLY, periods, refusal, terms, value } from "./samples.ts";

const NOW = CREATED + 10 * DAY;
const MONTH_SECONDS = 2_595_000;
const delayed = (changed: Partial<Terms> = {}): License =>
  license({ expirationStrategy: "delayed", validity: 60 }, changed);
const renewed = (before: License, from: RenewalBase = "expiry", now = NOW): License => ({
  ...before,
  terms: value(renew(before, { from }, now)).terms,
});
const extended = (before: License, seconds: number, from: RenewalBase = "expiry"): License => ({
  ...before,
  terms: value(extend(before, seconds, from, NOW)).terms,
});
const end = (of: License): number | null => licenseEnd(of.terms.end);

describe("renew", () => {
  it("EXP-4: adds one validity to the old end, not to now, as in Cryptlex's sample", () => {
    const created = at("2018-05-06T08:49:17.936Z");
    const sample = license({ createdAt: created, validity: MONTH_SECONDS });
    expect(end(renewed(sample))).toBe(created + 2 * MONTH_SECONDS * 1000);
  });

  it("EXP-4: an expired license may stay expired", () => {
    expect(end(renewed(license({ validity: 60 })))).toBe(CREATED + 120_000);
  });

  it("EXP-4: renews by the calendar and keeps the anchor day", () => {
    const monthly = license({ subscriptionInterval: MONTHLY });
    expect(end(monthly)).toBe(at("2026-02-28T10:00:00Z"));
    expect(end(renewed(monthly))).toBe(at("2026-03-31T10:00:00Z"));
    expect(end(renewed(renewed(monthly)))).toBe(at("2026-04-30T10:00:00Z"));
  });

  it.each<[RenewalBase, number, number]>([
    ["expiry", CREATED + 60_000, CREATED + 120_000],
    ["now", CREATED + 60_000, NOW + 60_000],
    ["now", NOW + DAY, NOW + 60_000],
    ["now-if-expired", NOW, NOW + 60_000],
    ["now-if-expired", NOW - 1, NOW + 60_000],
    ["now-if-expired", NOW + 1, NOW + 60_001],
  ])("EXP-4: from %s with the end at %i gives %i", (from, expiresAt, expected) => {
    expect(end(renewed(license({ validity: 60, expiresAt }), from))).toBe(expected);
  });

  it("EXP-4: n renewals of whole months equal n periods from the creation", () => {
    fc.assert(
      fc.property(
        instants,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 25 }),
        (createdAt, months, n) => {
          let current = license({
            createdAt: Math.min(createdAt, CREATED),
            subscriptionInterval: { text: "P", months, seconds: 0 },
          });
          for (let i = 0; i < n; i++) current = renewed(current);
          expect(end(current)).toBe(addMonths(current.terms.createdAt, (n + 1) * months));
        },
      ),
    );
  });

  it("EXP-7: a suspended, an expired and a not yet effective license renew, and keep everything else", () => {
    const before = license({ validity: 60, suspended: true, effectiveAt: NOW + DAY });
    const after = renewed(before);
    expect(after.terms).toEqual({ ...before.terms, end: endAt(CREATED + 120_000), updatedAt: NOW });
  });

  it("EXP-7: without a period it is refused by what the license is", () => {
    const code = (of: License): string => refusal(renew(of, { from: "expiry" }, NOW)).code;
    expect(code(license())).toBe("license-perpetual");
    expect(code(license({ expirationStrategy: "delayed" }))).toBe("license-perpetual");
    expect(code(license({ expirationStrategy: "rolling" }))).toBe("license-perpetual");
    expect(code(license({ expiresAt: NOW }))).toBe("no-period");
    expect(code(license({ validity: 60, revoked: true }))).toBe("license-revoked");
    expect(code(license({ revoked: true }))).toBe("license-revoked");
  });

  it("EXP-7: a period without an end to add it to is perpetual still", () => {
    const givenLater = license({}, { period: { months: 1, seconds: 0 }, subscriptionInterval: "P1M" });
    expect(refusal(renew(givenLater, { from: "now" }, NOW)).code).toBe("license-perpetual");
    const used = delayed({ activatedAt: CREATED });
    expect(refusal(renew(used, { from: "expiry" }, NOW)).code).toBe("license-perpetual");
  });

  it("PER-1: an end after the year 9999 is refused and nothing moves", () => {
    const late = license({ subscriptionInterval: MONTHLY, expiresAt: at("9999-12-15T00:00:00Z") });
    expect(refusal(renew(late, { from: "expiry" }, NOW))).toEqual(invalid(""));
    expect(end(renewed(late, "now"))).toBe(addMonths(NOW, 1));
  });
});

describe("renewing rolling licenses", () => {
  const rolling = license({ expirationStrategy: "rolling", subscriptionInterval: MONTHLY });
  it("EXP-6: is a step for every activation and leaves the license's end null", () => {
    for (const from of ["expiry", "now", "now-if-expired"] as const) {
      expect(value(renew(rolling, { from }, NOW))).toEqual({
        terms: { ...rolling.terms, updatedAt: NOW },
        rollingStep: { months: 1, seconds: 0 },
      });
    }
  });

  it("EXP-8: extend is a step of seconds", () => {
    expect(value(extend(rolling, 90, "expiry", NOW))).toMatchObject({
      terms: { end: null },
      rollingStep: { months: 0, seconds: 90 },
    });
  });

  it("PER-1: is refused when the sum of steps would pass the year 9999", () => {
    // From 10 February 2026 to 10 October, November 9999.
    const october = { months: 12 * 7973 + 8, seconds: 0 };
    const november = { months: 12 * 7973 + 9, seconds: 0 };
    expect(renew(rolling, { from: "expiry", rollingSum: october }, NOW).ok).toBe(true);
    expect(refusal(renew(rolling, { from: "expiry", rollingSum: november }, NOW))).toEqual(invalid(""));
    expect(extend(rolling, 86_400, "expiry", NOW, november).ok).toBe(true);
    expect(refusal(extend(rolling, 31 * 86_400, "expiry", NOW, november))).toEqual(invalid("/extensionLength"));
  });

  it("EXP-6: other licenses have no step", () => {
    expect(value(renew(license({ validity: 60 }), { from: "expiry" }, NOW)).rollingStep).toBeNull();
    expect(value(renew(delayed(), { from: "expiry" }, NOW)).rollingStep).toBeNull();
  });
});

describe("before the first activation", () => {
  it("EXP-5: renewals and extensions wait, are counted, and `from` means nothing", () => {
    const waiting = extended(renewed(renewed(delayed(), "now"), "now-if-expired"), 30, "now");
    expect(waiting.terms).toMatchObject({ end: null, pendingRenewals: 2, pendingExtensionSeconds: 30, updatedAt: NOW });
    expect(licenseEnd(firstActivation(waiting.terms, NOW + DAY).end)).toBe(NOW + DAY + 3 * 60_000 + 30_000);
  });

  it("EXP-5: the first activation empties what waited, and later renewals add to the end", () => {
    const used = firstActivation(renewed(delayed()).terms, NOW);
    expect(used).toMatchObject({
      activatedAt: NOW,
      updatedAt: NOW,
      pending: [],
      pendingRenewals: 0,
      pendingExtensionSeconds: 0,
    });
    expect(end(renewed({ ...delayed(), terms: used }))).toBe(NOW + 180_000);
  });

  it("EXP-5: the end is that of one period and every step in the order asked for", () => {
    const steps = fc.array(fc.option(fc.integer({ min: 1, max: (40 * DAY) / 1000 })), { maxLength: 12 });
    fc.assert(
      fc.property(periods, steps, ({ months, seconds }, asked) => {
        const period: Period = { months, seconds };
        let current = license({ expirationStrategy: "delayed", subscriptionInterval: { text: "P", ...period } });
        let expected = plusPeriod(endAt(NOW), period);
        for (const step of asked) {
          current = step === null ? renewed(current) : extended(current, step);
          expected = plusPeriod(expected, step === null ? period : { months: 0, seconds: step });
        }
        expect(licenseEnd(firstActivation(current.terms, NOW).end)).toBe(licenseEnd(expected));
        expect(current.terms.pendingRenewals).toBe(asked.filter((step) => step === null).length);
      }),
    );
  });

  it("EXP-5: thousands of renewals of one kind stay one entry; too many kinds are refused", () => {
    let months = license({ expirationStrategy: "delayed", subscriptionInterval: MONTHLY });
    for (let i = 0; i < 1000; i++) months = renewed(months);
    expect(months.terms).toMatchObject({ pending: [{ months: 1000, seconds: 0 }], pendingRenewals: 1000 });
    for (let i = 0; i < 100; i++) months = i === 99 ? extended(months, 1) : renewed(extended(months, 1));
    expect(months.terms.pending).toHaveLength(200);
    expect(refusal(renew(months, { from: "expiry" }, NOW))).toEqual(invalid(""));
    expect(extended(months, 1).terms.pending).toHaveLength(200);
  });

  it("EXP-5: what waits may not pass the year 9999", () => {
    const century = license({
      expirationStrategy: "delayed",
      subscriptionInterval: { text: "P100Y", months: 1200, seconds: 0 },
    });
    let current = century;
    for (let i = 0; i < 78; i++) current = renewed(current);
    expect(refusal(renew(current, { from: "expiry" }, NOW))).toEqual(invalid(""));
    expect(licenseEnd(firstActivation(current.terms, at("9990-01-01T00:00:00Z")).end)).toBe(
      at("9999-12-31T23:59:59.999Z"),
    );
  });

  it("EXP-8: expires-at clears what waits, fixes the date, and the first activation keeps it", () => {
    const waiting = renewed(delayed());
    const fixed = value(setExpiresAt(waiting, NOW + DAY, NOW));
    expect(fixed).toMatchObject({
      end: endAt(NOW + DAY),
      pending: [],
      pendingRenewals: 0,
      period: { months: 0, seconds: 60 },
    });
    expect(firstActivation(fixed, NOW + 1)).toEqual({ ...fixed, activatedAt: NOW + 1, updatedAt: NOW + 1 });
    expect(end(renewed({ ...waiting, terms: fixed }))).toBe(NOW + DAY + 60_000);
  });
});

describe("the first activation", () => {
  it("EXP-2: of a delayed license starts the period, once for all activations", () => {
    const once = firstActivation(delayed().terms, NOW);
    expect(licenseEnd(once.end)).toBe(NOW + 60_000);
    expect(firstActivation(once, NOW + DAY)).toBe(once);
  });

  it("EXP-1, EXP-3: of any other license only notes the instant", () => {
    for (const before of [
      terms({ validity: 60 }),
      terms(),
      terms({ expirationStrategy: "rolling", validity: 60 }),
      terms({ expirationStrategy: "delayed" }),
    ]) {
      expect(firstActivation(before, NOW)).toEqual({ ...before, activatedAt: NOW, updatedAt: NOW });
    }
  });

  it("EXP-5: drops what waited if the license has become perpetual", () => {
    const perpetual = { ...renewed(delayed()).terms, period: null, validity: 0 };
    expect(firstActivation(perpetual, NOW)).toMatchObject({ end: null, pending: [], pendingRenewals: 0 });
  });
});
