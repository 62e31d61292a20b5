/** The log of an error, as an operator's tools read it. */

import { afterEach, expect, it, vi } from "vitest";
import { messageOf, report } from "../../src/durable/report.ts";

afterEach(() => vi.restoreAllMocks());

it("an error is one line of JSON, with what the object was about", () => {
  const line = vi.spyOn(console, "error").mockImplementation(() => undefined);
  report({ object: "abc", what: "an alarm did not finish" }, new Error("D1 is away"));
  report({ what: "a license's object did not answer", failure: "overloaded" }, "odd");
  expect(line.mock.calls).toEqual([
    ['{"level":"error","object":"abc","what":"an alarm did not finish","error":"D1 is away"}'],
    ['{"level":"error","what":"a license\'s object did not answer","failure":"overloaded","error":"unknown"}'],
  ]);
  expect(messageOf(undefined)).toBe("unknown");
});
