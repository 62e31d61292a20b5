/** What an error of a call says of it, by the marks that the runtime puts on it. */

import { describe, expect, it } from "vitest";
import { callFailure, unavailable } from "../../src/durable/call-failure.ts";

const MISSING = 'The RPC receiver does not implement the method "bear".';

function failed(marks: Readonly<Record<string, boolean>>, message = "lost"): Error {
  return Object.assign(new Error(message), marks);
}

describe("a failed call of an object", () => {
  it.each([
    { error: failed({ overloaded: true, retryable: true, remote: true }), failure: "overloaded" },
    { error: failed({ retryable: true }), failure: "no-answer" },
    { error: failed({ retryable: true, remote: true }), failure: "no-answer" },
    { error: failed({ durableObjectReset: true, remote: true }), failure: "no-answer" },
    { error: failed({ remote: true }, MISSING), failure: "other-version" },
    { error: failed({ remote: true }), failure: "bug" },
    { error: failed({ overloaded: false, remote: false }), failure: "no-answer" },
    { error: failed({}), failure: "no-answer" },
    { error: "lost", failure: "no-answer" },
    { error: null, failure: "no-answer" },
  ] as const)("ERR-2: is told by its marks: $failure, $error", ({ error, failure }) => {
    expect(callFailure(error)).toBe(failure);
  });

  it("ERR-2: is overload or a storage that does not answer, for who may call again", () => {
    expect(unavailable("overloaded", "license")).toEqual({ code: "overloaded", what: "license" });
    expect(unavailable("no-answer", "license")).toEqual({ code: "storage-unavailable" });
    expect(unavailable("other-version", "webhook")).toEqual({ code: "storage-unavailable" });
  });
});
