/** `npm run test:browser`: pages of a running server, in Chromium. */

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "browser",
    root: `${import.meta.dirname}/../..`,
    include: ["test/browser/**/*.test.ts"],
    globalSetup: ["./test/browser/server-setup.ts"],
    // For a machine with two busy cores; no test waits for time to pass.
    testTimeout: 240_000,
    hookTimeout: 60_000,
    isolate: false,
    fileParallelism: false,
  },
});
