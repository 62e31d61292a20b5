/** Where planted bugs go: one place in the product for each, or the mutant fails before it runs. */

import { describe, expect, it } from "vitest";

import { planted, productSource, type Planted } from "../support/plant.ts";
import { CONTROLS, MUTANTS as LIVES } from "./lives/mutants.ts";
import { ORDER_MUTANTS } from "./orders/order-mutants.ts";
import { SEAT_MUTANTS } from "./seats/seat-mutants.ts";
import { MUTANTS as SIMULATED } from "./simulator/mutants.ts";
import { TRIAL_MUTANTS } from "./trials/trial-mutants.ts";

const product = productSource();
const all: readonly Planted[] = [
  ...CONTROLS,
  ...LIVES,
  ...ORDER_MUTANTS,
  ...SEAT_MUTANTS,
  ...SIMULATED,
  ...TRIAL_MUTANTS,
];

it("every mutant has its place in src, and changes it", () => {
  for (const bug of all) {
    const files = [...planted(product, bug)];
    expect(files.length, bug.name).toBeGreaterThan(0);
    for (const [url, source] of files) expect(source, bug.name).not.toBe(product.get(url));
  }
});

describe("a place", () => {
  const SOURCE = `export function free(
  limit: number,
): boolean {
  return state !== ""
    && limit > 0;
}

class Lock {
  free(): void {
    this.tail = null;
  }

  hold(): void {
    this.tail = null;
  }
}
`;
  const plantIn = (within: string, find: string, replace: string) =>
    planted(new Map([["a", SOURCE]]), { name: "m", edits: [{ in: within, find, replace }] }).get("a");

  it("is found in its function alone, however its lines are broken", () => {
    expect(plantIn("free", "&& limit > 0;", ";")).toBe(SOURCE.replace("&& limit > 0;", ";"));
    expect(plantIn("free", 'state !== "" && limit', "limit")).toBe(SOURCE.replace(/state !== ""\s+&& limit/, "limit"));
    expect(plantIn("Lock.hold", "null", "1")).toBe(SOURCE.replace(/null(?![^]*null)/, "1"));
  });

  it.each([
    ["full", "limit > 0"],
    ["free", "limit > 1"],
    ["free", "limit"],
    ["hold", "null"],
    ["Lock", "null"],
  ])("in %s, with %s, is refused when it is not there once", (within, find) => {
    expect(() => plantIn(within, find, "")).toThrow(/stands (0|2) times/);
  });
});
