/** A seat in the history of a simulation: beside what counts, what its session's calls and tokens have left on it. */

import type { Seat } from "../../support/seat-oracle.ts";

export interface SessionSeat extends Seat {
  readonly session: string;
  contactAt: number;
  generation: number;
  /** Of the last token: the license's revision, and its refresh. */
  tokenRevision: number;
  refreshAt: number | null;
  /** Of birth, from 1. */
  readonly order: number;
}
