/**
 * Runs every short life (test/models/orders/order-search.ts): `node test/models/orders/order-run.ts --length 3
 * --failures 1 [--of "key K2,delete"] [--mutant NAME]`. Prints the first one that breaks a rule and ends with 1.
 */

import { parseArgs } from "node:util";

import { plant } from "../../support/plant.ts";
import { ORDER_MUTANTS } from "./order-mutants.ts";
import type { OperationName } from "./order-operations.ts";

const { values } = parseArgs({
  options: {
    length: { type: "string", default: "2" },
    failures: { type: "string", default: "1" },
    of: { type: "string" },
    mutant: { type: "string" },
  },
});

// The product tells the operator of failing D1 calls; here they fail all the time.
console.warn = () => undefined;
const mutant = ORDER_MUTANTS.find(({ name }) => name === values.mutant);
if (values.mutant !== undefined) plant(ORDER_MUTANTS, values.mutant);

const { OPERATIONS } = await import("./order-operations.ts");
const { search, sequences } = await import("./order-search.ts");

const isOperation = (name: string): name is OperationName => Object.hasOwn(OPERATIONS, name);
const of = (values.of?.split(",") ?? Object.keys(OPERATIONS)).filter(isOperation);
const orders = mutant === undefined ? sequences(of, Number(values.length)) : [mutant.order];
const { lives, broken } = await search(orders, mutant?.failures ?? Number(values.failures));
console.log(broken === null ? `${lives} lives, no rule broken` : `breaks a rule: ${broken}`);
if (broken !== null) process.exitCode = 1;
