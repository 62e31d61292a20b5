/** Vitest's global set-up: `npm start` on a copy of the checkout and a free port, with its demo data, for all files. */

import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { TestProject } from "vitest/node";
import { copyCheckout } from "../../scripts/checkout.ts";
import { freePort } from "../../scripts/dev-server.ts";
import { Running } from "../../scripts/running.ts";
import { chromiumPath } from "./chromium.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The server's address, and an access token that may do everything. */
    served: { readonly url: string; readonly token: string };
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  chromiumPath();
  const folder = mkdtempSync(join(tmpdir(), "leasehold-browser-"));
  copyCheckout(folder);
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  const running = await Running.start("npm start", folder, await freePort());
  const { LEASEHOLD: url = "", TOKEN: token = "" } = running.variables();
  project.provide("served", { url, token });
  return async () => {
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
