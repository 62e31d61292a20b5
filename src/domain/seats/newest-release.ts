/** The latest release that a license was used with, ever: what its activations say of themselves moves it (REL-1). */

import { newerRelease } from "../license/release.ts";
import { move, type Turn } from "../turn/turn.ts";

/** Of a device that was let in. False: it moved nothing, and so wrote nothing. */
export function noteRelease(turn: Turn, told: string | null): boolean {
  const newer = newerRelease(turn.tally.releaseVersion, told);
  if (newer === null) return false;
  move(turn, { releaseVersion: newer });
  return true;
}
