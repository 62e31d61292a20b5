/** MGMT-4: every POST route of the app stands in docs/api.md's table of what becomes of an Idempotency-Key. */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createApp } from "../../src/app.ts";

const CLASSES = ["taken", "refused", "ignored"] as const;

/** Path to class, from the rows of the table. */
function documented(): ReadonlyMap<string, string> {
  const section = readFileSync("docs/api.md", "utf8").split("\n## Sending a call again\n")[1]?.split("\n## ")[0] ?? "";
  const rows = [...section.matchAll(/^\| (`POST [^|]+) +\| (\w+)/gm)];
  return new Map(
    rows.flatMap(([, calls = "", what = ""]) =>
      [...calls.matchAll(/`POST ([^`]+)`/g)].map(([, path = ""]) => [path, what] as const),
    ),
  );
}

function posted(): readonly string[] {
  const paths = createApp()
    .routes.filter(({ method }) => method === "POST")
    .map(({ path }) => path.replaceAll(/:(\w+)/g, "{$1}").replace(/\/$/, ""));
  return [...new Set(paths)].toSorted();
}

it("MGMT-4: each POST route takes, refuses or ignores an Idempotency-Key, as docs/api.md says", () => {
  const table = documented();
  expect(posted().length).toBeGreaterThan(10);
  expect([...table.keys()].toSorted()).toEqual(posted());
  for (const [path, what] of table) expect(CLASSES, path).toContain(what);
});
