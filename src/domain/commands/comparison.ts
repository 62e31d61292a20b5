/** What a license's object finds when it compares D1 with itself (OPS-1): plain data that crosses RPC. */

/** D1's copy of one license. */
export interface Shown {
  /** Number of the last hand-over that D1 has; null = it does not know the license. */
  readonly fence: number | null;
  /** Of the license's own keys (KEY-2), those that lead to it. */
  readonly keys: number;
  readonly activations: number;
}

export interface Resynced {
  /** The license that is held; null = none, or one that is being deleted. */
  readonly licenseId: string | null;
  /** Licenses that were deleted here, for as long as their tombstones stand (DEL-1). */
  readonly deletedIds: readonly string[];
  /** D1 says what the object says. False: the alarm goes on, and so does the next call. */
  readonly isLevel: boolean;
  /** The license in D1 as this call found it, and as it left it; null = none is held. */
  readonly found: Shown | null;
  readonly left: Shown | null;
  /** Deleted licenses that D1 showed again. */
  readonly revived: readonly string[];
}
