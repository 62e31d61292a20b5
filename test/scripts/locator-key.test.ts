/** `npm run locator-key`, as an operator runs it. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, it } from "vitest";
import { locatorKeyInForce } from "../../src/tokens/locator.ts";

const SECRET = "test-only 4f9c2b7e1d8a6035c2e7b9f4a1d60e83";
const SCRIPT = resolve("scripts/locator-key.ts");
const folder = mkdtempSync(join(tmpdir(), "locator-key-"));
afterAll(() => rmSync(folder, { recursive: true }));

function run(env: Readonly<Record<string, string>>) {
  const { status, stdout, stderr } = spawnSync("node", [SCRIPT], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env.PATH, ...env },
  });
  return { status, stdout, stderr };
}

it("CFG-3: prints the key that the Worker derives, of the environment or of .dev.vars, and nothing else", async () => {
  const derived = await locatorKeyInForce(SECRET, null);
  expect(run({ ROOT_SECRET: ` ${SECRET}\n` })).toMatchObject({ status: 0, stdout: `${derived}\n` });
  writeFileSync(join(folder, ".dev.vars"), `# local\nROOT_SECRET="${SECRET}"\n`);
  expect(run({})).toMatchObject({ status: 0, stdout: `${derived}\n` });
});

it("CFG-3: prints a LOCATOR_KEY that is set, and takes no half from each source", async () => {
  const other = await locatorKeyInForce(`another ${SECRET}`, null);
  writeFileSync(join(folder, ".dev.vars"), `ROOT_SECRET=${SECRET}\nLOCATOR_KEY=${other}\n`);
  expect(run({})).toMatchObject({ status: 0, stdout: `${other}\n` });
  expect(run({ ROOT_SECRET: SECRET })).toMatchObject({ stdout: `${await locatorKeyInForce(SECRET, null)}\n` });
});

it("CFG-3: says what is missing or malformed, without values", () => {
  rmSync(join(folder, ".dev.vars"), { force: true });
  expect(run({})).toMatchObject({
    status: 1,
    stdout: "",
    stderr: expect.stringContaining("ROOT_SECRET: It is missing"),
  });
  const faulty = run({ ROOT_SECRET: SECRET, LOCATOR_KEY: "not-a-key" });
  expect(faulty).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining("LOCATOR_KEY: ") });
  expect(faulty.stderr).not.toContain(SECRET);
  expect(faulty.stderr).not.toContain("not-a-key");
});
