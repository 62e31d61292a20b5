/** Ids as 16 bytes, as the tables have them that only joins read. */

import { sql, type SQL, type SQLWrapper } from "drizzle-orm";

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
