/**
 * `npm start` that cannot go on, against a stand-in for `wrangler`: it says in a sentence why, and what to do. Local
 * data of another baseline, a port that is taken, and a server that runs in the same folder.
 */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

/** A database that refuses the baseline, and says which migrations it has. */
const STAND_IN = `#!/usr/bin/env node
const { readFileSync } = require("node:fs");
const call = process.argv.slice(2).join(" ");
if (call === "d1 execute DB --json --command SELECT name FROM d1_migrations --local") {
  console.log(JSON.stringify([{ results: JSON.parse(readFileSync("applied.json", "utf8")), success: true }]));
} else {
  console.error(call + ": table \`access_tokens\` already exists");
  process.exit(1);
}
`;

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "leasehold-start-test-"));
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin", "wrangler"), STAND_IN, { mode: 0o755 });
  cpSync("migrations", join(folder, "migrations"), { recursive: true });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function start(applied: readonly string[], port = 48_787) {
  writeFileSync(join(folder, "applied.json"), JSON.stringify(applied.map((name) => ({ name }))));
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve("scripts/start.ts")], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, PORT: String(port), PATH: `${join(folder, "bin")}${delimiter}${process.env["PATH"] ?? ""}` },
  });
  return { status, said: stdout + stderr };
}

it("refuses data of an earlier baseline, and says in one sentence what to delete", () => {
  expect(start(["0000_catalogue.sql", "0001_users.sql"])).toEqual({
    status: 1,
    said: "The data in .wrangler/state is from an earlier version, before the first release: delete .wrangler/state to start again.\n",
  });
});

it("says what wrangler says where it is not that", () => {
  const { status, said } = start([]);
  expect(status).toBe(1);
  expect(said).toContain("The local database could not be prepared:\nd1 migrations apply DB --local: table");
});

it("says which process has the port, and how to go on", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const { status, said } = start([], port);
  server.close();
  expect(status).toBe(1);
  expect(said).toMatch(
    new RegExp(
      `^Port ${port} is in use by process ${process.pid}: \\S.*\\n` +
        `Stop it \\(kill ${process.pid}\\), or choose another port: PORT=${port + 1} npm start\\n$`,
    ),
  );
});

it("refuses a second server on a folder's data, on another port too, and not after the first was killed", async () => {
  writeFileSync(join(folder, "start.ts"), "setInterval(() => {}, 1_000);");
  const first = spawn(process.execPath, ["start.ts"], { cwd: folder, stdio: "ignore" });
  await once(first, "spawn");
  mkdirSync(join(folder, ".leasehold"));
  const left = join(folder, ".leasehold", "running");
  writeFileSync(left, JSON.stringify({ pid: first.pid, url: "http://localhost:48786" }));

  expect(start([])).toEqual({
    status: 1,
    said:
      "Leasehold runs in this folder already, on http://localhost:48786. Two cannot share its data: " +
      `stop that one (kill ${first.pid}), or start this one in another clone.\n`,
  });
  expect(existsSync(left)).toBe(true);

  first.kill("SIGKILL");
  await once(first, "exit");
  expect(start([]).said).toContain("The local database could not be prepared");
  expect(existsSync(left)).toBe(false);
});
