/**
 * The simulator: `npm run simulate -- [--seed N] [--events M] [--seeds K] [--plant NAME] [--list]`. The pure rules
 * under a virtual clock with everything failing (test/models/simulator/invariants.ts says what must hold). Prints
 * the seed, how fast it went and what happened how often; a seed that breaks a rule ends it with 1, and does so again.
 */

import { parseArgs } from "node:util";

import { MUTANTS } from "../test/models/simulator/mutants.ts";
import { plant } from "../test/support/plant.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    events: { type: "string", default: "1000000" },
    seeds: { type: "string", default: "1" },
    plant: { type: "string" },
    list: { type: "boolean", default: false },
  },
});

if (values.list) {
  for (const { name } of MUTANTS) console.log(name);
  process.exit(0);
}
if (values.plant !== undefined) plant(MUTANTS, values.plant);

const { simulate } = await import("../test/models/simulator/simulate.ts");

const first = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
for (let seed = first; seed < first + Number(values.seeds); seed += 1) {
  const began = process.cpuUsage();
  const { broken, counts, events } = simulate(seed, Number(values.events));
  // Of the processor, since the machine may be busy with other things.
  const { user, system } = process.cpuUsage(began);
  const seconds = (user + system) / 1e6;
  console.log(counts.lines().join("\n"));
  console.log(
    `seed ${seed}: ${events} events in ${seconds.toFixed(1)} s of processor time, ${Math.round(events / seconds)} a second`,
  );
  if (broken === null) continue;
  console.log(broken);
  process.exit(1);
}
