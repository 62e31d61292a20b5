/** `npm run latency`: writes docs/latency.md from what was measured last. `--check` only compares. */

import { readFileSync, writeFileSync } from "node:fs";
import { readResults } from "../results.ts";
import { latencyPage, PAGE } from "./page.ts";

const page = latencyPage(readResults());
if (!process.argv.includes("--check")) writeFileSync(PAGE, page);
else if (readFileSync(PAGE, "utf8") !== page) {
  console.error(`${PAGE} is not what bench/results.json gives: run \`npm run latency\`.`);
  process.exit(1);
}
console.log(`${PAGE}: as round trips, distances and what was measured give it`);
