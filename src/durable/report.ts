/** An error as one line of JSON, for the operator. It is about machinery: callers' data never gets into it. */

import type { CallFailure } from "./call-failure.ts";

export interface Told {
  /** The object's name. */
  readonly object?: string;
  readonly what: string;
  readonly failure?: CallFailure;
}

export function report(told: Told, error: unknown): void {
  console.error(JSON.stringify({ level: "error", ...told, error: messageOf(error) }));
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown";
}
