/**
 * `npm run deploy` against a stand-in for `wrangler` that plays an account: what it is asked, in which order, and what
 * is said.
 */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

// Each run loads wrangler, to read its configuration.
vi.setConfig({ testTimeout: 60_000 });

const LIST = "d1 list --json";
const MIGRATE = "d1 migrations apply DB --remote";
const DEPLOY = "deploy";
const SECRETS = "secret list --format json";

/** Writes down each call and answers from a script: what the account has, and which call fails. */
const STAND_IN = `#!/usr/bin/env node
const { appendFileSync, readFileSync } = require("node:fs");
const call = process.argv.slice(2).join(" ");
appendFileSync("calls.txt", call + "\\n");
const { databases, secrets, fails } = JSON.parse(readFileSync("account.json", "utf8"));
if (fails !== undefined && call.startsWith(fails)) {
  console.error("the account says no");
  process.exit(1);
}
if (call === "${LIST}") console.log(JSON.stringify(databases));
if (call === "${SECRETS}") console.log(JSON.stringify(secrets));
`;

interface Account {
  readonly databases?: readonly { readonly uuid: string; readonly name: string }[];
  readonly secrets?: readonly { readonly name: string }[];
  /** Beginning of the call that fails. */
  readonly fails?: string;
}

const OTHERS = [
  { uuid: "1", name: "shop" },
  { uuid: "2", name: "leasehold-staging" },
];
const OURS = { uuid: "3", name: "leasehold" };
const SET = [{ name: "ROOT_SECRET" }, { name: "LOCATOR_KEY" }];

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "leasehold-deploy-test-"));
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin", "wrangler"), STAND_IN, { mode: 0o755 });
  writeFileSync(join(folder, "calls.txt"), "");
  cpSync("wrangler.toml", join(folder, "wrangler.toml"));
  cpSync("migrations", join(folder, "migrations"), { recursive: true });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function deploy(account: Account, ...args: readonly string[]) {
  writeFileSync(join(folder, "account.json"), JSON.stringify({ databases: OTHERS, secrets: SET, ...account }));
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve("scripts/deploy.ts"), ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, PATH: `${join(folder, "bin")}${delimiter}${process.env["PATH"] ?? ""}` },
  });
  const calls = readFileSync(join(folder, "calls.txt"), "utf8").split("\n").filter(Boolean);
  return { status, said: stdout + stderr, calls };
}

/** Changes the configuration as somebody would by hand, or the Deploy button does. */
function configure(from: string, to: string): void {
  const path = join(folder, "wrangler.toml");
  const before = readFileSync(path, "utf8");
  expect(before).toContain(from);
  writeFileSync(path, before.replace(from, to));
}

describe("a first deploy", () => {
  it("deploys, which creates the database, then applies the migrations, and tells how to set the secret", () => {
    const { status, said, calls } = deploy({ secrets: [] });
    expect(calls).toEqual([LIST, DEPLOY, MIGRATE, SECRETS]);
    expect(status).toBe(0);
    expect(said).toContain("a first deploy");
    expect(said).toContain("npx wrangler secret put ROOT_SECRET");
  });

  it("does not ask for a secret that the dashboard has asked for", () => {
    expect(deploy({}).said).not.toContain("secret put");
  });

  it("says that the Worker waits for its tables when the migrations fail, and goes on from there the next time", () => {
    const first = deploy({ fails: "d1 migrations" });
    expect(first.status).toBe(1);
    expect(first.calls).toEqual([LIST, DEPLOY, MIGRATE]);
    expect(first.said).toContain("answers 503 until its tables exist");
    expect(first.said).toContain("D1: Edit");
    expect(deploy({ databases: [OURS] }).calls.slice(3)).toEqual([LIST, MIGRATE, DEPLOY, SECRETS]);
  });

  it("applies nothing when the deploy fails", () => {
    const { status, said, calls } = deploy({ fails: DEPLOY });
    expect(status).toBe(1);
    expect(calls).toEqual([LIST, DEPLOY]);
    expect(said).toContain("was not deployed");
  });
});

describe("a later deploy", () => {
  const databases = [...OTHERS, OURS];

  it("applies the migrations first, because the old version serves in between", () => {
    const { status, said, calls } = deploy({ databases });
    expect(calls).toEqual([LIST, MIGRATE, DEPLOY, SECRETS]);
    expect(status).toBe(0);
    expect(said).toContain("its migrations come first");
    expect(said).not.toContain("secret put");
  });

  it("deploys nothing when a migration fails", () => {
    const { status, said, calls } = deploy({ databases, fails: "d1 migrations" });
    expect(status).toBe(1);
    expect(calls).toEqual([LIST, MIGRATE]);
    expect(said).toContain("the running version goes on");
  });

  it("says what stands when the deploy fails after the migrations", () => {
    const { status, said, calls } = deploy({ databases, fails: DEPLOY });
    expect(status).toBe(1);
    expect(calls).toEqual([LIST, MIGRATE, DEPLOY]);
    expect(said).toContain("The migrations are applied");
  });

  it("does not fail because the secrets cannot be listed, and tells how to set the one that may be missing", () => {
    const { status, said } = deploy({ databases, fails: "secret list" });
    expect(status).toBe(0);
    expect(said).toContain("npx wrangler secret put ROOT_SECRET");
  });
});

describe("which database is ours", () => {
  it("the one of the configured name, whatever it is", () => {
    configure('database_name = "leasehold"', 'database_name = "shop"');
    expect(deploy({}).calls).toEqual([LIST, MIGRATE, DEPLOY, SECRETS]);
  });

  it("the one of the configured id, where there is one", () => {
    configure('database_name = "leasehold"', 'database_name = "leasehold"\ndatabase_id = "9"');
    expect(deploy({ databases: [OURS] }).calls.slice(0, 2)).toEqual([LIST, DEPLOY]);
    expect(deploy({ databases: [{ uuid: "9", name: "renamed" }] }).calls.slice(4, 6)).toEqual([LIST, MIGRATE]);
  });

  it("is not guessed when the account does not say: nothing is done", () => {
    const { status, said, calls } = deploy({ fails: "d1 list" });
    expect(status).toBe(1);
    expect(calls).toEqual([LIST]);
    expect(said).toContain("npx wrangler login");
    expect(said).toContain("D1: Edit");
  });
});

describe("before anything is asked", () => {
  it("refuses a migration that does not only add", () => {
    writeFileSync(join(folder, "migrations", "9999_tidy.sql"), "ALTER TABLE `licenses` DROP COLUMN `terms`;");
    for (const args of [[], ["--dry-run"]]) {
      const { status, said, calls } = deploy({ databases: [OURS] }, ...args);
      expect(status).toBe(1);
      expect(calls).toEqual([]);
      expect(said).toContain("9999_tidy.sql: not an addition: ALTER TABLE licenses DROP COLUMN terms");
    }
  });

  it("refuses an option that it does not know", () => {
    const { status, said, calls } = deploy({}, "--force");
    expect(status).toBe(1);
    expect(calls).toEqual([]);
    expect(said).toContain("npm run deploy -- --dry-run");
  });
});

describe("a dry run", () => {
  it("applies the migrations here, builds, asks no account, and leaves nothing behind", () => {
    const { status, said, calls } = deploy({ fails: "d1 list" }, "--dry-run");
    expect(status).toBe(0);
    expect(calls).toHaveLength(2);
    expect(calls[0]).toMatch(/^d1 migrations apply DB --local --persist-to \S+$/);
    expect(calls[1]).toMatch(/^deploy --dry-run --outdir \S+$/);
    expect(said).toContain("nothing left this machine");
  });

  it.each([
    ["d1 migrations", "do not apply to an empty database"],
    ["deploy --dry-run", "does not build"],
  ])("fails when %s does", (fails, why) => {
    const { status, said } = deploy({ fails }, "--dry-run");
    expect(status).toBe(1);
    expect(said).toContain(why);
  });
});
