/** ERR-1: a deployment whose disk is full, on real workerd: what cannot be stored is an outage, and it passes. */

import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { ROOT_SECRET, Runtime } from "../../scripts/torture/runtime.ts";

const runtime = await Runtime.create();
mkdirSync(runtime.state, { recursive: true });
const isMounted = run("mount", "-t", "tmpfs", "-o", "size=12m", "leasehold-test", runtime.state);
if (!isMounted) console.warn("SKIPPED: a full disk is not tested, since this machine refuses to mount a tmpfs.");
const filler = join(runtime.state, "filler");

afterAll(async () => {
  await runtime.kill();
  if (isMounted) run("umount", runtime.state);
  await runtime.remove();
});

function run(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, [...args]).status === 0;
}

/** Until not one more block fits. */
function fill(): void {
  for (const bytes of [65_536, 4096]) {
    try {
      for (;;) appendFileSync(filler, Buffer.alloc(bytes));
    } catch {
      // This much does not fit any more.
    }
  }
}

async function v3(
  path: string,
  token: string,
  body: object,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${runtime.url}/v3${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

it.skipIf(!isMounted)("ERR-1: on a full disk changes are 503 and retryable, and go on once there is room", async () => {
  await runtime.start();
  const { body: minted } = await v3("/personal-access-tokens", ROOT_SECRET, { name: "test", scopes: ["*"] });
  const token = String(minted["token"]);
  const { body: product } = await v3("/products", token, { name: "p" });
  const license = { productId: product["id"], metadata: [{ key: "k", value: "x".repeat(4000) }] };
  expect((await v3("/licenses", token, license)).status).toBe(201);
  fill();
  const seen = new Set<string>();
  // What the database has room for inside its files still fits.
  for (let call = 0; call < 40; call += 1) {
    const { status, body } = await v3("/licenses", token, license);
    seen.add(`${status} ${String(body["code"])} ${String(body["retryable"])}`);
  }
  seen.delete("201 undefined undefined");
  expect([...seen]).toEqual(["503 STORAGE_UNAVAILABLE true"]);
  rmSync(filler);
  expect((await v3("/licenses", token, license)).status).toBe(201);
});
