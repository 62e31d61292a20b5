/**
 * Reserving in D1 that a license may refer to a user, a maintenance policy or an entitlement set, before the object
 * commits to it (REF-1). One fenced batch.
 */

export interface UserReservation {
  /**
   * `user-unknown`: there is no such user. `license-missing`: D1 does not know the license, or is older or newer than
   * the object believes (OPS-1).
   */
  readonly result: "reserved" | "user-unknown" | "license-missing";
  /** The fence that D1 had before; null = it does not know the license (OPS-1). */
  readonly fenceBefore: number | null;
  /**
   * The user as of the reservation, null unless `reserved`. Commit this one and not the caller's older reading: a
   * change of the e-mail that came before the reservation is in it, and the job of one that comes after waits until the
   * reservation is settled (SNAP-1).
   */
  readonly user: { readonly id: string; readonly email: string; readonly revision: number } | null;
}

export interface WantedUser {
  readonly licenseId: string;
  readonly userId: string;
  /** The object's next fence, and the last one that it saw applied. */
  readonly fence: number;
  readonly fenceConfirmed: number;
}

/** Tables of what it is enough that there is one of. */
export type TargetTable = "maintenance_policies" | "entitlement_sets";

export interface WantedTarget extends Omit<WantedUser, "userId"> {
  readonly table: TargetTable;
  readonly targetId: string;
}

export interface TargetReservation extends Pick<UserReservation, "fenceBefore"> {
  readonly result: "reserved" | "target-unknown" | "license-missing";
}

interface Answer {
  readonly fence?: number;
  readonly id?: string;
  readonly email?: string;
  readonly revision?: number;
}

/**
 * From now on the user cannot be deleted, until a later relay has said whom the license is for. A reservation that D1
 * applies late, after a newer batch, changes nothing, nor does one that meets a D1 that was set back. Throws when D1
 * fails: then nothing is known.
 */
export async function reserveUser(
  db: D1Database,
  { licenseId, userId, fence, fenceConfirmed }: WantedUser,
): Promise<UserReservation> {
  const [before, , , found] = await db.batch<Answer>([
    fenceOf(db, licenseId),
    db
      .prepare(
        `INSERT INTO license_references (license_id, target_id) SELECT licenses.id, users.id FROM licenses, users
         WHERE licenses.id = ?1 AND fence < ?3 AND fence >= ?4 AND users.id = ?2 ON CONFLICT (license_id, target_id) DO NOTHING`,
      )
      .bind(licenseId, userId, fence, fenceConfirmed),
    raisedFence(db, { licenseId, fence, fenceConfirmed }),
    db.prepare("SELECT id, email, revision FROM users WHERE id = ?1").bind(userId),
  ]);
  const fenceBefore = before?.results[0]?.fence ?? null;
  if (!isApplied(fenceBefore, { fence, fenceConfirmed })) return { result: "license-missing", fenceBefore, user: null };
  const user = userOf(found?.results[0]);
  return { result: user === null ? "user-unknown" : "reserved", fenceBefore, user };
}

/** The same for a row of another table: the policy is copied (SNAP-1), what a set gives is read when it is needed. */
export async function reserveTarget(
  db: D1Database,
  { licenseId, table, targetId, fence, fenceConfirmed }: WantedTarget,
): Promise<TargetReservation> {
  const [before, , , found] = await db.batch<Answer>([
    fenceOf(db, licenseId),
    db
      .prepare(
        `INSERT INTO license_references (license_id, target_id) SELECT licenses.id, target.id
         FROM licenses, ${table} AS target
         WHERE licenses.id = ?1 AND fence < ?3 AND fence >= ?4 AND target.id = ?2
         ON CONFLICT (license_id, target_id) DO NOTHING`,
      )
      .bind(licenseId, targetId, fence, fenceConfirmed),
    raisedFence(db, { licenseId, fence, fenceConfirmed }),
    db.prepare(`SELECT id FROM ${table} WHERE id = ?1`).bind(targetId),
  ]);
  const fenceBefore = before?.results[0]?.fence ?? null;
  if (!isApplied(fenceBefore, { fence, fenceConfirmed })) return { result: "license-missing", fenceBefore };
  return { result: found?.results.length === 1 ? "reserved" : "target-unknown", fenceBefore };
}

type Fences = Pick<WantedUser, "fence" | "fenceConfirmed">;

function fenceOf(db: D1Database, licenseId: string): D1PreparedStatement {
  return db.prepare("SELECT fence FROM licenses WHERE id = ?1").bind(licenseId);
}

function raisedFence(
  db: D1Database,
  { licenseId, fence, fenceConfirmed }: Fences & Pick<WantedUser, "licenseId">,
): D1PreparedStatement {
  return db
    .prepare("UPDATE licenses SET fence = ?2 WHERE id = ?1 AND fence < ?2 AND fence >= ?3")
    .bind(licenseId, fence, fenceConfirmed);
}

function isApplied(fenceBefore: number | null, { fence, fenceConfirmed }: Fences): boolean {
  return fenceBefore !== null && fenceBefore < fence && fenceBefore >= fenceConfirmed;
}

function userOf(row: Answer | undefined): UserReservation["user"] {
  const { id, email, revision } = row ?? {};
  return id === undefined || email === undefined || revision === undefined ? null : { id, email, revision };
}
