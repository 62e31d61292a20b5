/** What a server of `npm start` does besides answering the README's commands, and what it keeps to this machine. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Variables } from "./running.ts";

const ROTATES_WITHIN_MS = 30_000;
const POLL_MS = 500;

/** ERR-3: what a client that takes codings is sent where there is nothing to encode. */
export async function emptyAnswersHaveNoCoding({ LEASEHOLD, TOKEN }: Variables): Promise<void> {
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const body = JSON.stringify({ name: "smoke" });
  const made = await fetch(`${LEASEHOLD}/v3/tags`, { method: "POST", headers, body });
  assert.equal(made.status, 201);
  const { id }: { readonly id: string } = JSON.parse(await made.text());
  const gone = await fetch(`${LEASEHOLD}/v3/tags/${id}`, {
    method: "DELETE",
    headers: { ...headers, "accept-encoding": "gzip, br" },
  });
  assert.equal(gone.status, 204);
  assert.equal(gone.headers.get("content-encoding"), null, "an answer without a body has no content coding");
}

/** The cron's path and the inspector have no lock of their own. */
export async function servesThisMachineAlone(port: number): Promise<void> {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  for (const { address, internal, family } of addresses) {
    if (internal || family !== "IPv4") continue;
    const socket = connect({ port, host: address });
    await assert.rejects(once(socket, "connect"), `nobody answers on ${address}`);
    socket.destroy();
  }
}

/** CFG-3: the first steps of a rotation, as docs/operations.md has them, in the file that holds the secret here. */
export function beginRotation(checkout: string): void {
  const file = join(checkout, ".dev.vars");
  const [, old = ""] = /^ROOT_SECRET=(\S+)$/m.exec(readFileSync(file, "utf8")) ?? [];
  const printed = spawnSync("npm", ["run", "--silent", "locator-key"], { cwd: checkout, encoding: "utf8" });
  assert.equal(printed.status, 0, printed.stderr);
  const secrets = {
    LOCATOR_KEY: printed.stdout.trim(),
    ROOT_SECRET_PREVIOUS: old,
    ROOT_SECRET: randomBytes(32).toString("base64url"),
  };
  writeFileSync(
    file,
    Object.entries(secrets)
      .map((pair) => `${pair.join("=")}\n`)
      .join(""),
    { mode: 0o600 },
  );
}

/** The cron alone wraps keys again. It runs when the server starts, and a minute later. */
export async function rotationEnds({ LEASEHOLD }: Variables): Promise<void> {
  const until = Date.now() + ROTATES_WITHIN_MS;
  for (;;) {
    const health: { readonly status: string; readonly keysToWrapAgain?: number } = JSON.parse(
      await (await fetch(`${LEASEHOLD}/health`)).text(),
    );
    assert.equal(health.status, "ok");
    if (health.keysToWrapAgain === undefined) return;
    assert(Date.now() < until, `${health.keysToWrapAgain} keys wait to be wrapped again: the cron does not run`);
    await sleep(POLL_MS);
  }
}
