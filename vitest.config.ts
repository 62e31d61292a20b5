import { join } from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { LinesHeard } from "./test/support/lines-heard.ts";
import { oneModule } from "./test/support/one-module.ts";

/** For a machine with two busy cores; no test waits for time to pass. */
const PATIENCE = { testTimeout: 60_000, hookTimeout: 60_000 };

/** In plain Node nothing is kept between files, and loading the product anew for each took a fifth of the time. */
const PLAIN_NODE = {
  isolate: false,
  // Many tests start processes: what these have compiled, the next one need not.
  env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/compiled") },
  ...PATIENCE,
  globalSetup: ["./test/support/identity-provider-setup.ts"],
};

/**
 * `rules`: plain Node, seconds, to run while writing. `models`: random lives, the simulator, planted faults and the
 * scripts, minutes. `worker`: the real runtime with D1 and Durable Objects, one for each file; there the Worker is one
 * module.
 */
export default defineConfig({
  test: {
    // Left to itself, vitest keeps one of two cores idle.
    maxWorkers: 2,
    reporters: ["default", new LinesHeard(), "./test/support/described/reporter.ts"],
    projects: [
      {
        test: {
          name: "rules",
          include: ["test/{clients,domain,durable,http,ledger,license,log,tokens,webhooks}/**/*.test.ts"],
          ...PLAIN_NODE,
          globalSetup: [...PLAIN_NODE.globalSetup, "./test/support/property-seed-setup.ts"],
          setupFiles: ["./test/support/property-seed.ts"],
        },
      },
      { test: { name: "models", include: ["test/{models,scripts}/**/*.test.ts"], ...PLAIN_NODE } },
      {
        plugins: [
          oneModule("test/support/worker.ts", "test/support/heard.ts", "test/support/described/notes.ts"),
          cloudflareTest(async () => ({
            main: "./test/support/worker.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              durableObjects: {
                TEST_WEBHOOKS: { className: "TestWebhookObject", useSQLite: true },
                UNSTEADY_WEBHOOKS: { className: "UnsteadyWebhookObject", useSQLite: true },
                HASTY_WEBHOOKS: { className: "HastyWebhookObject", useSQLite: true },
                UNSTEADY_LICENSES: { className: "UnsteadyLicenseObject", useSQLite: true },
              },
              bindings: {
                ROOT_SECRET: "test-only 4f9c2b7e1d8a6035c2e7b9f4a1d60e83",
                ENVIRONMENT: "development",
                TEST_MIGRATIONS: await readD1Migrations("./migrations"),
              },
            },
          })),
        ],
        test: {
          name: "worker",
          include: ["test/worker/**/*.test.ts"],
          globalSetup: ["./test/support/identity-provider-setup.ts", "./test/support/webhook-receiver-setup.ts"],
          setupFiles: ["./test/support/migrate.ts", "./test/support/described/setup.ts"],
          ...PATIENCE,
        },
      },
    ],
  },
});
