/** What wrangler.toml asks of the runtime, where a rule rests on it. */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("HOOK-3: fetch leads to the public internet alone, also for hosts of the Worker's own zone", () => {
  const toml = readFileSync("wrangler.toml", "utf8");
  expect(/^compatibility_flags = (\[.*\])$/m.exec(toml)?.[1]).toContain("global_fetch_strictly_public");
});
