/** Rows of the outbox as the events that they hold. */

import type { LeaseholdEvent } from "../../domain/license/event.ts";
import type { OutboxRow } from "../../domain/turn/ledger.ts";

export function eventOf({ seq, id, type, body }: OutboxRow): LeaseholdEvent {
  return { id, type, sequence: seq, ...(JSON.parse(body) as Omit<LeaseholdEvent, "id" | "type" | "sequence">) };
}
