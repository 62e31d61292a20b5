/** Writes docs/limits.md from the constants in src, formatted; a test compares the two. */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { DOCUMENT, limitsDocument } from "./limits-document.ts";

writeFileSync(DOCUMENT, limitsDocument());
execFileSync("node_modules/.bin/oxfmt", [DOCUMENT]);
console.log(`${DOCUMENT}: written`);
