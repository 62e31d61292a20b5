/** LEASE-7: what the refreshes told so far leave of a generation's share: more than `above`, at most `most`. */
export interface Share {
  readonly generation: number;
  readonly above: number;
  readonly most: number;
}

/** A seat in the history of a simulation: beside what counts, what its session's calls and tokens have left on it. */

import type { DeviceSeat } from "../../support/device-oracle.ts";

export interface SessionSeat extends DeviceSeat {
  readonly session: string;
  /** The fingerprint that it came with last. */
  presented: string;
  /** SEAT-9: granted above the limit. */
  readonly over: boolean;
  contactAt: number;
  /** Of the lease as it was granted last; 0 = none. */
  seconds: number;
  /** METER-1: by the meter attribute's id. */
  readonly uses: Map<string, number>;
  generation: number;
  /** Of the last token: the license's revision, and its refresh. */
  tokenRevision: number;
  refreshAt: number | null;
  share: Share;
  /** Of birth, from 1. */
  readonly order: number;
}
