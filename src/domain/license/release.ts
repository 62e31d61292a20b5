/**
 * Which releases of the software a license is for (CHK-1, check 12; REL-1, MAINT-1), and the latest it was used with.
 */

import type { Refusal, RefusalOf } from "../refusal.ts";
import { isMaintained, type Maintenance } from "../terms/maintenance.ts";
import { isLater, releaseVersion, updateKind } from "../terms/release-version.ts";
import type { Terms } from "../terms/license.ts";
import type { DeviceClaims } from "./device.ts";

type Told = Pick<DeviceClaims, "releaseVersion" | "releasePublishedAt">;

/**
 * NET-1: a version that is not known, or that is no version, is allowed only where every version is. Under a policy
 * `maxAllowedReleaseVersion` says nothing. `newest`: the latest that the license was used with; null = none.
 */
export function releaseRefusal(
  { maxAllowedReleaseVersion: most, maintenance }: Pick<Terms, "maxAllowedReleaseVersion" | "maintenance">,
  newest: string | null,
  told: Told,
  now: number,
): Refusal | null {
  if (maintenance !== null) return maintenanceRefusal(maintenance, newest, told, now);
  return most === null ? null : limitRefusal(most, told);
}

/** REL-1. */
function limitRefusal(most: string, { releaseVersion: told }: Told): Refusal | null {
  const limit = releaseVersion(most);
  const version = told === null ? null : releaseVersion(told);
  if (limit !== null && version !== null && !isLater(version, limit)) return null;
  return refused(version === null ? null : told, { kind: "limit", latest: most });
}

/** MAINT-1: the kind of the update first, then the end. */
function maintenanceRefusal(
  maintenance: Maintenance,
  newest: string | null,
  { releaseVersion: told, releasePublishedAt }: Told,
  now: number,
): Refusal | null {
  const version = told === null ? null : releaseVersion(told);
  if (version === null) return refused(null, { kind: "unknown" });
  const known = newest === null ? null : releaseVersion(newest);
  const update = known === null ? null : updateKind(version, known);
  if (update === "major" && !maintenance.allowMajorVersionUpdates) return refused(told, { kind: "major", newest });
  if (update === "minor" && !maintenance.allowMinorVersionUpdates) return refused(told, { kind: "minor", newest });
  if (maintenance.expiresAt === null || isMaintained(maintenance, now)) return null;
  const isCovered =
    releasePublishedAt === null ? known !== null && update === null : releasePublishedAt < maintenance.expiresAt;
  return isCovered ? null : refused(told, { kind: "over", endedAt: maintenance.expiresAt });
}

function refused(version: string | null, why: RefusalOf<"version-not-allowed">["why"]): Refusal {
  return { code: "version-not-allowed", version, why };
}

/** `told` where it is a later version than the newest so far; else null: nothing moves. */
export function newerRelease(newest: string | null, told: string | null): string | null {
  const version = told === null ? null : releaseVersion(told);
  if (version === null) return null;
  const known = newest === null ? null : releaseVersion(newest);
  return known === null || isLater(version, known) ? told : null;
}
