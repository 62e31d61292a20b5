/** CFG-3: webhooks keep their tokens through a rotation of ROOT_SECRET. */

import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { changeWebhook, rotateToken } from "../../src/operations/webhook/change-webhook.ts";
import { createWebhook } from "../../src/operations/webhook/create-webhook.ts";
import { runCron } from "../../src/operations/upkeep/cron.ts";
import { openSecrets } from "../../src/operations/webhook/webhook-secrets.ts";
import { findWebhook } from "../../src/registry/rows/webhooks.ts";
import { saveWrapped, wrappedUnder } from "../../src/registry/upkeep/wrapped.ts";
import { locatorKeyInForce } from "../../src/tokens/locator.ts";
import { bindingsWith, fetchWith, opened, ROOT_SECRET } from "../support/bindings.ts";

const NEXT_SECRET = "another-7d1e0b9c85f3a264e7d8b1c0";
const LOCATOR_KEY = await locatorKeyInForce(ROOT_SECRET, null);
const ROTATING = { ROOT_SECRET: NEXT_SECRET, ROOT_SECRET_PREVIOUS: ROOT_SECRET, LOCATOR_KEY };
const ROTATED = { ROOT_SECRET: NEXT_SECRET, LOCATOR_KEY };
const CALLER = { actor: { type: "root" }, requestId: "r" } as const;
const HOOK = {
  name: "n",
  url: "https://shop.example/",
  events: ["webhook.test"],
  format: "json",
  enabled: true,
} as const;

async function newWebhook(token: string): Promise<string> {
  const made = await createWebhook(await opened({ ROOT_SECRET }), { ...HOOK, token }, CALLER, Date.now(), () => null);
  if (!made.ok) throw new Error(made.refusal.code);
  return made.value.webhook.id;
}

async function tokenOf(id: string, vars: { readonly ROOT_SECRET: string }): Promise<string | undefined> {
  const { db, wrapping } = await opened(vars);
  const found = await findWebhook(db, id);
  return found === null ? undefined : (await openSecrets(wrapping, id, found))?.token;
}

async function health(vars: object): Promise<unknown> {
  return await (await fetchWith(bindingsWith(vars), "/health")).json();
}

it("CFG-3: the cron wraps secrets of webhooks again, and health counts them until it has", async () => {
  const ids = [await newWebhook("first"), await newWebhook("second")];
  expect(await health(ROTATING)).toMatchObject({ status: "ok", keysToWrapAgain: 2 });
  expect(await tokenOf(ids[0] ?? "", ROTATING)).toBe("first");
  const early = await fetchWith(bindingsWith(ROTATED), "/.well-known/jwks.json");
  expect(early.status).toBe(503);
  await runCron(await opened(ROTATING), Date.now());
  expect(await health(ROTATING)).toEqual({ status: "ok", configuration: "ok", database: "ok" });
  expect(await Promise.all(ids.map((id) => tokenOf(id, ROTATED)))).toEqual(["first", "second"]);
});

it("CFG-3: a webhook whose secrets nobody opens is counted, until its token is replaced", async () => {
  const rotating = await opened(ROTATING);
  const [first, second] = [await newWebhookUnder(), await newWebhookUnder()];
  await env.DB.prepare("UPDATE webhooks SET secrets = 'x' WHERE id = ?").bind(first).run();
  await runCron(rotating, Date.now());
  expect(await health(ROTATING)).toMatchObject({ status: "ok", keysToWrapAgain: 1 });
  expect(await tokenOf(second, ROTATED)).toBe("t");
  await rotateToken(rotating, first, "new", CALLER, Date.now(), () => null);
  expect(await health(ROTATING)).not.toHaveProperty("keysToWrapAgain");
  expect(await tokenOf(first, ROTATED)).toBe("new");

  /** Made by an isolate that has not heard of the new secret. */
  async function newWebhookUnder(): Promise<string> {
    await env.DB.prepare("UPDATE deployment SET wrapping_check = ?").bind(rotating.wrapping.previousKeyId).run();
    const id = await newWebhook("t");
    await env.DB.prepare("UPDATE deployment SET wrapping_check = ?").bind(rotating.wrapping.keyId).run();
    return id;
  }
});

it("CFG-3: a token that is replaced while its old one is wrapped again stays replaced", async () => {
  await env.DB.exec("DELETE FROM webhooks; DELETE FROM deployment");
  const id = await newWebhook("old");
  const { db, wrapping } = await opened({ ROOT_SECRET });
  const [row] = await wrappedUnder(db, "webhook", wrapping.keyId, "", 10);
  if (row === undefined) throw new Error("it is there");
  const changed = await changeWebhook(
    await opened({ ROOT_SECRET }),
    id,
    { token: "new", fixed: {} },
    CALLER,
    Date.now(),
    () => null,
  );
  expect(changed.ok).toBe(true);
  await saveWrapped(db, "webhook", [{ ...row, was: row.ciphertext, ciphertext: row.ciphertext, wrappingKey: "k" }]);
  expect(await tokenOf(id, { ROOT_SECRET })).toBe("new");
});
