/** The documents that name parts of the code, held against the code. */

import { globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { literals } from "../../scripts/test-names.ts";
import { MARK_ALL_AS_BORN } from "../../scripts/resync-run.ts";
import { commandUnder, namedBlocks } from "../../scripts/readme.ts";
import { MESSAGES } from "../../src/log/messages.ts";

const STORAGE = readFileSync("docs/storage.md", "utf8");

it.each([
  ["src/registry/db/schema.ts", /sqliteTable\(\s*"(\w+)"/g],
  ["src/registry/db/schema-catalogue.ts", /sqliteTable\(\s*"(\w+)"/g],
  ["src/registry/db/schema-jobs.ts", /sqliteTable\(\s*"(\w+)"/g],
  ["src/license/license-schema.ts", /CREATE TABLE (\w+)/g],
])("every table of %s stands in docs/storage.md", (file, table) => {
  const tables = [...readFileSync(file, "utf8").matchAll(table)].map((match) => match[1]);
  expect(tables.length).toBeGreaterThan(2);
  expect(tables.filter((name) => !STORAGE.includes(`\`${name}\``))).toEqual([]);
});

it("the README has one command that runs it, one that tests it, and commands that the smoke run finds", () => {
  expect(commandUnder("Run it")).toBe("npm ci && npm start");
  expect(commandUnder("Test it")).toBe("npm ci && npm test");
  expect(namedBlocks().length).toBeGreaterThan(0);
});

it("a rule that only a comment names counts as named by no test", () => {
  const source =
    '// SEAT-1: in a comment\n/** SEAT-2 */\nit("SEAT-3: in a \\"name\\"", () => {});\nit(`SEAT-4: ${x}`);';
  expect([...literals(source)]).toEqual(['SEAT-3: in a "name"', "SEAT-4: ${x}"]);
});

it("docs/identity.md says how to set up a generic provider, Entra ID, Auth0 and Keycloak, each with its issuer and audience", () => {
  const [head = "", ...sections] = readFileSync("docs/identity.md", "utf8").split(/^## /m);
  expect(head).toContain("npm run start:oidc");
  const about = (title: string) => sections.find((section) => section.startsWith(`${title}\n`)) ?? "";
  for (const title of ["Any provider", "Microsoft Entra ID", "Auth0", "Keycloak"])
    for (const variable of ["OIDC_ISSUER", "OIDC_AUDIENCE"]) expect(about(title), title).toContain(variable);
  const settings = readFileSync("src/config/oidc.ts", "utf8").match(/OIDC_[A-Z]+(?:_[A-Z]+)*/g) ?? [];
  expect(settings.length).toBeGreaterThan(0);
  for (const variable of new Set(settings)) expect(about("Settings")).toContain(`\`${variable}\``);
});

it("the README and docs/deploy.md tell of both ways to deploy, and of the permission that the build token needs for D1", () => {
  const readme = readFileSync("README.md", "utf8");
  expect(readme).toContain("deploy.workers.cloudflare.com/button");
  expect(readme).toMatch(/\| API token .*\bAccount, D1, Edit\b/);
  expect(readme).toMatch(/\| Deploy command .*`npm run deploy`/);
  const deploying = readFileSync("docs/deploy.md", "utf8");
  for (const title of ["With the button", "From a repository that you connect"])
    expect(deploying).toContain(`\n## ${title}\n`);
  expect(deploying).toMatch(/D1.*Edit/);
});

it("docs/operations.md tells how to back up, restore, upgrade, roll back and watch, with the statement that resync runs", () => {
  const operations = readFileSync("docs/operations.md", "utf8");
  for (const title of ["Backing up", "Restoring", "Upgrading", "Rolling back", "What to watch"])
    expect(operations).toContain(`\n## ${title}\n`);
  expect(operations).toContain(MARK_ALL_AS_BORN);
  const health = readFileSync("src/operations/upkeep/health.ts", "utf8");
  for (const member of ["configuration: faulty", "database: unreachable", "keysToWrapAgain"]) {
    expect(health).toContain(member.split(":")[0]);
    expect(operations).toContain(`\`${member}\``);
  }
  const warnings = [...readFileSync("src/operations/upkeep/warnings.ts", "utf8").matchAll(/^ {2}\| "([a-z-]+)"/gm)];
  expect(warnings).toHaveLength(6);
  for (const [, name] of warnings) {
    expect(operations).toContain(`| warning \`${name}\``);
  }
  const states = readFileSync("src/operations/upkeep/resync.ts", "utf8").matchAll(/^ {2}\| "(\w+)"/gm);
  const [level = "", ...others] = [...states].map(([, state]) => state ?? "");
  expect(level).toBe("level");
  expect(others.length).toBeGreaterThan(4);
  for (const state of others.filter((name) => name !== "empty")) expect(operations).toContain(`| \`${state}\``);
});

it("OBS-1: docs/operations.md tells of every line of the log what it means, and of no other", () => {
  const [, section = ""] = readFileSync("docs/operations.md", "utf8").split("\nAll other lines.");
  const [table = ""] = section.split("\nOn the platform's pages");
  const told = [...table.matchAll(/^\| (`[^|]+`) +\|/gm)].flatMap(([, cell = ""]) => cell.split(/(?<=`), (?=`)/));
  const names = Object.keys(MESSAGES).filter((what) => what !== "request");
  expect(told.map((line) => line.slice(1, -1)).toSorted()).toEqual(names.toSorted());
});

it("a fence that says sh has nothing that only bash knows", () => {
  const pages = globSync(["*.md", "docs/**/*.md", "examples/*/*.md"]);
  const fences = pages.flatMap((page) =>
    [...readFileSync(page, "utf8").matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].map(([, text = ""]) => ({ page, text })),
  );
  expect(fences.length).toBeGreaterThan(20);
  const bash = /\$\{(?:@|\w+):\d|\[\[|<<<|[<>]\(|\bread -\w*[sp]|pipefail|\w=\(/;
  expect(fences.filter(({ text }) => bash.test(text))).toEqual([]);
});
