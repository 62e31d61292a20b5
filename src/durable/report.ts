/** What went wrong, as an object keeps it beside an event that is out of the way. */

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown";
}
