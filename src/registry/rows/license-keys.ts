/** Which license a key leads to, by D1 (KEY-2). The license's object decides whether the key is still its own. */

import { upperKey } from "../../domain/terms/license-key.ts";

/**
 * The slow path of ID-4, asked on the primary, because a key may be seconds old. `key` is as it was read (KEY-3): where
 * nobody has it, it leads where its upper case does.
 */
export async function findLicenseByKey(db: D1Database, key: string): Promise<string | null> {
  const session = db.withSession("first-primary");
  const upper = upperKey(key);
  const statement =
    upper === key
      ? session.prepare("SELECT license_id FROM license_keys WHERE key = ?1").bind(key)
      : session.prepare(EITHER).bind(key, upper);
  return await statement.first<string>("license_id");
}

const EITHER = "SELECT license_id FROM license_keys WHERE key IN (?1, ?2) ORDER BY key = ?1 DESC LIMIT 1";
