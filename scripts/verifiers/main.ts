/**
 * `npm run verifiers`: every verifier of docs/verify on the page's tokens and on tokens of today, which it has to take
 * or to refuse; ends with 1 where one does not, and where a language is missing, with what to install. `-- --write`
 * makes the page's tokens anew where their claims have changed, and the parts of docs/tokens.md that are shown from
 * docs/verify.
 */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { decodeJwt } from "jose";
import { isMissing, LANGUAGES, verdictOf, type Command, type Language } from "./languages.ts";
import { PAGE, pageWith } from "./page.ts";
import { freshVectors, storedVectors, todaysVectors, unsignedParts, writeVectors, type Vectors } from "./vectors.ts";

if (process.argv.includes("--write")) {
  const fresh = await freshVectors();
  if (!isDeepStrictEqual(unsignedParts(storedVectors()), unsignedParts(fresh))) writeVectors(fresh);
  writeFileSync(PAGE, pageWith(readFileSync(PAGE, "utf8"), storedVectors()));
  console.log(`${PAGE} shows docs/verify`);
} else {
  const sets = [storedVectors(), await todaysVectors(Date.now())];
  const work = mkdtempSync(join(tmpdir(), "leasehold-verifiers-"));
  try {
    const faults = LANGUAGES.flatMap((language) => tried(language, work, sets));
    if (faults.length > 0) {
      console.error(faults.join("\n"));
      process.exitCode = 1;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What is wrong with a language's verifier, or that it could not be tried. */
function tried(language: Language, work: string, sets: readonly Vectors[]): readonly string[] {
  const found = language.find(work);
  if (isMissing(found)) return [`verifiers: ${language.name} was not tried. There is ${found.missing}`];
  const faults = sets.flatMap((vectors) => faultsOf(language, found, vectors));
  if (faults.length === 0) {
    const count = sets.reduce((sum, { tokens }) => sum + tokens.length, 0);
    console.log(`verifiers: ${language.name} is right about ${count} tokens`);
  }
  return faults;
}

function faultsOf({ file }: Language, command: Command, vectors: Vectors): readonly string[] {
  return vectors.tokens.flatMap(({ name, isGood, token }) => {
    const verdict = verdictOf(command, vectors, token);
    if ("claims" in verdict && isGood) assert.deepEqual(verdict.claims, decodeJwt(token), file);
    return "claims" in verdict === isGood ? [] : [`${file}: "${name}" is ${isGood ? "refused" : "taken"}`];
  });
}
