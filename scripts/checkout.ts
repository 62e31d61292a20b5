/** A copy of what a checkout has, to run it where nothing of this one is touched. */

import { cpSync } from "node:fs";
import { join } from "node:path";

/** What the README's commands need. */
const CHECKOUT = [
  ...[".npmrc", "package.json", "package-lock.json", "wrangler.toml", "tsconfig.json"],
  ...["src", "migrations", "scripts", "docs", "examples"],
];

/** Without packages, secrets and data. */
export function copyCheckout(folder: string): void {
  for (const name of CHECKOUT) cpSync(name, join(folder, name), { recursive: true });
}
