/** What foreign code says went wrong, fit for a log. */

/** The innermost message: a query builder's own repeats the query's parameters, the storage's does not. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? causeOf(error.cause) : error.message;
}
