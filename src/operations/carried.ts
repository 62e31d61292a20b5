/** A call to a license's object as an outcome: what the platform could not carry is a refusal, not an exception. */

import { no, yes, type Outcome } from "../domain/outcome.ts";

/** What the runtime says of an error at a stub, beside its message. */
interface CarriageError extends Error {
  readonly overloaded?: boolean;
  readonly retryable?: boolean;
  readonly durableObjectReset?: boolean;
}

/** What the runtime says where it marks nothing: a lost connection, and an object of an older version (decision 14). */
const NOT_CARRIED = /network connection lost|does not implement the method|is not a function|Durable Object reset|storage caused object to be reset/i;

/**
 * Refusals: `overloaded`, or `storage-unavailable` for a broken connection, an object that was reset and a method that
 * is not there. Anything else is a bug of the object and is thrown on.
 */
export async function carried<T>(call: Promise<T>): Promise<Outcome<T>> {
  try {
    return yes(await call);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { overloaded, retryable, durableObjectReset }: CarriageError = error;
    if (overloaded === true) return no({ code: "overloaded" });
    if (retryable === true || durableObjectReset === true || NOT_CARRIED.test(error.message)) {
      return no({ code: "storage-unavailable" });
    }
    throw error;
  }
}
