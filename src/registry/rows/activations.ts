/** Activations as D1 shows them: the objects' projection (MGMT-2). The relay alone writes it. */

import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { ActivationView } from "../../domain/seats/activation-calls.ts";
import type { DeviceFacts } from "../../domain/turn/ledger.ts";
import { activationList } from "./activation-fields.ts";
import type { Wanted } from "../find/filter.ts";
import { find, mapped, type Found } from "../find/find.ts";
import type { PageRequest } from "../find/page.ts";
import { activations } from "../db/schema.ts";

type LicensedUser = ActivationView["user"];

/** Lease end and last contact may be a day behind (LEASE-6). */
export async function findActivations(
  db: D1Database,
  request: PageRequest<string>,
  wanted: Wanted,
  now: number,
): Promise<Found<ActivationView>> {
  const result = await find(db, activationList, request, wanted, now);
  const rows = result.found ? result.page.rows : [];
  const users = await usersOf(db, new Set(rows.map(({ licenseId }) => licenseId)));
  return mapped(result, (row) => viewOf(row, users.get(row.licenseId) ?? null));
}

/** Null if D1 does not show the activation. */
export async function licenseOfActivation(db: D1Database, id: string): Promise<string | null> {
  const row = await drizzle(db)
    .select({ licenseId: activations.licenseId })
    .from(activations)
    .where(eq(activations.id, id))
    .get();
  return row?.licenseId ?? null;
}

/** By license id: whom it is for. */
async function usersOf(db: D1Database, licenseIds: ReadonlySet<string>): Promise<ReadonlyMap<string, LicensedUser>> {
  if (licenseIds.size === 0) return new Map();
  const rows = await drizzle(db).all<{ licenseId: string; id: string; email: string }>(
    sql`SELECT id AS licenseId, user_id AS id, terms ->> '$.user.email' AS email FROM licenses
        WHERE id IN (SELECT value FROM json_each(${JSON.stringify([...licenseIds])})) AND user_id IS NOT NULL`,
  );
  return new Map(rows.map(({ licenseId, id, email }) => [licenseId, { id, email }]));
}

function viewOf(row: typeof activations.$inferSelect, user: LicensedUser): ActivationView {
  const { id, licenseId, productId, createdAt, contactAt, leaseExpiresAt, expiresAt } = row;
  const { email, hostname, targetSoftwareVersion } = JSON.parse(row.facts) as DeviceFacts;
  return {
    ...{ id, licenseId, productId, createdAt, contactAt, leaseExpiresAt, expiresAt },
    ...{ email, hostname, targetSoftwareVersion },
    user,
  };
}
