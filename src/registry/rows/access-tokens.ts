/** Personal access tokens in D1 (MGMT-5). The token itself is never here, only its SHA-256. */

import { and, desc, eq, getTableColumns, isNull, lte, or, sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import { accessTokenList } from "./catalogue-fields.ts";
import { find, mapped, type Found } from "../find/find.ts";
import type { Wanted } from "../find/filter.ts";
import { removeRow, replaceRow, type Written } from "./optimistic-write.ts";
import { insertEvent } from "../events/outbox.ts";
import type { PageRequest } from "../find/page.ts";
import { answered, ask, written, writtenById, type Question } from "../db/question.ts";
import { accessTokens, goneAccessTokens } from "../db/schema.ts";
import { insertWhere, prepared } from "../db/statement.ts";

/** Instants in epoch ms; `expiresAt` null = never. */
export interface AccessToken {
  readonly id: string;
  readonly name: string;
  /** `resource:read`, `resource:write`, or `*`. */
  readonly scopes: readonly string[];
  readonly expiresAt: number | null;
  readonly revoked: boolean;
  /** The access token that minted it; null = a person or `ROOT_SECRET`. It may be gone. */
  readonly mintedBy: string | null;
  readonly lastUsedAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

const BY_ID = writtenById(accessTokens);
const BY_HASH = written(["hash"], ({ hash }) => ({
  select: getTableColumns(accessTokens),
  from: accessTokens,
  where: sql`${accessTokens.hash} = ${hash}`,
}));

/** By the SHA-256 of the whole token, as lower-case hex. Revoked and expired ones are found too: the caller judges. */
export function accessTokenByHash(hash: string): Question<AccessToken | null> {
  return answered(BY_HASH.one({ hash }), tokenOrNull);
}

export function accessTokenById(id: string): Question<AccessToken | null> {
  return answered(BY_ID.one({ id }), tokenOrNull);
}

export async function findAccessToken(db: D1Database, id: string): Promise<AccessToken | null> {
  return await ask(db, accessTokenById(id));
}

export async function listAccessTokens(
  db: D1Database,
  request: PageRequest<string>,
  wanted: Wanted,
  now: number,
): Promise<Found<AccessToken>> {
  return mapped(await find(db, accessTokenList, request, wanted, now), accessTokenOf);
}

/** What these have minted, who may be gone, and what those minted, and so on; the newest first, at most `most`. */
export async function mintedFrom(
  db: D1Database,
  minters: readonly string[],
  which: "live" | "all",
  most: number,
): Promise<readonly AccessToken[]> {
  const rows = await drizzle(db)
    .select()
    .from(accessTokens)
    .where(
      and(
        which === "all" ? undefined : eq(accessTokens.revoked, false),
        sql`${accessTokens.id} IN (
          WITH RECURSIVE minted(id) AS (
            SELECT value FROM json_each(${JSON.stringify(minters)})
            UNION SELECT t.id FROM minted CROSS JOIN access_tokens AS t ON t.minted_by = minted.id
            UNION SELECT g.id FROM minted CROSS JOIN gone_access_tokens AS g ON g.minted_by = minted.id
          ) SELECT id FROM minted WHERE id NOT IN (SELECT value FROM json_each(${JSON.stringify(minters)})))`,
      ),
    )
    .orderBy(desc(accessTokens.id))
    .limit(most);
  return rows.map(accessTokenOf);
}

/**
 * `hash` as `accessTokenByHash` takes it. The row and its event: all or nothing (EVT-1). False, and nothing is
 * written, where the token that mints it has gone or was revoked meanwhile.
 */
export async function insertAccessToken(
  db: D1Database,
  token: AccessToken,
  hash: string,
  event: LeaseholdEvent,
): Promise<boolean> {
  const row = { ...token, hash, scopes: JSON.stringify(token.scopes) };
  const { mintedBy } = token;
  const mayMint = sql`EXISTS (SELECT 1 FROM ${accessTokens} WHERE id = ${mintedBy} AND NOT revoked)`;
  const allowed = mintedBy === null ? sql`true` : mayMint;
  const [inserted] = await db.batch([
    prepared(db, insertWhere(accessTokens, row, allowed)),
    insertEvent(db, event, sql`EXISTS (SELECT 1 FROM ${accessTokens} WHERE ${eq(accessTokens.id, token.id)})`),
  ]);
  return inserted?.meta.changes === 1;
}

/** Writes name and revocation. */
export async function updateAccessToken(
  db: D1Database,
  before: AccessToken,
  { name, revoked, updatedAt }: AccessToken,
  event: LeaseholdEvent,
): Promise<Written> {
  return await replaceRow(db, { table: accessTokens, before, columns: { name, revoked, updatedAt }, event });
}

/** What it has minted stays its own: nobody leaves a family by deleting who stands between (`mintedFrom`). */
export async function deleteAccessToken(db: D1Database, before: AccessToken, event: LeaseholdEvent): Promise<Written> {
  return await removeRow(db, {
    table: accessTokens,
    before,
    event,
    along: (allowed) => [remembered(before.id, allowed), forgottenBut(before.id, allowed)],
  });
}

/** One that nobody, or a person, minted is found by its own id. */
function remembered(id: string, allowed: SQL): SQL {
  return sql`INSERT INTO ${goneAccessTokens} (id, minted_by) SELECT t.id, t.minted_by FROM ${accessTokens} AS t
    WHERE t.id = ${id} AND t.minted_by IS NOT NULL AND ${hasMinted(sql`t.id`, id)} AND ${allowed}`;
}

/** Those that stand between nobody any more once this token is deleted. */
function forgottenBut(id: string, allowed: SQL): SQL {
  return sql`DELETE FROM ${goneAccessTokens} WHERE NOT ${hasMinted(sql`${goneAccessTokens}.id`, id)} AND ${allowed}`;
}

function hasMinted(minter: SQL, but: string): SQL {
  return sql`(EXISTS (SELECT 1 FROM ${accessTokens} AS c WHERE c.minted_by = ${minter} AND c.id <> ${but})
              OR EXISTS (SELECT 1 FROM ${goneAccessTokens} AS g WHERE g.minted_by = ${minter}))`;
}

/** Last use, written only if the one on record is older than a minute: a busy token costs one row a minute. */
export async function recordUse(db: D1Database, id: string, usedAt: number): Promise<void> {
  const stale = or(isNull(accessTokens.lastUsedAt), lte(accessTokens.lastUsedAt, usedAt - 60_000));
  await drizzle(db)
    .update(accessTokens)
    .set({ lastUsedAt: usedAt })
    .where(and(eq(accessTokens.id, id), stale));
}

function tokenOrNull(row: typeof accessTokens.$inferSelect | null): AccessToken | null {
  return row === null ? null : accessTokenOf(row);
}

function accessTokenOf(row: typeof accessTokens.$inferSelect): AccessToken {
  const { hash: _, scopes, ...rest } = row;
  return { ...rest, scopes: JSON.parse(scopes) as readonly string[] };
}
