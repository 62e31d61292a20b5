/**
 * Runs lives of trials: `node test/models/trials/trial-run.ts [--from N] [--seeds N] [--mutant NAME]`. Prints the first
 * one that breaks a rule and ends with 1.
 */

import { parseArgs } from "node:util";

import { plant } from "../../support/plant.ts";
import { TRIAL_MUTANTS } from "./trial-mutants.ts";

const { values } = parseArgs({
  options: {
    from: { type: "string", default: "1" },
    seeds: { type: "string", default: "200" },
    mutant: { type: "string" },
  },
});

if (values.mutant !== undefined) plant(TRIAL_MUTANTS, values.mutant);
const { TrialWorld } = await import("./trial-world.ts");

for (let seed = Number(values.from); seed < Number(values.from) + Number(values.seeds); seed += 1) {
  const world = new TrialWorld(seed);
  const broken = await world.live();
  if (broken === null) continue;
  console.log([`seed ${seed} breaks a rule: ${broken}`, ...world.trace].join("\n"));
  process.exit(1);
}
console.log(`${values.seeds} lives, no rule broken`);
