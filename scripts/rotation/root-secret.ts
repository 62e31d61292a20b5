/** `ROOT_SECRET` under load, by the steps of docs/operations.md (CFG-3): each deploy is a kill and another start. */

import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT_SECRET, type Vars } from "../torture/runtime.ts";
import type { Calls } from "./calls.ts";

const LOCATOR_KEY = join(import.meta.dirname, "../locator-key.ts");
const WRAPS_WITHIN_MS = 30_000;
const POLL_MS = 500;

export interface Rotation {
  /** Keys that waited when the new secret came. */
  readonly waited: number;
  /** How often the cron ran until none was left. */
  readonly crons: number;
}

/** `meanwhile`: calls go by after each start. */
export async function rotateRootSecret(
  calls: Calls,
  vendor: string,
  meanwhile: () => Promise<void>,
): Promise<Rotation> {
  const next = randomBytes(32).toString("base64url");
  const locatorKey = locatorKeyOf(ROOT_SECRET);
  await deploy(calls, { LOCATOR_KEY: locatorKey, ROOT_SECRET_PREVIOUS: ROOT_SECRET, ROOT_SECRET: next });
  await meanwhile();
  const waited = await left(calls, vendor);
  if (waited === 0) calls.faults.push("no key waits for the new secret");
  const until = Date.now() + WRAPS_WITHIN_MS;
  let crons = 0;
  while ((await left(calls, vendor)) > 0) {
    if (Date.now() > until) throw new Error("keys still wait to be wrapped again: the cron does not get on");
    await calls.runtime.cron();
    crons += 1;
    await sleep(POLL_MS);
  }
  await deploy(calls, { LOCATOR_KEY: locatorKey, ROOT_SECRET: next });
  await meanwhile();
  await mints(calls, next, true);
  await mints(calls, ROOT_SECRET, false);
  return { waited, crons };
}

function locatorKeyOf(secret: string): string {
  const env = { ...process.env, ROOT_SECRET: secret, LOCATOR_KEY: "" };
  const printed = spawnSync(process.execPath, [LOCATOR_KEY], { encoding: "utf8", env });
  if (printed.status !== 0) throw new Error(`no locator key: ${printed.stderr}`);
  return printed.stdout.trim();
}

async function deploy({ runtime }: Calls, vars: Vars): Promise<void> {
  runtime.configure(vars);
  await runtime.kill();
  await runtime.start();
}

/**
 * The most that any isolate counts. The deployment's page, which keeps its answer for longer than health does, is asked
 * when health counts none.
 */
async function left(calls: Calls, vendor: string): Promise<number> {
  const counts: number[] = [];
  for (const isolate of calls.runtime.urls.keys()) {
    const health = await calls.send("health", isolate, { method: "GET", path: "/health" });
    const { keysToWrapAgain = 0 }: { readonly keysToWrapAgain?: number } = JSON.parse(health.text);
    counts.push(keysToWrapAgain === 0 ? await leftByPage(calls, vendor, isolate) : keysToWrapAgain);
  }
  return Math.max(...counts);
}

async function leftByPage(calls: Calls, vendor: string, isolate: number): Promise<number> {
  const page = await calls.send("read by v3", isolate, { method: "GET", path: "/v3/deployment", bearer: vendor });
  const { keysToWrap }: { readonly keysToWrap: number } = JSON.parse(page.text);
  return keysToWrap;
}

async function mints(calls: Calls, secret: string, isRight: boolean): Promise<void> {
  const body = { name: "rotation", scopes: ["product:read"] };
  const call = { method: "POST", path: "/v3/personal-access-tokens", bearer: secret, body } as const;
  const kind = isRight ? "mint by the new secret" : "mint by the old secret";
  const { status } = await calls.send(kind, 0, call, (answer) => !isRight && answer === 401);
  if (status < 300 !== isRight) calls.faults.push(`${kind} is answered ${status}`);
}
