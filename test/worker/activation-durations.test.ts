/** LEASE-2: what a client may write for a lease, and what it comes to in seconds. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { leaseWish } from "../../src/http/activation/duration.ts";

const HUNDRED_YEARS = 3_155_760_000;

it("LEASE-2: a .NET TimeSpan", () => {
  const spans: [string, number][] = [
    ["01:00:00", 3_600],
    ["1:02:03", 3_723],
    ["1.00:00:00", 86_400],
    ["10.23:59:59", 950_399],
    ["00:00:01.0000000", 1],
    ["00:00:00.0000001", 1],
    ["00:01:00.5", 61],
    ["00:00:59.9999999", 60],
    ["10675199.02:48:05.4775807", HUNDRED_YEARS],
    ["99999999999999999999.00:00:00", HUNDRED_YEARS],
  ];
  for (const [text, seconds] of spans) expect([text, leaseWish(text)]).toEqual([text, seconds]);
});

it("LEASE-2: an ISO 8601 duration", () => {
  const durations: [string, number][] = [
    ["PT1H", 3_600],
    ["PT90M", 5_400],
    ["PT0.5S", 1],
    ["PT0,5S", 1],
    ["P1D", 86_400],
    ["P1W", 604_800],
    ["P1M", 2_592_000],
    ["P1Y", 31_536_000],
    ["P1DT12H30M5S", 131_405],
    ["P1Y2M3W4DT5H6M7S", 31_536_000 + 2 * 2_592_000 + 3 * 604_800 + 4 * 86_400 + 18_367],
    [`P${"9".repeat(50)}Y`, HUNDRED_YEARS],
  ];
  for (const [text, seconds] of durations) expect([text, leaseWish(text)]).toEqual([text, seconds]);
});

it("LEASE-2: digits and JSON numbers are seconds", () => {
  expect(leaseWish("90")).toBe(90);
  expect(leaseWish("0090")).toBe(90);
  expect(leaseWish(90)).toBe(90);
  expect(leaseWish("9".repeat(64))).toBe(HUNDRED_YEARS);
  expect(leaseWish(1e300)).toBe(HUNDRED_YEARS);
});

it("LEASE-2: zero, negative, empty and malformed are no wish", () => {
  const wishes = [
    "",
    " ",
    "0",
    "-1",
    "+1",
    "1.5",
    "1e3",
    "0x10",
    "00:00:00",
    "0.00:00:00",
    "00:00:00.0000000",
    "-01:00:00",
    "24:00:00",
    "00:60:00",
    "00:00:60",
    "1:2:3",
    "01:00",
    "1.01:00",
    "00:00:00.12345678",
    "1.",
    "01:00:00 ",
    "P",
    "PT",
    "P1",
    "P1DT",
    "PT0S",
    "P0D",
    "-P1D",
    "P-1D",
    "p1d",
    "1D",
    "P1H",
    "PT1D",
    "P1D1Y",
    "xP1Dx",
    "PT1H PT1H",
    "1 hour",
    "NaN",
    "Infinity",
    "٣",
    "０１:00:00",
  ];
  for (const wish of wishes) expect([wish, leaseWish(wish)]).toEqual([wish, null]);
  for (const wish of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) expect(leaseWish(wish)).toBeNull();
});

it("LEASE-2: every wish is null or whole seconds between one and a hundred years", () => {
  const isSound = (seconds: number | null) =>
    seconds === null || (Number.isInteger(seconds) && seconds >= 1 && seconds <= HUNDRED_YEARS);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.double(), fc.stringMatching(/^P?[0-9.:TDHMS]{1,64}$/)), (wish) =>
      isSound(leaseWish(wish)),
    ),
  );
});

it("LEASE-2: TimeSpan, ISO 8601 and digits say the same", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 86_399 }), fc.integer({ min: 0, max: 9_999 }), (seconds, days) => {
      const two = (value: number) => String(value).padStart(2, "0");
      const span = `${days}.${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
      const total = days * 86_400 + seconds;
      expect([leaseWish(span), leaseWish(`P${days}DT${seconds}S`), leaseWish(String(total))]).toEqual([
        total,
        total,
        total,
      ]);
    }),
  );
});
