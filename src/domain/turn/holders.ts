/** SEAT-2: whose activations share a seat. They are found by their holder: nothing is counted that could be wrong. */

import type { Activation } from "./ledger.ts";
import type { Look } from "./look.ts";

type Seen = Pick<Look, "ledger" | "tally">;

/**
 * Rows up to this seq that have a holder are dead, later ones are not: everyone who shares a seat is signed in, so that
 * another epoch of owners begins after them all (AUTH-6).
 */
export function deadHoldersUpto({ deadUpto, ownedDeadUpto }: Look["tally"]): number {
  return Math.max(deadUpto, ownedDeadUpto);
}

/** Whether another row of its holder is stored that no watermark has ended, lapsed ones included. */
export function sharesSeat({ ledger, tally }: Seen, { seq, holder }: Pick<Activation, "seq" | "holder">): boolean {
  return holder !== null && ledger.heldBy(holder, deadHoldersUpto(tally), 2).some((other) => other !== seq);
}

/** Whether the holder has no more than `count` such rows. */
export function hasAtMost({ ledger, tally }: Seen, holder: string, count: number): boolean {
  return ledger.heldBy(holder, deadHoldersUpto(tally), count + 1).length <= count;
}
