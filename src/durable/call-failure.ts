/** How a call of an object failed: what may be sent again, and what is a bug (0029-what-is-sent-again.md). */

/** `other-version`: its code lacks the method, for the minutes of a deploy (0011-migrations-before-the-worker.md). */
export type CallFailure = "overloaded" | "no-answer" | "other-version" | "bug";

/**
 * Reads the marks that the runtime puts on errors: `remote` alone stands for an exception of the object's own code, or
 * for storage below it that fails, which says so.
 */
export function callFailure(error: unknown): CallFailure {
  if (isMarked(error, "overloaded")) return "overloaded";
  if (isMarked(error, "retryable") || isMarked(error, "durableObjectReset")) return "no-answer";
  if (error instanceof Error && MISSING_METHOD.test(error.message)) return "other-version";
  if (error instanceof Error && FAILING_STORAGE.test(error.message)) return "no-answer";
  return isMarked(error, "remote") ? "bug" : "no-answer";
}

/**
 * ERR-2: what a caller is told of it, who may call again; `what` has too many calls. A bug is none of these: whoever
 * asks throws it on.
 */
export function unavailable<What extends string>(
  failure: CallFailure,
  what: What,
): { readonly code: "overloaded"; readonly what: What } | { readonly code: "storage-unavailable" } {
  return failure === "overloaded" ? { code: failure, what } : { code: "storage-unavailable" };
}

/** SQLite's codes for its own state, and workerd's words where it hides them: the disk is full, or does not answer. */
const FAILING_STORAGE = /SQLITE_(FULL|IOERR|NOMEM|BUSY|LOCKED|CANTOPEN)|^internal error/;
/** The runtime's own words; there is no mark for it. */
const MISSING_METHOD = /^The RPC receiver does not implement /;

function isMarked(error: unknown, mark: string): boolean {
  return typeof error === "object" && error !== null && Reflect.get(error, mark) === true;
}
