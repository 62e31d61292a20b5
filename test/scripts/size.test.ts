/** What a bundle is made of (0014-the-size-of-the-bundle.md). */

import { expect, it } from "vitest";
import { partsOf, tableOf } from "../../scripts/size/parts.ts";

const sizes = (inputs: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(inputs).map(([path, bytesInOutput]) => [path, { bytesInOutput }]));

it("adds up folders of src, surfaces of http and packages, wherever they lie", () => {
  const index = sizes({
    "src/http/management/license/licenses.ts": 3072,
    "src/http/management/app.ts": 1024,
    "src/http/problem.ts": 512,
    "src/domain/terms/expiry.ts": 1024,
    "src/app.ts": 100,
    "../src/index.ts": 100,
    "node_modules/@hono/zod-validator/dist/index.js": 256,
    "node_modules/wrangler/node_modules/unenv/dist/x.mjs": 700,
    "node_modules/hono/dist/hono-base.js": 2048,
    "scripts/size/activation.ts": 50,
    "src/empty.ts": 0,
  });
  const parts = partsOf({ outputs: { "dist/index.js": { inputs: index }, "dist/index.js.map": { inputs: {} } } });
  expect(parts).toEqual([
    { name: "src/http/management", bytes: 4096 },
    { name: "hono", bytes: 2048 },
    { name: "src/domain", bytes: 1024 },
    { name: "wrangler", bytes: 700 },
    { name: "src/http", bytes: 512 },
    { name: "@hono/zod-validator", bytes: 256 },
    { name: "the rest", bytes: 250 },
  ]);
  const [head, largest = ""] = tableOf(parts, 4443).split("\n");
  expect(head).toContain("KiB minified");
  expect(largest).toMatch(/^src\/http\/management +4\.0 +2\.0$/);
});
