/** What the vendor's endings of activations mean, said naively (CNT-1, SEAT-6, SEAT-10, LEASE-5). */

import type { EndCall, EndStep, Range } from "../../../src/domain/seats/activation-view.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import { isLive } from "../../support/seat-oracle.ts";
import { granted, refused } from "./answers.ts";
import { must, same } from "./invariants.ts";
import type { LicenseOracle } from "./oracle.ts";
import type { SessionSeat } from "./session-seat.ts";

/** No standing and no limit is in the way, and no deactivation is counted. */
export function endedOne(
  oracle: LicenseOracle,
  { activationId: session, wanted }: { readonly activationId: string; readonly wanted: "hold" | "none" },
  outcome: Outcome<null>,
): void {
  const seat = oracle.seats.bySession(session);
  if (seat !== undefined && isLive(seat, oracle.now)) {
    granted(outcome, "CNT-1");
    if (wanted === "hold") return release(oracle, seat);
    oracle.events.expect("activation.deleted", session);
    return oracle.seats.remove(seat);
  }
  if (oracle.lapsed(session)) oracle.events.expect("activation.lease-expired", session);
  const held = wanted === "none" ? oracle.seats.bySession(session) : undefined;
  if (held === undefined || !oracle.seats.counts(held, oracle.now)) {
    return refused(outcome, { code: "session-unknown" });
  }
  granted(outcome, "SEAT-10");
  oracle.events.expect("activation.updated", session);
  oracle.seats.remove(held);
}

/** The oldest of those that are meant, up to where the step stopped. */
export function endedMany(oracle: LicenseOracle, call: EndCall, outcome: Outcome<EndStep>): void {
  const { ended, next } = granted(outcome, "CNT-1");
  const { after, upto } = call.cursor ?? { after: 0, upto: oracle.seats.born };
  const meant = oracle.seats
    .all()
    .filter((seat) => isLive(seat, oracle.now) && seat.order > after && seat.order <= upto)
    .filter(({ createdAt, contactAt }) => isIn(call.created, createdAt) && isIn(call.contact, contactAt))
    .toSorted((one, other) => one.order - other.order);
  if (next === null) same("CNT-1", "how many a last step ends", ended, meant.length);
  must("CNT-1", ended <= meant.length, () => `${ended} were ended of ${meant.length}`);
  for (const seat of meant.slice(0, ended)) release(oracle, seat);
}

function release(oracle: LicenseOracle, seat: SessionSeat): void {
  oracle.seats.release(seat, oracle.now);
  oracle.events.expect("activation.deleted", seat.session);
}

function isIn({ from, below }: Range, at: number): boolean {
  return (from === null || from <= at) && (below === null || below > at);
}
