/** Which kinds of grants there were, so that a reader sees that there were. */

import type { Grant } from "../../../src/domain/license/calls.ts";
import { isKeyed, type Call } from "./calls.ts";
import type { Counts } from "./counts.ts";
import type { Case } from "./licenses.ts";
import { standingOf } from "./standing-oracle.ts";

/** After the license's history has been told of it. */
export function countGrant(counts: Counts, { oracle }: Case, call: Call, grant: unknown): void {
  if (isKeyed(call)) counts.add("keyed", call.kind);
  if (call.kind !== "activate" && call.kind !== "sync" && call.kind !== "count") return;
  const { activationId, overLimit, repeated } = grant as Grant;
  if (repeated === true) counts.add("repeated", call.kind);
  if (call.kind === "count") return;
  const seat = oracle.seats.bySession(activationId);
  if (seat === undefined) return;
  const { leasingStrategy } = oracle.given;
  const isFor = seat.owner !== null && call.call.principal.kind === "management";
  const kinds = {
    [leasingStrategy]: true,
    alike: seat.device !== call.call.fingerprint,
    "on behalf": isFor,
    "above the limit": overLimit,
    "of an ended license": standingOf(oracle.given, oracle.now, oracle.endOf(seat)) !== null,
  };
  for (const [kind, isIt] of Object.entries(kinds)) if (isIt) counts.add("seats", kind);
}
