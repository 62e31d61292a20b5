/** Writes docs/problems.md from the tables of problems; a test compares the two. */

import { writeFileSync } from "node:fs";
import { DOCUMENT, problemsDocument } from "./problems-document.ts";

writeFileSync(DOCUMENT, problemsDocument());
console.log(`${DOCUMENT}: written from src/http/problems`);
