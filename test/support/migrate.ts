/**
 * Brings the D1 of a test file up to the schema that a deployment has, keeps the log of its requests quiet, and fails
 * the file if its log held what nobody may read there.
 */

import { applyD1Migrations, env } from "cloudflare:test";
import { afterAll } from "vitest";
import { ROOT_SECRET } from "./bindings.ts";
import { startHearing } from "./heard.ts";

declare global {
  namespace Cloudflare {
    /** What vitest.config.ts binds beside the Worker's own. */
    interface Env {
      readonly TEST_MIGRATIONS: Parameters<typeof applyD1Migrations>[1];
    }
  }
}

/** The lines of requests would be most of what a run of tests prints. */
const IS_REQUEST = /^{"level":"\w+","time":"[^"]*","what":"request"/;
const ears = startHearing({ ROOT_SECRET }, (line) => IS_REQUEST.test(line));

// oxlint-disable-next-line no-empty-pattern -- vitest takes no other pattern for a context that is not read.
afterAll(({}, file) => {
  Object.assign(file.meta, { lines: ears.lines });
  const leaks = ears.leaks();
  if (leaks.length > 0) throw new Error(`OBS-1: ${file.name}\n${leaks.slice(0, 10).join("\n")}`);
});

await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
