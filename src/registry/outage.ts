/** Tells D1 that cannot be reached from a statement that is wrong: the first passes, the second is a bug. */

/** SQLite's codes for what D1 ends every complaint about a statement with; these few are about its state instead. */
const PASSING = /SQLITE_(BUSY|LOCKED|FULL|NOMEM|IOERR|INTERRUPT|CANTOPEN)/;

/** True if the same statement may succeed later: network, overload, a reset, or a limit of time. */
export function isOutage(error: unknown): boolean {
  return messages(error).some((text) => text.startsWith("D1_") && (!text.includes("SQLITE_") || PASSING.test(text)));
}

/** drizzle wraps D1's error as its `cause`. */
function messages(error: unknown): readonly string[] {
  return error instanceof Error ? [error.message, ...messages(error.cause)] : [];
}
