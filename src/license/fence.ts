/**
 * The fence: one number that orders an object's D1 batches, and tells that D1 was set back (OPS-1,
 * 0007-fences-have-two-sides.md).
 */

import type { Tally } from "../domain/turn/ledger.ts";
import type { RelayBatch } from "../registry/object/commit.ts";

/**
 * What a batch's answer says of D1: whether it applied, and whether D1 is older than what was seen confirmed (OPS-1).
 * A batch that does not begin a re-projection changes nothing in an older D1: were its fence to land there, and its
 * answer to be lost, the next batch could not tell any more.
 */
export function notedFence(
  tally: Tally,
  { fence, restore }: Pick<RelayBatch, "fence" | "restore">,
  fenceBefore: number | null,
): { readonly applied: boolean; readonly change: Partial<Tally> } {
  if (fenceBefore !== null && fenceBefore >= fence) {
    // The object is behind D1: take a fence beyond, and send again.
    return { applied: false, change: { fence: Math.max(tally.fence, fenceBefore) } };
  }
  if (isOlder(tally, fenceBefore) && restore !== "from-start") return { applied: false, change: { reprojectFrom: 0 } };
  return { applied: true, change: { fenceConfirmed: fence } };
}

/** D1 was set back (OPS-1): it does not know the license any more, or not what the object saw applied. */
export function isOlder({ fenceConfirmed }: Tally, fence: number | null): boolean {
  return fence === null || fence < fenceConfirmed;
}

/** A batch or reservation whose end nobody knows, or a re-projection: D1 must be made to agree. */
export function isBehind({ fence, fenceConfirmed, reprojectFrom }: Tally): boolean {
  return fence > fenceConfirmed || reprojectFrom !== null;
}
