/** Personal access tokens in D1 (MGMT-5). The token itself is never here, only its SHA-256. */

import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { accessTokens } from "./schema.ts";

/** Instants in epoch ms; `expiresAt` null = never. */
export interface AccessToken {
  readonly id: string;
  readonly name: string;
  /** `resource:read`, `resource:write`, or `*`. */
  readonly scopes: readonly string[];
  readonly expiresAt: number | null;
  readonly revoked: boolean;
  readonly lastUsedAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** By the SHA-256 of the whole token, as lower-case hex. Revoked and expired ones are found too: the caller judges. */
export async function findAccessTokenByHash(db: D1Database, hash: string): Promise<AccessToken | null> {
  const row = await drizzle(db).select().from(accessTokens).where(eq(accessTokens.hash, hash)).get();
  return row === undefined ? null : accessTokenOf(row);
}

function accessTokenOf(row: typeof accessTokens.$inferSelect): AccessToken {
  const { hash: _, scopes, ...rest } = row;
  return { ...rest, scopes: JSON.parse(scopes) as readonly string[] };
}
