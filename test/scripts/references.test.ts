/** What the check of citations finds, and what it leaves alone. */

import { describe, expect, it } from "vitest";
import { anchorsOf, faultsOf, longOf, type Known } from "../../scripts/citations.ts";

const FILES = new Set(["src/domain/turn/wake.ts", "docs/storage.md", "docs/decisions/0006-one-alarm-per-object.md"]);
const KNOWN: Known = {
  rules: new Set(["SEAT-4", "LEASE-1"]),
  exists: (path) => FILES.has(path) || (path.endsWith("0006-*.md") && FILES.size > 0),
  hasTest: (path, name) => path === "test/domain/seats.test.ts" && name === "SEAT-4: refuses",
  anchors: () => anchorsOf("# Storage\n\n## What D1 holds\n"),
};

const inSource = (source: string) => faultsOf("src/any.ts", source, KNOWN);
const inDocument = (source: string, path = "docs/any.md") => faultsOf(path, source, KNOWN);

describe("citations", () => {
  it("lets through what is there", () => {
    expect(
      inSource("/** A lease (LEASE-1, 0006-one-alarm-per-object.md); see src/domain/turn/wake.ts, SHA-256. */"),
    ).toEqual([]);
    expect(
      inDocument("[D1](storage.md#what-d1-holds), [x](https://example.com/y.md), `src/domain/turn/wake.ts`"),
    ).toEqual([]);
  });

  it("finds a rule that nobody wrote down, in a comment, a document, and the name of a test", () => {
    expect(inSource("// SEAT-44: because")).toEqual(["src/any.ts:1: docs/rules.txt has no SEAT-44"]);
    expect(inDocument("one\nSEAT-44")).toEqual(["docs/any.md:2: docs/rules.txt has no SEAT-44"]);
    expect(inSource('  it("SEAT-4, SEAT-44: refuses", () => {')).toEqual([
      "src/any.ts:1: docs/rules.txt has no SEAT-44",
    ]);
    expect(inSource('const key = "SEAT-44";')).toEqual([]);
  });

  it("finds a page that is not there, and a number without a name", () => {
    expect(inSource("// 0099-what-nobody-decided.md")).toEqual([
      "src/any.ts:1: docs/decisions has no 0099-what-nobody-decided",
    ]);
    expect(inSource("/** Bounded (decision 6). */")).toEqual([
      'src/any.ts:1: "decision 6": cite the page by its file name',
    ]);
    expect(inDocument("as decision 6 says", "docs/decisions/0001-a.md")).toEqual([]);
    expect(inDocument("as decision 7 says", "docs/decisions/0001-a.md")).toEqual([
      "docs/decisions/0001-a.md:1: docs/decisions has no page 7",
    ]);
  });

  it.each(["spec 3.2", "facts 4.1", "seed 002", "Issue 11", "issue: denials", "architecture decision"])(
    "finds %s, which is no part of the project",
    (words) => expect(inSource(`/** By it (${words}). */`)[0]).toContain("leads nowhere"),
  );

  it("finds a file that is not there, and one that is not named from the root", () => {
    expect(inSource("// as src/domain/gone.ts does")).toEqual(["src/any.ts:1: there is no src/domain/gone.ts"]);
    expect(inSource("/* see wake.ts */")[0]).toContain("there is no wake.ts at the root");
    expect(inSource(" * see domain/wake.ts")[0]).toContain("there is no domain/wake.ts at the root");
    expect(inSource('import { nextWake } from "./wake.ts";')).toEqual([]);
  });

  it("finds a test that is not there, in a document", () => {
    expect(inDocument("| `test/domain/seats.test.ts: SEAT-4: refuses` |").join("")).not.toContain("has no test");
    const gone = inDocument(
      "`test/domain/seats.test.ts: SEAT-4: refuses`, `test/domain/seats.test.ts: SEAT-4: grants`",
    );
    expect(gone).toContain('docs/any.md:1: test/domain/seats.test.ts has no test "SEAT-4: grants"');
  });

  it("finds a link and a heading that are not there", () => {
    expect(inDocument("[x](gone.md)")).toEqual(["docs/any.md:1: the link gone.md leads nowhere"]);
    expect(inDocument("[x](storage.md#gone)")).toEqual(["docs/any.md:1: docs/storage.md has no heading #gone"]);
    expect(inDocument("```\n[x](gone.md)\n```")).toEqual([]);
  });

  it("finds comments that are too long, and not code", () => {
    const long = "x".repeat(120);
    expect(longOf("a.ts", `/** ${long} */\n// ${long}\n * ${long}\nconst a = 1; // ${long}`)).toHaveLength(4);
    expect(longOf("a.ts", `const a = "https://${long}";\n// short`)).toEqual([]);
  });
});
