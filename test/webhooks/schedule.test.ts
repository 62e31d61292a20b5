/** HOOK-2: when a delivery that failed is tried again. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { retryAfterAt, SCHEDULE, waitAfter } from "../../src/webhooks/wire/schedule.ts";

const NOW = Date.UTC(2030, 0, 1);
const DAY = 86_400_000;

describe("the schedule", () => {
  it("HOOK-2: is 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, and then over", () => {
    const seconds = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
    expect(SCHEDULE.map((_, index) => waitAfter(index + 1, 0))).toEqual(seconds.map((wait) => wait * 1000));
    expect(waitAfter(SCHEDULE.length + 1, 0)).toBeNull();
  });

  it("HOOK-2: is longer by chance, by at most a fifth, never shorter", () => {
    const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: SCHEDULE.length }), chances, (failures, chance) => {
        const plain = SCHEDULE[failures - 1] ?? 0;
        expect(waitAfter(failures, chance)).toBeGreaterThanOrEqual(plain);
        expect(waitAfter(failures, chance)).toBeLessThanOrEqual(plain * 1.2);
      }),
    );
  });
});

describe("Retry-After", () => {
  it.each([
    ["1", NOW + 1000],
    ["120", NOW + 120_000],
    [" 120 ", NOW + 120_000],
    ["86400", NOW + DAY],
    ["86401", NOW + DAY],
    ["99999999999999999999", NOW + DAY],
    ["Tue, 01 Jan 2030 00:10:00 GMT", NOW + 600_000],
    ["Tuesday, 01-Jan-30 00:10:00 GMT", NOW + 600_000],
    ["Wed, 02 Jan 2040 00:00:00 GMT", NOW + DAY],
  ])("HOOK-2: %s is honoured, for a day at most", (header, at) => {
    expect(retryAfterAt(header, NOW)).toBe(at);
  });

  it.each([null, "", "0", "-5", "1.5", "soon", "1e3", "0x10", "Mon, 31 Dec 2029 23:59:59 GMT", "Tue, nonsense"])(
    "HOOK-2: %s asks for nothing",
    (header) => {
      expect(retryAfterAt(header, NOW)).toBeNull();
    },
  );

  it("HOOK-2, ERR-2: any text is taken without an exception, and never for more than a day", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const at = retryAfterAt(text, NOW);
        expect(at === null || (at > NOW && at <= NOW + DAY)).toBe(true);
      }),
    );
  });
});
