/**
 * Tells storage that fails from a statement that is wrong: the first passes, the second is a bug. What the platform
 * throws counts as an outage unless it is known to be ours, since it has more ways to fail than anybody can list.
 */

/** SQLite's codes, and words, for its own state: the same statement may succeed later. */
const PASSING =
  /SQLITE_(BUSY|LOCKED|FULL|NOMEM|IOERR|INTERRUPT|CANTOPEN|PROTOCOL|READONLY)|disk is full|maximum DB size/;
/** A statement, or what was bound to it: SQLite's codes for it, and D1's words. */
const OURS =
  /SQLITE_|constraint failed|syntax error|no such |no column named|parameter bindings|too many SQL|D1_(TYPE|COLUMN|DUMP)/;
/** How the platform's own failures begin or what they speak of, where no query builder says that it was a statement. */
const PLATFORM =
  /^D1_|^internal error|network connection lost|Durable Object|storage (operation|caused)|(memory|CPU time) limit/i;

/** True if the same call may succeed later: network, overload, a reset, a full disk, or a limit of time. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { thrown, isStatement } = innermost(error);
  const { message } = thrown;
  if (PASSING.test(message)) return true;
  if (OURS.test(message)) return false;
  // The platform throws plain errors: a subclass says that a value was wrong.
  return PLATFORM.test(message) || (isStatement && thrown.name === "Error");
}

/** What was asked, or that nobody answers. */
export type Tried<T> = { readonly answer: T } | { readonly outage: Error };

/** For an answer that may not be needed. Rejects for anything but an outage. */
export async function tried<T>(asked: Promise<T>): Promise<Tried<T>> {
  try {
    return { answer: await asked };
  } catch (error) {
    if (!(error instanceof Error) || !isOutage(error)) throw error;
    return { outage: error };
  }
}

/** Throws the outage. */
export function needed<T>(got: Tried<T>): T {
  if ("outage" in got) throw got.outage;
  return got.answer;
}

/** drizzle wraps what a statement threw as its `cause`; its own message repeats what strangers sent. */
function innermost(error: Error): { readonly thrown: Error; readonly isStatement: boolean } {
  let thrown = error;
  while (thrown.cause instanceof Error) thrown = thrown.cause;
  return { thrown, isStatement: error.message.startsWith("Failed query") };
}
