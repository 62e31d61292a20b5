/** LEASE-7: what the refreshes told so far leave of a generation's share: more than `above`, at most `most`. */
export interface Share {
  readonly generation: number;
  readonly above: number;
  readonly most: number;
}

/** A seat in the history of a simulation: beside what counts, what its session's calls and tokens have left on it. */

import type { Seat } from "../../support/seat-oracle.ts";

export interface SessionSeat extends Seat {
  readonly session: string;
  contactAt: number;
  generation: number;
  /** Of the last token: the license's revision, and its refresh. */
  tokenRevision: number;
  refreshAt: number | null;
  share: Share;
  /** Of birth, from 1. */
  readonly order: number;
}
