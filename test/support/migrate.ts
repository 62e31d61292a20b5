/** Brings the D1 of a test file up to the schema that a deployment has, and keeps the log of its requests quiet. */

import { applyD1Migrations, env } from "cloudflare:test";

declare global {
  namespace Cloudflare {
    /** What vitest.config.ts binds beside the Worker's own. */
    interface Env {
      readonly TEST_MIGRATIONS: Parameters<typeof applyD1Migrations>[1];
    }
  }
}

/** The lines of requests would be most of what a run of tests prints. */
for (const level of ["log", "error"] as const) {
  const print = console[level];
  console[level] = (...said: readonly unknown[]) => {
    if (!/^{"level":"\w+","time":"[^"]*","what":"request"/.test(String(said[0]))) print(...said);
  };
}

await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
