/**
 * `npm run locator-key`: prints the locator key in force, for `LOCATOR_KEY`, before ROOT_SECRET rotates (CFG-3;
 * docs/operations.md).
 */

import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { readConfig, type Vars } from "../src/config/config.ts";
import { locatorKeyInForce } from "../src/tokens/locator.ts";

const SECRETS_FILE = ".dev.vars";

const read = readConfig(secrets());
if (read.ok) {
  console.log(await locatorKeyInForce(read.config.rootSecret, read.config.locatorKey));
} else {
  for (const { name, detail } of read.faults) console.error(`${name}: ${detail}`);
  process.exitCode = 1;
}

/** The environment's, or the file's: never one of each, which would be the key of no deployment. */
function secrets(): Vars {
  const { env } = process;
  const isInEnvironment = env.ROOT_SECRET || env.LOCATOR_KEY || !existsSync(SECRETS_FILE);
  const { ROOT_SECRET = "", LOCATOR_KEY = "" } = isInEnvironment ? env : parseEnv(readFileSync(SECRETS_FILE, "utf8"));
  return { ROOT_SECRET, LOCATOR_KEY };
}
