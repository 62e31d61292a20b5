/** The rows of a license's activations, as its hand-over to D1 writes them (src/registry/object/commit.ts). */

import { IN_TURN, type Fences } from "./in-turn.ts";

export interface ProjectedActivation {
  readonly id: string;
  readonly createdAt: number;
  readonly contactAt: number;
  readonly leaseExpiresAt: number | null;
  /** Domain `OwnClock` as JSON; null = it ends with its license. */
  readonly ownClock: string | null;
  /** Digits of base 16. */
  readonly device: string | null;
  readonly host: string | null;
  readonly facts: string;
}

export interface ProjectedActivations {
  readonly activations: readonly ProjectedActivation[];
  /** False: D1 has none of them, since the batch tells of their births, and none before it is in doubt. */
  readonly mayHaveThem: boolean;
}

interface OfLicense {
  readonly id: string;
  readonly productId: string;
}

export function forgetActivations(db: D1Database, licenseId: string, { below, from }: Fences): D1PreparedStatement {
  return db.prepare(`DELETE FROM activations WHERE license_id = ?1 AND ${IN_TURN}`).bind(licenseId, below, from);
}

/**
 * One JSON parameter, since D1 binds at most 100. Of rows that may be there, the host apart, where it differs, since
 * SQLite writes an index again for whatever is set.
 */
export function writeActivations(
  db: D1Database,
  license: OfLicense,
  { activations, mayHaveThem }: ProjectedActivations,
  { below, from }: Fences,
): D1PreparedStatement[] {
  if (activations.length === 0) return [];
  const rows = JSON.stringify(activations);
  const written = db
    .prepare(
      `INSERT INTO activations (id, license_id, product_id, created_at, updated_at, contact_at, lease_expires_at, own_clock,
         device, host, facts)
       SELECT value ->> 'id', ?1, ?4, value ->> 'createdAt', value ->> 'contactAt', value ->> 'contactAt',
              value ->> 'leaseExpiresAt', value ->> 'ownClock', unhex(value ->> 'device'), value ->> 'host', value ->> 'facts'
       FROM json_each(?5) WHERE ${IN_TURN}
       ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at, contact_at = excluded.contact_at,
         lease_expires_at = excluded.lease_expires_at, own_clock = excluded.own_clock, facts = excluded.facts`,
    )
    .bind(license.id, below, from, license.productId, rows);
  if (!mayHaveThem) return [written];
  const hosts = db
    .prepare(
      `UPDATE activations SET host = told.value ->> 'host' FROM json_each(?4) AS told
       WHERE activations.id = told.value ->> 'id' AND host IS NOT told.value ->> 'host' AND ${IN_TURN}`,
    )
    .bind(license.id, below, from, rows);
  return [written, hosts];
}

export function removeActivations(
  db: D1Database,
  licenseId: string,
  ended: readonly string[],
  { below, from }: Fences,
): D1PreparedStatement {
  return db
    .prepare(`DELETE FROM activations WHERE id IN (SELECT value FROM json_each(?4)) AND ${IN_TURN}`)
    .bind(licenseId, below, from, JSON.stringify(ended));
}
