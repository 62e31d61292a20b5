/**
 * Writes the OpenAPI document into the Worker's module; a test compares the two. `-- FILE` writes the JSON there, too,
 * and `-- --check` writes nothing, but lints what is committed, and prints what is in it.
 */

import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { lintFromString, loadConfig } from "@redocly/openapi-core";
import { countsOf } from "./counts.ts";
import { openapiDocument } from "./document.ts";
import { MODULE, moduleOf, writtenDocument } from "./module.ts";

const [target] = process.argv.slice(2);
const document = JSON.stringify(openapiDocument());

if (target === "--check") await check();
else {
  writeFileSync(MODULE, moduleOf(document));
  if (target !== undefined) writeFileSync(target, document);
  console.log(`${MODULE}: written, ${document.length} characters of JSON`);
}

async function check(): Promise<void> {
  if (writtenDocument() !== document) throw new Error(`${MODULE} is old: npm run openapi`);
  const config = await loadConfig({ configPath: "redocly.yaml" });
  const found = await lintFromString({ source: document, absoluteRef: resolve("openapi.json"), config });
  for (const { severity, message, location } of found) {
    console.error(`${severity}: ${location[0]?.pointer ?? ""}: ${message}`);
  }
  if (found.length > 0) process.exit(1);
  const counts = Object.entries(countsOf(JSON.parse(document)));
  console.log(`openapi: ${counts.map(([name, count]) => `${count} ${name}`).join(", ")}; redocly finds nothing`);
}
