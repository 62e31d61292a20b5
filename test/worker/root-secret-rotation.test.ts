/**
 * CFG-3: rotating ROOT_SECRET as docs/operations.md says, over HTTP; every step in an isolate of its own, as a deploy
 * gives one.
 */

import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { decodeProtectedHeader } from "jose";
import { expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import type { Vars } from "../../src/config/config.ts";
import { runCron } from "../../src/operations/upkeep/cron.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { locatorKeyInForce } from "../../src/tokens/locator.ts";
import { bindingsWith, momentAt, ROOT_SECRET } from "../support/bindings.ts";
import { documentOf, newFloating } from "../support/shop.ts";

const NEXT_SECRET = "another-7d1e0b9c85f3a264e7d8b1c0";
const LOCATOR_KEY = await locatorKeyInForce(ROOT_SECRET, null);
const ROTATING: Vars = { ROOT_SECRET: NEXT_SECRET, ROOT_SECRET_PREVIOUS: ROOT_SECRET, LOCATOR_KEY };
const ROTATED: Vars = { ROOT_SECRET: NEXT_SECRET, LOCATOR_KEY };
const WELL = { status: "ok", configuration: "ok", database: "ok" };

interface Isolate {
  activate(key: string): Promise<Response>;
  health(): Promise<{ readonly status: number; readonly body: unknown }>;
  cron(): Promise<void>;
}

function isolate(vars: Vars): Isolate {
  const open = deploymentOpener();
  const app = createApp(open);
  const bindings = bindingsWith({ ENVIRONMENT: "development", ...vars });
  const call = async (path: string, init: RequestInit = {}) => {
    const context = createExecutionContext();
    const answer = await app.fetch(new Request(`http://leasehold.test${path}`, init), bindings, context);
    await waitOnExecutionContext(context);
    return answer;
  };
  return {
    activate: async (activationCode) => {
      const body = JSON.stringify({ activationCode, fingerprint: "device" });
      const headers = { "Content-Type": "application/json" };
      return await call("/api/v1/activations/license", { method: "POST", headers, body });
    },
    health: async () => {
      const answer = await call("/health");
      return { status: answer.status, body: await answer.json() };
    },
    cron: async () => {
      const opened = await open(bindings, momentAt(Date.now()));
      if (opened.ok) await runCron(opened.deployment, Date.now());
    },
  };
}

async function kidOf(answer: Response): Promise<string | undefined> {
  return decodeProtectedHeader((await documentOf(answer)).licenseToken).kid;
}

async function copyKeys(count: number): Promise<void> {
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO signing_keys SELECT kid || i, product_id || i, algorithm, status, public_jwk, private_key, wrapping_key,
       created_at, updated_at FROM signing_keys, n WHERE status = 'active'`,
  )
    .bind(count)
    .run();
}

it("CFG-3: keys are wrapped again by the cron; then the new secret alone signs, with the same kid", async () => {
  const license = await newFloating(10);
  const kid = await kidOf(await isolate({ ROOT_SECRET }).activate(license.key));
  const second = await newFloating(10);

  const rotating = isolate(ROTATING);
  expect(await kidOf(await rotating.activate(license.key))).toBe(kid);
  expect(await rotating.health()).toEqual({
    status: 200,
    body: { ...WELL, keysToWrapAgain: 4, warnings: ["keys-to-wrap"] },
  });
  // Too early: the previous secret is still needed, and the deployment says so instead of failing at the signature.
  const early = isolate(ROTATED);
  expect((await early.activate(license.key)).status).toBe(503);
  expect(await early.health()).toMatchObject({ status: 503, body: { configuration: "faulty" } });

  await rotating.cron();
  expect(await isolate(ROTATING).health()).toEqual({ status: 200, body: WELL });
  const rotated = isolate(ROTATED);
  expect(await kidOf(await rotated.activate(license.key))).toBe(kid);
  await documentOf(await rotated.activate(second.key));
  expect(await rotated.health()).toEqual({ status: 200, body: WELL });
  expect((await isolate({ ROOT_SECRET }).activate(license.key)).status).toBe(503);
});

it("CFG-3: a key that does not open is counted, holds up no other, and keeps the previous secret needed", async () => {
  await env.DB.exec("DELETE FROM signing_keys; DELETE FROM deployment");
  const license = await newFloating(10);
  const first = isolate({ ROOT_SECRET });
  const kid = await kidOf(await first.activate(license.key));
  // More than two batches of copies, whose ciphertexts belong to another kid.
  await copyKeys(101);
  const rotating = isolate(ROTATING);
  await rotating.cron();
  expect(await rotating.health()).toEqual({
    status: 200,
    body: { ...WELL, keysToWrapAgain: 101, warnings: ["keys-to-wrap"] },
  });
  expect(await kidOf(await rotating.activate(license.key))).toBe(kid);
  expect((await isolate(ROTATED).activate(license.key)).status).toBe(503);
});

it("CFG-3: health is no longer in order when keys need a secret that the Worker has not", async () => {
  const rotating = isolate(ROTATING);
  await env.DB.exec("DELETE FROM signing_keys");
  await rotating.cron();
  expect((await isolate(ROTATED).health()).status).toBe(200);
  // Made by an isolate of the version before, after the last key was wrapped again.
  await newFloating(1);
  const faulty = { status: "unavailable", configuration: "faulty", database: "ok" };
  const body = { ...faulty, keysToWrapAgain: 2, warnings: ["keys-to-wrap"] };
  expect(await isolate(ROTATED).health()).toEqual({ status: 503, body });
  const again = isolate(ROTATING);
  await again.cron();
  expect((await isolate(ROTATED).health()).status).toBe(200);
});
