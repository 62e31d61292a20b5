/** Many events at once, in both tables of the log. */

import { env } from "cloudflare:workers";

/**
 * `count` events of a resource of its own, one a second (or `apart` milliseconds) from this instant on, of two types in
 * turn; each third one is a token's, named after the resource.
 */
export async function fill(subject: string, count: number, from: number, apart = 1000): Promise<void> {
  const insert = (table: string, actor: string, which: string) =>
    env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?3 - 1)
     INSERT INTO ${table} SELECT
       substr(printf('%012x', ?2 + i * ?4), 1, 8) || '-' || substr(printf('%012x', ?2 + i * ?4), 9) || '-7000-8000-' || substr(hex(?1) || '000000000000', 1, 12),
       CASE i % 2 WHEN 0 THEN 'tag.created' ELSE 'tag.deleted' END, 0, ?1, i, ${actor}
     FROM n WHERE i % 3 ${which} 0`,
    ).bind(subject, from, count, apart);
  const rest = `'r', '{"changes":{},"data":{}}'`;
  await env.DB.batch([
    insert("event_log", `'{"type":"device"}', ${rest}`, "!="),
    insert("management_log", `json_object('type', 'token', 'id', 'of ' || ?1), ${rest}, 'of ' || ?1`, "="),
  ]);
}
