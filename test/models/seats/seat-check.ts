/**
 * Concurrent histories of one license against the seat model:
 * `node test/models/seats/seat-check.ts --from 1 --histories 200 [--calls 100] [--mutant NAME] [--trace]`.
 * Prints the first seed whose history no order of its calls explains, and ends with 1; the same seed gives it again.
 */

import { parseArgs } from "node:util";

import { linearize } from "../../../scripts/torture/linearizability.ts";
import { seatModel } from "../../../scripts/torture/seat-model.ts";
import { plant } from "../../support/plant.ts";
import { SEAT_MUTANTS } from "./seat-mutants.ts";

const { values } = parseArgs({
  options: {
    from: { type: "string", default: "1" },
    histories: { type: "string", default: "200" },
    calls: { type: "string", default: "100" },
    mutant: { type: "string" },
    trace: { type: "boolean", default: false },
  },
});

if (values.mutant !== undefined) plant(SEAT_MUTANTS, values.mutant);

const { SeatWorld } = await import("./seat-world.ts");
const { Random } = await import("../../support/random.ts");

const from = Number(values.from);
let unanswered = 0;
let crashes = 0;
let calls = 0;
for (let seed = from; seed < from + Number(values.histories); seed += 1) {
  const world = new SeatWorld(new Random(seed));
  const history = await world.history(Number(values.calls));
  world.close();
  calls += history.length;
  crashes += world.crashes;
  unanswered += history.filter(({ answered }) => answered === null).length;
  const verdict = linearize(seatModel(world.terms), history);
  if (verdict.kind === "linearizable") continue;
  console.log(`seed ${seed}: the history is ${verdict.kind}`);
  if (values.trace && verdict.kind === "impossible") {
    console.log(JSON.stringify(world.terms));
    for (const op of verdict.order) console.log(JSON.stringify(op));
    console.log("none of these can follow:");
    for (const op of verdict.next) console.log(JSON.stringify(op));
  }
  process.exit(1);
}
console.log(
  `${values.histories} histories from ${from} on, ${calls} calls, ${unanswered} unanswered, ${crashes} crashes: all linearizable`,
);
