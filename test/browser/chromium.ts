/** The Chromium that this machine has, and a page of it that notes whatever should not have happened. */

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** For a machine with two busy cores. */
const PATIENCE_MS = 120_000;
const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Throws with what to do where there is none. `CHROMIUM` names one that is not in the path. */
export function chromiumPath(): string {
  const inPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const found = [process.env["CHROMIUM"], ...inPath].find((path) => path !== undefined && existsSync(path));
  if (found !== undefined) return found;
  throw new Error(
    "There is no Chromium on this machine. Install it (apt-get install chromium), or set CHROMIUM to the path of one.",
  );
}

export async function startChromium(): Promise<Browser> {
  // As root, which containers are, its own sandbox cannot be made; nothing but our own pages is opened.
  const chromiumSandbox = process.getuid?.() !== 0;
  // People's browsers keep the pages that they come back to.
  const ignoreDefaultArgs = ["--disable-back-forward-cache"];
  return await chromium.launch({ executablePath: chromiumPath(), chromiumSandbox, ignoreDefaultArgs });
}

export interface Watched {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors and warnings of the console, violations of the policy, exceptions, requests to other origins. */
  readonly oddities: string[];
}

/** A browser of somebody who was never here. */
export async function watchedPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, baseURL: url, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const oddities: string[] = [];
  const { origin } = new URL(url);
  context.on("request", (request) => {
    const to = request.url();
    if (!to.startsWith(`${origin}/`) && !to.startsWith("data:")) oddities.push(`request to ${to}`);
  });
  context.on("weberror", (error) => oddities.push(`exception: ${String(error.error())}`));
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) oddities.push(`${message.type()}: ${message.text()}`);
  });
  // A function of ours in the page would keep the browser from keeping it.
  await context.addInitScript(
    'addEventListener("securitypolicyviolation", (its) => console.error(its.violatedDirective, its.blockedURI));',
  );
  return { context, page: await context.newPage(), oddities };
}
