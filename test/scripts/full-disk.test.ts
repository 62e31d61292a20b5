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

interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function call(method: string, path: string, token: string | null, body?: object): Promise<Answered> {
  const answer = await fetch(`${runtime.url}${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

async function v3(path: string, token: string, body: object): Promise<Answered> {
  return await call("POST", `/v3${path}`, token, body);
}

/** What came, as a set: status, code and whether it is worth another try. */
function told(answers: readonly Answered[]): readonly string[] {
  return [
    ...new Set(answers.map(({ status, body }) => `${status} ${String(body["code"])} ${String(body["retryable"])}`)),
  ];
}

it.skipIf(!isMounted)("ERR-1: on a full disk changes are 503 and retryable, and go on once there is room", async () => {
  await runtime.start();
  const { body: minted } = await v3("/personal-access-tokens", ROOT_SECRET, { name: "test", scopes: ["*"] });
  const token = String(minted["token"]);
  const { body: product } = await v3("/products", token, { name: "p" });
  const license = { productId: product["id"], metadata: [{ key: "k", value: "x".repeat(4000) }] };
  expect((await v3("/licenses", token, license)).status).toBe(201);
  fill();
  const answers: Answered[] = [];
  // What the database has room for inside its files still fits.
  for (let times = 0; times < 40; times += 1) answers.push(await v3("/licenses", token, license));
  expect(told(answers.filter(({ status }) => status !== 201))).toEqual(["503 STORAGE_UNAVAILABLE true"]);
  rmSync(filler);
  expect((await v3("/licenses", token, license)).status).toBe(201);
});

it.skipIf(!isMounted)(
  "ERR-1, SEAT-1: nor is anything lost of what a license's object answered on a full disk",
  async () => {
    const { body: minted } = await v3("/personal-access-tokens", ROOT_SECRET, { name: "test", scopes: ["*"] });
    const token = String(minted["token"]);
    const { body: product } = await v3("/products", token, { name: "p" });
    const { body: license } = await v3("/licenses", token, { productId: product["id"], allowedActivations: 0 });
    const path = `/v3/licenses/${String(license["id"])}`;
    const activate = async (device: string) =>
      await call("POST", "/api/v1/activations/license", null, {
        ...{ activationCode: license["key"], fingerprint: `${device} ${"x".repeat(1000)}`, hostname: "h".repeat(255) },
      });
    expect((await activate("first")).status).toBe(200);
    fill();
    const activations: Answered[] = [];
    const patches: (Answered & { readonly notes: string })[] = [];
    for (let times = 0; times < 60; times += 1) {
      activations.push(await activate(`device ${times}`));
      const notes = `${times} ${"n".repeat(900)}`;
      patches.push({ ...(await call("PATCH", path, token, { notes })), notes });
    }
    const granted = activations.filter(({ status }) => status === 200);
    expect(told(activations.filter(({ status }) => status !== 200))).toEqual(["503 storage-unavailable true"]);
    expect(told(patches.filter(({ status }) => status !== 200))).toEqual(["503 STORAGE_UNAVAILABLE true"]);
    rmSync(filler);
    const last = patches.filter(({ status }) => status === 200).at(-1)?.notes ?? null;
    const now = await call("GET", path, token);
    expect(now.body).toMatchObject({ totalActivations: 1 + granted.length, notes: last });
    for (const { body } of granted) {
      const session = `/api/v1/activations/${String(body["sessionId"])}/check-in`;
      expect((await call("POST", session, String(body["licenseToken"]), {})).status).toBe(200);
    }
    expect((await activate("device 59")).status).toBe(200);
    expect((await call("PATCH", path, token, { notes: "room again" })).body["notes"]).toBe("room again");
  },
);
