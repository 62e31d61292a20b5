/**
 * What the Cloudflare dashboard reads of this repository when it deploys it: secrets to ask for, bindings to explain,
 * commands.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const WRANGLER = readFileSync("wrangler.toml", "utf8");
const PACKAGE = JSON.parse(readFileSync("package.json", "utf8"));

/** Values of a member in the tables of one name, in order. */
function members(table: string, member: string): readonly string[] {
  return WRANGLER.split(/^(?=\[)/m)
    .filter((part) => part.startsWith(`[[${table}]]`))
    .map((part) => new RegExp(`^${member} = "(.*)"$`, "m").exec(part)?.[1] ?? "");
}

describe(".dev.vars.example", () => {
  it("lists ROOT_SECRET, empty, and nothing else: each entry becomes a secret of whoever deploys", () => {
    const entries = readFileSync(".dev.vars.example", "utf8")
      .split("\n")
      .filter((line) => !line.startsWith("#") && line.trim() !== "");
    expect(entries).toEqual(["ROOT_SECRET="]);
  });
});

describe("wrangler.toml", () => {
  it("names D1 by binding and name and has no id, so that the deploy makes the database", () => {
    expect(members("d1_databases", "binding")).toEqual(["DB"]);
    expect(members("d1_databases", "database_name")).toEqual(["leasehold"]);
    expect(WRANGLER).not.toMatch(/database_id|account_id/);
  });

  it("makes every class of objects that is bound, with SQLite, in migrations that are only added to", () => {
    const made = [...WRANGLER.matchAll(/^new_sqlite_classes = \[(.*)\]$/gm)].flatMap(([, list = ""]) =>
      [...list.matchAll(/"(\w+)"/g)].map(([, name]) => name),
    );
    expect(made.toSorted()).toEqual([...members("durable_objects.bindings", "class_name")].toSorted());
    const tags = members("migrations", "tag");
    expect(tags).toEqual(tags.map((_, index) => `v${index + 1}`));
    expect(WRANGLER).not.toMatch(/deleted_classes|renamed_classes|transferred_classes/);
  });

  it("sets no development variable: it would be deployed", () => {
    expect(WRANGLER).not.toMatch(/^\[vars\]|ENVIRONMENT/m);
  });
});

describe("package.json", () => {
  it("describes every binding that the dashboard shows, and no other", () => {
    const bound = [
      "ROOT_SECRET",
      ...members("d1_databases", "binding"),
      ...members("durable_objects.bindings", "name"),
      ...members("ratelimits", "name"),
    ];
    const { bindings } = PACKAGE.cloudflare;
    expect(Object.keys(bindings).toSorted()).toEqual(bound.toSorted());
    for (const name of bound) expect(bindings[name].description).toMatch(/^\S.{20,}\.$/);
  });

  it("has the deploy command that the dashboard takes over", () => {
    expect(PACKAGE.scripts.deploy).toBe("node scripts/deploy.ts");
  });
});

describe("the button", () => {
  const BUTTON = "https://deploy.workers.cloudflare.com/?url=https%3A%2F%2Fgithub.com%2Facme%2Flicenses";

  function button(...args: readonly string[]) {
    const folder = mkdtempSync(join(tmpdir(), "leasehold-button-"));
    try {
      const script = resolve("scripts/deploy-button.ts");
      return spawnSync(process.execPath, [script, ...args], { cwd: folder, encoding: "utf8" });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  it.each([
    "https://github.com/acme/licenses",
    "https://github.com/acme/licenses.git",
    "git@github.com:acme/licenses.git",
    "ssh://git@github.com/acme/licenses",
    "https://someone:secret@github.com/acme/licenses/",
  ])("leads to the repository of %s", (remote) => {
    const { status, stdout } = button(remote);
    expect(status).toBe(0);
    expect(stdout.split("\n")[0]).toBe(BUTTON);
    expect(stdout).toContain(`](${BUTTON})`);
  });

  it.each(["https://git.acme.test/licenses", "/srv/licenses.git", "not an address"])("refuses %s", (remote) => {
    const { status, stdout, stderr } = button(remote);
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("github.com and gitlab.com");
  });

  it("asks for the repository where the checkout came from nowhere", () => {
    const { status, stderr } = button();
    expect(status).toBe(1);
    expect(stderr).toContain("npm run deploy:button -- https://");
  });
});
