/** Reserving in D1 what must be free, before the object commits (KEY-2, KEY-3). One fenced batch. */

import { upperKey } from "../../domain/terms/license-key.ts";

export interface Reservation {
  readonly result: "reserved" | "taken" | "license-missing";
  /** The fence that D1 had before; null = it does not know the license (OPS-1). */
  readonly fenceBefore: number | null;
}

export interface WantedKey {
  readonly licenseId: string;
  readonly key: string;
  /** The object's next fence, and the last one that it saw applied. */
  readonly fence: number;
  readonly fenceConfirmed: number;
}

/**
 * Takes a key for a license. A row of the same license is no conflict; one of another license is, also that of the
 * key's upper case. A reservation that D1 applies late, after a newer batch, changes nothing, nor does one that meets a
 * D1 that was set back. Throws when D1 fails: then nothing is known.
 */
export async function reserveKey(
  db: D1Database,
  { licenseId, key, fence, fenceConfirmed }: WantedKey,
): Promise<Reservation> {
  const [before, , , owner] = await db.batch<{ fence?: number; owner?: string | null }>([
    db.prepare("SELECT fence FROM licenses WHERE id = ?1").bind(licenseId),
    db
      .prepare(
        `INSERT INTO license_keys (key, license_id) SELECT ?1, id FROM licenses WHERE id = ?2 AND fence < ?3 AND fence >= ?4
           AND NOT EXISTS (SELECT 1 FROM license_keys WHERE key IN (?1, ?5) AND license_id <> ?2)
         ON CONFLICT (key) DO NOTHING`,
      )
      .bind(key, licenseId, fence, fenceConfirmed, upperKey(key)),
    db
      .prepare("UPDATE licenses SET fence = ?2 WHERE id = ?1 AND fence < ?2 AND fence >= ?3")
      .bind(licenseId, fence, fenceConfirmed),
    db
      .prepare(
        "SELECT license_id AS owner FROM license_keys WHERE key IN (?1, ?3) ORDER BY license_id <> ?2 DESC LIMIT 1",
      )
      .bind(key, licenseId, upperKey(key)),
  ]);
  const fenceBefore = before?.results[0]?.fence ?? null;
  const holder = owner?.results[0]?.owner ?? null;
  const applied = fenceBefore !== null && fenceBefore < fence && fenceBefore >= fenceConfirmed;
  if (!applied || holder === null) return { result: "license-missing", fenceBefore };
  return { result: holder === licenseId ? "reserved" : "taken", fenceBefore };
}
