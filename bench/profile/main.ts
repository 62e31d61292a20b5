/**
 * `npm run bench:profile -- "renew"`: where a call's processor time goes, by the inspector's samples of the isolate
 * that runs the Worker and its objects, under load. Tells the functions with the most time of their own, and those
 * that have the most in all that they call.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildReadable } from "../build.ts";
import { Inspector } from "../inspector.ts";
import { ROOT_SECRET, Shop } from "../shop.ts";
import { ours } from "../subjects.ts";
import { serveWorker } from "../worker-server.ts";
import { functionsOf, type FunctionTime } from "./samples.ts";

const CONNECTIONS = 16;
const SECONDS = 8;
const SHOWN = 60;

const wanted = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "leasehold-profile-"));
try {
  const server = await serveWorker(
    {
      module: buildReadable(folder),
      database: "DB",
      objects: { LICENSES: "LicenseObject" },
      bindings: { ROOT_SECRET, ENVIRONMENT: "development", LOG_SAMPLING: process.env["LOG_SAMPLING"] ?? "0" },
      inspected: true,
    },
    join(folder, "data"),
    CONNECTIONS,
  );
  try {
    const shop = await Shop.open(server);
    const subjects = await ours(server, shop, 1);
    for (const { name, next, status, stock } of subjects) {
      if (!wanted.includes(name)) continue;
      await stock?.fill(stock.perSecond * (SECONDS + 1));
      await server.connections.run({ next, status, forMs: 1000 });
      const inspector = await Inspector.open(await server.inspector());
      await inspector.startProfile();
      const { calls } = await server.connections.run({ next, status, forMs: SECONDS * 1000 });
      const profile = await inspector.stopProfile();
      inspector.close();
      const functions = functionsOf(profile);
      console.log(`\n${name}: ${calls} calls`);
      for (const by of ["self", "total"] as const) {
        console.log(`\n% of processor time, ${by}`);
        for (const line of top(functions, by)) console.log(line);
      }
    }
  } finally {
    await server.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

// Miniflare may keep a handle or two.
process.exit(0);

function top(functions: readonly FunctionTime[], by: "self" | "total"): readonly string[] {
  const sorted = functions.toSorted((a, b) => b[by] - a[by]).slice(0, SHOWN);
  return sorted.map((one) => `${(one[by] * 100).toFixed(1).padStart(6)}  ${one.name}`);
}
