/** Many licenses at once, by SQL: as a creation leaves them in D1, one template over and over. */

import { env } from "cloudflare:workers";
import { license, read, type Json } from "./management.ts";

const LETTERS = "0123456789abcdef";

/** Ids of `count` copies of a license of its own, made at instants of which several share each. */
export async function plantLicenses(count: number, members: Json = {}): Promise<readonly string[]> {
  const template = await license(members);
  const first = Date.parse(String((await read(`/licenses/${String(template.id)}`)).createdAt));
  const ids = Array.from({ length: count }, plantedId);
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO licenses (id, key, product_id, revision, terms, expires_at, folded, created_at, updated_at)
       SELECT planted.value, planted.value, product_id, revision,
              json_set(terms, '$.createdAt', ?2 + planted.key / 7, '$.updatedAt', ?2 + planted.key / 7), expires_at,
              folded, ?2 + planted.key / 7, ?2 + planted.key / 7
       FROM licenses, json_each(?3) AS planted WHERE licenses.id = ?1`,
    ).bind(template.id, first, JSON.stringify(ids)),
    env.DB.prepare(
      `INSERT INTO license_facets (facet, value, created_at, license_id)
       SELECT facet, license_facets.value, licenses.created_at, unhex(licenses.id, '-')
       FROM json_each(?1) AS planted JOIN licenses ON licenses.id = planted.value
       JOIN license_facets ON license_facets.license_id = unhex(?2, '-')`,
    ).bind(JSON.stringify(ids), template.id),
  ]);
  return [String(template.id), ...ids];
}

function plantedId(): string {
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => LETTERS[byte % 16]).join("");
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-8${digits.slice(0, 3)}-8${digits.slice(3, 6)}-${digits}`.slice(
    0,
    36,
  );
}
