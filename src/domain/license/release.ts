/** Which releases of the software a license is for (CHK-1, check 12; REL-1), and the newest that it was used with. */

import type { Refusal } from "../refusal.ts";
import { isLater, releaseVersion } from "../terms/release-version.ts";
import type { Terms } from "../terms/license.ts";
import type { DeviceClaims } from "./device.ts";

/** NET-1: a version that is not known, or that is no version, is allowed only where every version is. */
export function releaseRefusal(
  { maxAllowedReleaseVersion: most }: Pick<Terms, "maxAllowedReleaseVersion">,
  { releaseVersion: told }: Pick<DeviceClaims, "releaseVersion">,
): Refusal | null {
  if (most === null) return null;
  const limit = releaseVersion(most);
  const version = told === null ? null : releaseVersion(told);
  if (limit !== null && version !== null && !isLater(version, limit)) return null;
  return { code: "version-not-allowed", version: version === null ? null : told, latest: most };
}

/** `told` where it is a later version than the newest so far; else null: nothing moves. */
export function newerRelease(newest: string | null, told: string | null): string | null {
  const version = told === null ? null : releaseVersion(told);
  if (version === null) return null;
  const known = newest === null ? null : releaseVersion(newest);
  return known === null || isLater(version, known) ? told : null;
}
