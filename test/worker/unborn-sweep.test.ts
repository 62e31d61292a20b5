/**
 * ID-5: licenses that end without ever having been used are born by the cron, which their objects need to tell of it.
 */

import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { sweepUnborn } from "../../src/operations/upkeep/sweep-unborn.ts";
import { DUE_UNBORN, dueUnborn } from "../../src/registry/upkeep/unborn.ts";
import { opened, ROOT_SECRET } from "../support/bindings.ts";
import { license, productId, read } from "../support/management.ts";
import { isBorn } from "../support/objects.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

const MINUTE = 60_000;

async function sweep(now: number): Promise<void> {
  await sweepUnborn(await opened({ ROOT_SECRET }), now);
}

it("ID-5: a license is born at its end, not before, and one that never ends is not", async () => {
  const ending = await license({ validity: 600 });
  const perpetual = await license();
  const delayed = await license({ validity: 600, expirationStrategy: "delayed" });
  const end = Date.parse(String(ending.expiresAt));
  await sweep(end - 1);
  expect(await isBorn(ending.id)).toBe(false);
  await sweep(end);
  expect(await isBorn(ending.id)).toBe(true);
  expect(await read(`/licenses/${ending.id}`)).toEqual(ending);
  await sweep(end + 365 * 86_400_000);
  expect([await isBorn(perpetual.id), await isBorn(delayed.id)]).toEqual([false, false]);
});

it("ID-5: or as long before it as its notice says", async () => {
  const resource = await license({ validity: 600 });
  await env.DB.prepare("UPDATE licenses SET terms = json_set(terms, '$.expiringSoonEventOffset', 120) WHERE id = ?")
    .bind(resource.id)
    .run();
  const end = Date.parse(String(resource.expiresAt));
  await sweep(end - 2 * MINUTE - 1);
  expect(await isBorn(resource.id)).toBe(false);
  await sweep(end - 2 * MINUTE);
  expect(await isBorn(resource.id)).toBe(true);
});

it("ID-5: one that fails holds up no other, and a run takes a bounded number", async () => {
  const product = await productId();
  const resources = [];
  for (let index = 0; index < 25; index += 1) resources.push(await license({ productId: product, validity: 60 }));
  // The first to end; its id names no object.
  const [first, ...others] = resources;
  await env.DB.prepare("UPDATE licenses SET id = 'nobody', expires_at = expires_at - 1000 WHERE id = ?")
    .bind(first?.id)
    .run();
  await sweep(Date.now() + MINUTE + 1000);
  for (const { id } of others) expect(await isBorn(id)).toBe(true);
  expect(await isBorn("nobody")).toBe(false);
});

it("ID-5, EVT-1: the object tells of the end once, and leaves the sweep alone from then on", async () => {
  const resource = await license({ validity: 600 });
  const end = Date.parse(String(resource.expiresAt));
  vi.setSystemTime(end);
  try {
    await sweep(end);
    const fence = env.DB.prepare("SELECT fence FROM licenses WHERE id = ?").bind(resource.id);
    await vi.waitUntil(async () => Number(await fence.first("fence")) > 0);
    expect((await dueUnborn(env.DB, end, null, 100)).map(({ id }) => id)).not.toContain(resource.id);
    await sweep(end + MINUTE);
    const told = env.DB.prepare(`SELECT type FROM ${EVENTS} WHERE subject_id = ? AND sequence > 0`).bind(resource.id);
    expect((await told.all()).results).toEqual([{ type: "license.expired" }]);
  } finally {
    vi.useRealTimers();
  }
});

it("ID-5: the sweep seeks in its index and reads no license that has nothing to tell", async () => {
  const plan = await env.DB.prepare(`EXPLAIN QUERY PLAN ${DUE_UNBORN}`).bind(0, 0, "", 1).all<{ detail: string }>();
  expect(plan.results.map(({ detail }) => detail)).toContainEqual(
    expect.stringMatching(/^SEARCH licenses USING INDEX licenses_unborn_notice/),
  );
});
