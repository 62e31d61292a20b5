/** docs/members.md says of every setting what the table says. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SETTING_NAMES, SETTINGS } from "../../src/domain/terms/settings.ts";

/** Member to default and PATCH, out of the rows of the table of licenses; a row may be of several members. */
function documented(): ReadonlyMap<string, readonly [value: string, patch: string]> {
  const rows = readFileSync("docs/members.md", "utf8").matchAll(/^\| (`[^|]+) \| ([^|]+) \| (yes|no) +\|/gm);
  return new Map(
    [...rows].flatMap(([, members = "", values = "", patch = ""]) => {
      const names = [...members.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
      const each = values.split(", ").map((value) => value.trim().replaceAll("`", ""));
      return names.map((name, at): [string, readonly [string, string]] => [
        name,
        [names.length === each.length ? (each[at] ?? "") : values.trim(), patch],
      ]);
    }),
  );
}

describe("docs/members.md", () => {
  const rows = documented();

  it.each(SETTING_NAMES)("LIC-1: has %s with its default and whether PATCH changes it", (name) => {
    const setting = SETTINGS[name];
    const [value, patch] = rows.get(name) ?? ["", ""];
    const expected =
      "floatingDefault" in setting
        ? `${setting.floatingDefault} for hosted-floating, else 0`
        : Array.isArray(setting.default)
          ? "[]"
          : setting.default;
    expect({ value, patch }).toEqual({ value: String(expected), patch: setting.patch ? "yes" : "no" });
  });
});
