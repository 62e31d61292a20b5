/** Ids as 16 bytes, as the tables have them that only joins read; and digests. */

import { sql, type SQL, type SQLWrapper } from "drizzle-orm";
import { customType } from "drizzle-orm/sqlite-core";

/** A digest: bytes in the table, digits of base 16 in a row that was read. */
export const hexBytes = customType<{ data: string; driverData: readonly number[] }>({
  dataType: () => "blob",
  fromDriver: (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""),
});

/** Null for what is no id. */
export function bytesOf(id: SQLWrapper | string): SQL {
  return sql`unhex(${id}, '-')`;
}

/** As it is written: five groups, lower case. */
export function uuidOf(bytes: SQLWrapper): SQL {
  const groups = [sql`1, 8`, sql`9, 4`, sql`13, 4`, sql`17, 4`, sql`21`].map(
    (part) => sql`substr(hex(${bytes}), ${part})`,
  );
  return sql`lower(${sql.join(groups, sql` || '-' || `)})`;
}
