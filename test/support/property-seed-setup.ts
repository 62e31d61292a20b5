/** Vitest's global set-up: the seed of a run's properties, printed, so that whoever finds something finds it again. */

import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    propertySeed: number;
  }
}

export default function setup(project: TestProject): void {
  const seed = Number(process.env["PROPERTY_SEED"] ?? Date.now() % 2_000_000_000);
  project.provide("propertySeed", seed);
  console.log(`properties: seed ${seed} (again: PROPERTY_SEED=${seed} npx vitest run --project rules)`);
}
