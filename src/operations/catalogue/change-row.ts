/** How a resource of the catalogue is changed: read, looked at, written if nobody changed it meanwhile (MGMT-3). */

import type { ConditionalCall } from "../../domain/license/calls.ts";
import { holds } from "../../domain/commands/if-match.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import type { Busy, Refusal } from "../../domain/refusal.ts";
import type { Written } from "../../registry/rows/optimistic-write.ts";
import { ATTEMPTS, pauseAfter, type Pauses } from "../attempts.ts";
import type { EntityTagOf } from "../entity-tag.ts";

export interface Changing<Row, T> extends Pauses {
  /** What the row is, for whoever is told that too many change it at once. */
  readonly what: Busy;
  /** Null: there is no such resource. */
  readonly read: () => Promise<Row | null>;
  readonly entityTag: EntityTagOf<Row>;
  /** Writes only where the row is as it was read. `outrun`: it is not, and nothing was written. */
  readonly write: (row: Row) => Promise<Outcome<T> | "outrun">;
}

/**
 * Null: there is no such resource. The condition is looked at on the row whose state the write depends on. Refusals:
 * `precondition-failed` before those of `write`, and `overloaded` where others were faster time after time.
 */
export async function changeRow<Row, T>(
  { ifMatch }: ConditionalCall,
  { what, read, entityTag, write, pause }: Changing<Row, T>,
): Promise<Outcome<T | null>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const row = await read();
    if (row === null) return yes(null);
    if (ifMatch !== undefined && !holds(ifMatch, await entityTag(row))) return no({ code: "precondition-failed" });
    const written = await write(row);
    if (written !== "outrun") return written;
    await pause(pauseAfter(attempt));
  }
  return no({ code: "overloaded", what });
}

/** For `write`: what the catalogue answered. `refusals` says what each of its own reasons is called. */
export function settled<T, Refused extends string>(
  answer: Written<Refused>,
  value: T,
  refusals: Readonly<Record<Refused, Refusal>>,
): Outcome<T> | "outrun" {
  if (answer === "written") return yes(value);
  return answer === "outrun" ? "outrun" : no(refusals[answer]);
}
