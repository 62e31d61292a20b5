/**
 * `npm run torture [-- --quick] [--seed N] [--kills N] [--histories N] [--only PART]`: docs/torture.md says what it
 * proves and what its tables mean. Ends with 1 if a part has a fault.
 */

import { parseArgs } from "node:util";
import { crashTest } from "./crash-test.ts";
import { deliveries } from "./deliveries.ts";
import { histories } from "./histories.ts";
import { signIn } from "./people.ts";
import { prepare, type Prepared } from "./prepare.ts";
import { repeats } from "./repeats.ts";
import { printedCrashTest, printedDeliveries, printedHistories, printedRepeats, printedRestarts } from "./report.ts";
import { Runtime } from "./runtime.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    seed: { type: "string" },
    kills: { type: "string" },
    histories: { type: "string" },
    only: { type: "string" },
  },
});

const seed = Number(values.seed ?? Date.now() % 1_000_000);
const kills = Number(values.kills ?? (values.quick ? 6 : 40));
const count = Number(values.histories ?? (values.quick ? 4 : 200));

interface Outcome {
  readonly printed: string;
  /** Each in words; none = all is well. */
  readonly faults: readonly string[];
}

/** One after the other on the same runtime and state; the last one looks at all that is stored. */
const PARTS: Readonly<Record<string, (runtime: Runtime, prepared: Prepared) => Promise<Outcome>>> = {
  histories: async (runtime, prepared) =>
    printedHistories(await histories(runtime, prepared, { seed, count, people: people.tokens })),
  repeats: async (runtime, prepared) => {
    const size = values.quick
      ? { licenses: 8, activations: 5, renewals: 5 }
      : { licenses: 100, activations: 10, renewals: 10 };
    const answersPerLife = values.quick ? 60 : 200;
    return printedRepeats(await repeats(runtime, prepared, { seed, ...size, answersPerLife }));
  },
  webhooks: async (runtime, prepared) =>
    printedDeliveries(
      await deliveries(runtime, prepared, {
        seed,
        count: values.quick ? 100 : 1000,
        kills: values.quick ? 2 : 10,
        hurries: values.quick,
      }),
    ),
  crash: async (runtime, prepared) =>
    printedCrashTest(await crashTest(runtime, prepared, { seed, kills, hurries: values.quick })),
};

console.log(`torture: seed ${seed}`);
const people = await signIn();
const runtime = await Runtime.create(people.vars);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void runtime.remove().finally(() => process.exit(1));
  });
}
try {
  await runtime.start();
  const prepared = await prepare(runtime);
  for (const [name, part] of Object.entries(PARTS)) if ((values.only ?? name) === name) await run(name, part, prepared);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await runtime.remove();
}
// After an error a part's other half may still wait for a runtime that will not come back.
process.exit();

async function run(name: string, part: (typeof PARTS)[string], prepared: Prepared): Promise<void> {
  const before = runtime.restartTimes.length;
  console.log(`\n== ${name}\n`);
  const { printed, faults } = await part(runtime, prepared);
  console.log(`${printed}\n${printedRestarts(runtime.restartTimes.slice(before))}`);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
}
