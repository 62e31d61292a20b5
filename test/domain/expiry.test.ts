import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addMonths,
  endAt,
  endInstant,
  intervalPeriod,
  isRepresentable,
  isTooLong,
  LATEST_INSTANT,
  plusPeriod,
  rollingEnd,
  saturated,
  sumOf,
  validityPeriod,
  type End,
  type Period,
} from "../../src/domain/terms/expiry.ts";
import { at, ends, instants, periods } from "./samples.ts";

function times(n: number, period: Period, from: End): End {
  return Array.from({ length: n }).reduce<End>((end) => plusPeriod(end, period), from);
}

const monthsOf = (date: Date): number => date.getUTCFullYear() * 12 + date.getUTCMonth();

describe("the calendar", () => {
  it.each([
    ["2026-01-31T10:00:00Z", 1, "2026-02-28T10:00:00Z"],
    ["2028-01-31T10:00:00Z", 1, "2028-02-29T10:00:00Z"],
    ["2028-02-29T23:59:59.999Z", 12, "2029-02-28T23:59:59.999Z"],
    ["2028-02-29T00:00:00Z", 48, "2032-02-29T00:00:00Z"],
    ["1900-01-29T00:00:00Z", 1, "1900-02-28T00:00:00Z"],
    ["2000-01-29T00:00:00Z", 1, "2000-02-29T00:00:00Z"],
    ["2026-08-31T00:00:00Z", 13, "2027-09-30T00:00:00Z"],
    ["2026-11-30T00:00:00Z", 3, "2027-02-28T00:00:00Z"],
    ["2026-03-31T00:00:00Z", -1, "2026-02-28T00:00:00Z"],
  ])("EXP-4: %s and %i months is %s", (from, months, to) => {
    expect(new Date(addMonths(at(from), months))).toEqual(new Date(to));
  });

  it("counts February in the years 0 to 99 and before Christ, which Date.UTC would read as 1900 and later", () => {
    expect(addMonths(at("0004-01-31T00:00:00Z"), 1)).toBe(at("0004-02-29T00:00:00Z"));
    expect(addMonths(at("0000-01-31T00:00:00Z"), 1)).toBe(at("0000-02-29T00:00:00Z"));
    expect(addMonths(at("0100-01-31T00:00:00Z"), 1)).toBe(at("0100-02-28T00:00:00Z"));
    expect(addMonths(at("-000004-01-31T00:00:00Z"), 1)).toBe(at("-000004-02-29T00:00:00Z"));
  });

  it("lands in the month meant, at the same time of day, on the same day or the month's last", () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: 0, max: 1200 }), (from, months) => {
        const start = new Date(from);
        const end = new Date(addMonths(from, months));
        expect(monthsOf(end) - monthsOf(start)).toBe(months);
        expect(end.getTime() - end.setUTCHours(0, 0, 0, 0)).toBe(from - start.setUTCHours(0, 0, 0, 0));
        const tomorrow = new Date(end.getTime() + 86_400_000);
        if (end.getUTCDate() !== start.getUTCDate()) expect(tomorrow.getUTCDate()).toBe(1);
        expect(end.getUTCDate()).toBeLessThanOrEqual(start.getUTCDate());
      }),
    );
  });
});

describe("periods", () => {
  it("EXP-4: monthly renewals keep the anchor day: 31 January, 28 February, 31 March", () => {
    const january = endAt(at("2026-01-31T10:00:00Z"));
    const dates = [1, 2, 3].map((n) =>
      new Date(endInstant(times(n, { months: 1, seconds: 0 }, january))).toISOString(),
    );
    expect(dates).toEqual(["2026-02-28T10:00:00.000Z", "2026-03-31T10:00:00.000Z", "2026-04-30T10:00:00.000Z"]);
  });

  it("EXP-4: months come first, then seconds, and the sum is a new anchor", () => {
    const tenDays = { months: 1, seconds: 864_000 };
    const once = plusPeriod(endAt(at("2026-01-31T00:00:00Z")), tenDays);
    expect(new Date(endInstant(once))).toEqual(new Date("2026-03-10T00:00:00Z"));
    expect(once.months).toBe(0);
    expect(new Date(endInstant(plusPeriod(once, tenDays)))).toEqual(new Date("2026-04-20T00:00:00Z"));
  });

  it("EXP-4: n renewals by whole months equal one addition from the anchor", () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 50 }), (anchorAt, months, n) => {
        expect(times(n, { months, seconds: 0 }, endAt(anchorAt))).toEqual({ anchorAt, months: n * months });
        expect(endInstant(times(n, { months, seconds: 0 }, endAt(anchorAt)))).toBe(addMonths(anchorAt, n * months));
      }),
    );
  });

  it("EXP-4: n renewals by seconds equal one addition", () => {
    fc.assert(
      fc.property(ends, fc.integer({ min: 1, max: 31_536_000 }), fc.integer({ min: 1, max: 50 }), (end, seconds, n) => {
        expect(endInstant(times(n, { months: 0, seconds }, end))).toBe(endInstant(end) + n * seconds * 1000);
      }),
    );
  });

  it("EXP-4: a period always moves the end later, and a longer period never less far", () => {
    fc.assert(
      fc.property(ends, periods, periods, (end, period, more) => {
        const moved = endInstant(plusPeriod(end, period));
        expect(moved).toBeGreaterThan(endInstant(end));
        expect(endInstant(plusPeriod(end, sumOf(period, more)))).toBeGreaterThanOrEqual(moved);
      }),
    );
  });

  it("EXP-4: a later end stays at least as late after the same period", () => {
    fc.assert(
      fc.property(instants, instants, periods, (one, other, period) => {
        const [early, late] = one < other ? [one, other] : [other, one];
        const moved = (from: number): number => endInstant(plusPeriod(endAt(from), period));
        expect(moved(early)).toBeLessThanOrEqual(moved(late));
      }),
    );
  });

  it("neither, 0 or nothing is perpetual", () => {
    expect(validityPeriod(0)).toBeNull();
    expect(validityPeriod(60)).toEqual({ months: 0, seconds: 60 });
    expect(intervalPeriod({ months: 0, seconds: 0 })).toBeNull();
    expect(intervalPeriod({ months: 3, seconds: 864_000 })).toEqual({ months: 3, seconds: 864_000 });
  });

  it("a period is at most a hundred years, months and seconds together", () => {
    expect(isTooLong({ months: 1200, seconds: 0 })).toBe(false);
    expect(isTooLong({ months: 1200, seconds: 1 })).toBe(true);
    expect(isTooLong({ months: 0, seconds: 3_155_760_000 })).toBe(false);
    expect(isTooLong({ months: 0, seconds: 3_155_760_001 })).toBe(true);
    expect(isTooLong({ months: 600, seconds: 1_577_880_000 })).toBe(false);
    expect(isTooLong({ months: 601, seconds: 1_577_880_000 })).toBe(true);
  });
});

describe("the year 9999", () => {
  it("is the last that can be written down", () => {
    expect(new Date(LATEST_INSTANT).toISOString()).toBe("9999-12-31T23:59:59.999Z");
    expect(isRepresentable(endAt(LATEST_INSTANT))).toBe(true);
    expect(isRepresentable(endAt(LATEST_INSTANT + 1))).toBe(false);
    expect(isRepresentable(plusPeriod(endAt(at("9999-12-01T00:00:00Z")), { months: 1, seconds: 0 }))).toBe(false);
  });

  it("is passed too by ends beyond Date's own range", () => {
    expect(isRepresentable({ anchorAt: 0, months: 1e9 })).toBe(false);
    expect(isRepresentable(plusPeriod({ anchorAt: 0, months: 1e9 }, { months: 0, seconds: 1 }))).toBe(false);
    expect(isRepresentable(endAt(8.64e15 + 1))).toBe(false);
    expect(saturated({ anchorAt: 0, months: 1e9 })).toEqual(endAt(LATEST_INSTANT));
    expect(saturated({ anchorAt: 0, months: 1 })).toEqual({ anchorAt: 0, months: 1 });
  });
});

describe("rolling ends", () => {
  it("EXP-6: clamps once, after all months are added", () => {
    expect(rollingEnd(at("2026-01-31T00:00:00Z"), 1, 0)).toBe(at("2026-02-28T00:00:00Z"));
    expect(rollingEnd(at("2026-01-31T00:00:00Z"), 2, 0)).toBe(at("2026-03-31T00:00:00Z"));
    expect(rollingEnd(at("2026-01-31T00:00:00Z"), 1, 864_000)).toBe(at("2026-03-10T00:00:00Z"));
  });

  it("EXP-6: the order of renewals does not matter", () => {
    fc.assert(
      fc.property(
        instants,
        fc.array(periods, { maxLength: 6 }),
        fc.infiniteStream(fc.nat()),
        (anchor, steps, order) => {
          const shuffled = steps
            .map((step) => ({ step, rank: order.next().value }))
            .toSorted((one, other) => one.rank - other.rank)
            .map(({ step }) => step);
          const end = (list: readonly Period[]): number => {
            const sum = list.reduce(sumOf, { months: 0, seconds: 0 });
            return rollingEnd(anchor, sum.months, sum.seconds);
          };
          expect(end(shuffled)).toBe(end(steps));
        },
      ),
    );
  });

  it("EXP-6: never passes the year 9999", () => {
    expect(rollingEnd(0, 1e9, 0)).toBe(LATEST_INSTANT);
    expect(rollingEnd(0, 0, 1e12)).toBe(LATEST_INSTANT);
  });
});
