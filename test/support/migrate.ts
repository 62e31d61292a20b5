/** Brings the D1 of a test file up to the schema that a deployment has. */

import { applyD1Migrations, env } from "cloudflare:test";

declare global {
  namespace Cloudflare {
    /** What vitest.config.ts binds beside the Worker's own. */
    interface Env {
      readonly TEST_MIGRATIONS: Parameters<typeof applyD1Migrations>[1];
    }
  }
}

await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
