/** `npm run vectors`: makes `vectors.json` with new keys. A case that is there is never changed: see README.md. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { answers } from "./cases/answers.ts";
import { claims } from "./cases/claims.ts";
import { forms } from "./cases/forms.ts";
import { plans } from "./cases/plans.ts";
import { time } from "./cases/time.ts";
import type { Vectors } from "./format.ts";
import { openMint } from "./mint.ts";

export const FILE = join(import.meta.dirname, "vectors.json");

export async function makeVectors(): Promise<Vectors> {
  const mint = await openMint();
  const keys = Object.fromEntries(Object.entries(mint.keys).map(([name, { publicJwk }]) => [name, publicJwk]));
  const cases = [...(await forms(mint)), ...(await claims(mint)), ...(await time(mint)), ...answers(), ...plans()];
  return { format: "leasehold-client-vectors", version: 1, tolerance: 300_000, keys, cases };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const vectors = await makeVectors();
  writeFileSync(FILE, `${JSON.stringify(vectors, null, 1)}\n`);
  console.log(`vectors.json: ${vectors.cases.length} cases`);
}
