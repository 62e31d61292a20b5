/** Licenses for the tests of the rules, and generators of what the rules take. */

import * as fc from "fast-check";
import { expect } from "vitest";
import { newTerms, type NewLicense } from "../../src/domain/license/creation.ts";
import type { End, Period } from "../../src/domain/terms/expiry.ts";
import type { License, LicenseView, Terms } from "../../src/domain/terms/license.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import type { Refusal } from "../../src/domain/refusal.ts";

export const CREATED = Date.parse("2026-01-31T10:00:00Z");
export const DAY = 86_400_000;
export const PRODUCT = "0190a5d4-0000-7000-8000-000000000001";
export const MONTHLY = { text: "P1M", months: 1, seconds: 0 };

export function at(text: string): number {
  return Date.parse(text);
}

/** The value of an outcome that has to be a yes. */
export function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`refused: ${JSON.stringify(outcome.refusal)}`);
  return outcome.value;
}

/** The refusal of an outcome that has to be a no. */
export function refusal(outcome: Outcome<unknown>): Refusal {
  if (outcome.ok) throw new Error(`not refused: ${JSON.stringify(outcome.value)}`);
  return outcome.refusal;
}

export function invalid(pointer: string): object {
  return { code: "invalid-member", pointer, detail: expect.any(String) };
}

/** Terms created at `CREATED`. */
export function terms(input: Partial<NewLicense> = {}, changed: Partial<Terms> = {}): Terms {
  return { ...value(newTerms({ productId: PRODUCT, ...input }, CREATED)), ...changed };
}

export function license(input: Partial<NewLicense> = {}, changed: Partial<Terms> = {}): License {
  return {
    id: "0a1b2c3d-4e5f-8678-8abc-0123456789ab",
    key: "AAAAAA-BBBBBB-CCCCCC-DDDDDD-EEEEEE-FFFFFF",
    revision: 7,
    terms: terms(input, changed),
  };
}

export function view(input: Partial<NewLicense> = {}, changed: Partial<Terms> = {}): LicenseView {
  return {
    ...license(input, changed),
    totalActivations: 2,
    totalDeactivations: 1,
    lastUsedAt: CREATED,
    currentReleaseVersion: null,
  };
}

/** Any instant from year 0 to 9899, so that a hundred years more can be written down. */
export const instants = fc.integer({ min: at("0000-01-01T00:00:00Z"), max: at("9899-12-31T23:59:59Z") });

const years = (most: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: most });

/** Any period of up to eighty years, never void. */
export const periods: fc.Arbitrary<Period> = fc
  .record({ months: years(480), seconds: fc.oneof(fc.constant(0), years(40 * 31_536_000)) })
  .filter(({ months, seconds }) => months + seconds > 0);

export const ends: fc.Arbitrary<End> = fc.record({ anchorAt: instants, months: fc.integer({ min: 0, max: 240 }) });
