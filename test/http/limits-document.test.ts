/** docs/limits.md is what the code says. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { DOCUMENT, limitsDocument, UNSAID } from "../../scripts/limits-document.ts";

it("LIM-2: each limit of src/http/limits.ts stands in docs/limits.md", () => {
  expect(UNSAID).toEqual([]);
});

it("LIM-2: docs/limits.md is made from them: else `npm run limits`", () => {
  const folder = mkdtempSync(join(tmpdir(), "leasehold-limits-"));
  const path = join(folder, "limits.md");
  writeFileSync(path, limitsDocument());
  execFileSync("node_modules/.bin/oxfmt", ["--config", ".oxfmtrc.json", path]);
  expect(readFileSync(DOCUMENT, "utf8")).toBe(readFileSync(path, "utf8"));
  rmSync(folder, { recursive: true });
});
