/** Which license a key leads to, by D1 (KEY-2). The license's object decides whether the key is still its own. */

/** The slow path of ID-4, asked on the primary, because a key may be seconds old. `key` is normalised (KEY-1). */
export async function findLicenseByKey(db: D1Database, key: string): Promise<string | null> {
  return await db
    .withSession("first-primary")
    .prepare("SELECT license_id FROM license_keys WHERE key = ?1")
    .bind(key)
    .first<string>("license_id");
}
