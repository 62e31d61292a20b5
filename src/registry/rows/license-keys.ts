/** Which license a key leads to, by D1 (KEY-2). The license's object decides whether the key is still its own. */

import { sql } from "drizzle-orm";
import { upperKey } from "../../domain/terms/license-key.ts";
import { ask, written } from "../db/question.ts";
import { licenseKeys } from "../db/schema.ts";

const AS_WRITTEN = written(["key"], ({ key }) => ({
  select: { licenseId: licenseKeys.licenseId },
  from: licenseKeys,
  where: sql`${licenseKeys.key} = ${key}`,
}));

const EITHER = written(["key", "upper"], ({ key, upper }) => ({
  select: { licenseId: licenseKeys.licenseId },
  from: licenseKeys,
  where: sql`${licenseKeys.key} IN (${key}, ${upper})`,
  rest: sql`ORDER BY ${licenseKeys.key} = ${key} DESC LIMIT 1`,
}));

/**
 * The slow path of ID-4, asked on the primary, because a key may be seconds old. `key` is as it was read (KEY-3): where
 * nobody has it, it leads where its upper case does.
 */
export async function findLicenseByKey(db: D1Database, key: string): Promise<string | null> {
  const upper = upperKey(key);
  const question = upper === key ? AS_WRITTEN.one({ key }) : EITHER.one({ key, upper });
  return (await ask(db.withSession("first-primary"), question))?.licenseId ?? null;
}
