/** Activations as D1 shows them: the objects' projection (MGMT-2). The relay alone writes it. */

import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { ActivationView } from "../../domain/seats/activation-view.ts";
import { endByOwnClock, type OwnClock } from "../../domain/terms/expiry.ts";
import type { DeviceFacts, ShownFacts } from "../../domain/license/device.ts";
import { activationList } from "./activation-fields.ts";
import type { Wanted } from "../find/filter.ts";
import { find, mapped, type Found } from "../find/find.ts";
import type { PageRequest } from "../find/page.ts";
import { answered, written, type Question } from "../db/question.ts";
import { activations, licenses } from "../db/schema.ts";

/** What an activation's license tells of it: whom it is for, and its end where it has no clock of its own. */
export interface OfLicense {
  readonly userId: string | null;
  readonly userEmail: string | null;
  readonly licenseEnd: number | null;
  readonly renewedMonths: number;
  readonly renewedSeconds: number;
}

/** Of a row of `licenses` that goes by `license`, if it is there. */
export const OF_LICENSE = sql`license.user_id AS userId, license.expires_at AS licenseEnd,
  CASE WHEN license.user_id IS NULL THEN NULL ELSE license.terms ->> '$.user.email' END AS userEmail,
  COALESCE(license.renewed_months, 0) AS renewedMonths, COALESCE(license.renewed_seconds, 0) AS renewedSeconds`;

/** What both rows say together: D1 need not hear of each activation whose end a change of its license moves. */
export function told(ownClock: string | null, license: OfLicense): Pick<ActivationView, "expiresAt" | "user"> {
  const { userId, userEmail, licenseEnd, renewedMonths: months, renewedSeconds: seconds } = license;
  return {
    expiresAt: ownClock === null ? licenseEnd : endByOwnClock(JSON.parse(ownClock) as OwnClock, { months, seconds }),
    user: userId === null || userEmail === null ? null : { id: userId, email: userEmail },
  };
}

/** Lease end and last contact may be a day behind (LEASE-6). */
export async function findActivations(
  db: D1Database,
  request: PageRequest<string>,
  wanted: Wanted,
  now: number,
): Promise<Found<ActivationView>> {
  const result = await find(db, activationList, request, wanted, now);
  const rows = result.found ? result.page.rows : [];
  const ofLicenses = await readOfLicenses(db, new Set(rows.map(({ licenseId }) => licenseId)));
  return mapped(result, (row) => viewOf(row, ofLicenses.get(row.licenseId) ?? GONE));
}

const LICENSE = written(["id"], ({ id }) => ({
  select: { licenseId: activations.licenseId },
  from: activations,
  where: sql`${activations.id} = ${id}`,
}));

/** Null if D1 does not show the activation. */
export function licenseOfActivation(id: string): Question<string | null> {
  return answered(LICENSE.one({ id }), (row) => row?.licenseId ?? null);
}

/** By license id. */
async function readOfLicenses(db: D1Database, ids: ReadonlySet<string>): Promise<ReadonlyMap<string, OfLicense>> {
  if (ids.size === 0) return new Map();
  const rows = await drizzle(db).all<OfLicense & { readonly id: string }>(
    sql`SELECT license.id, ${OF_LICENSE} FROM ${licenses} AS license
        WHERE license.id IN (SELECT value FROM json_each(${JSON.stringify([...ids])}))`,
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** The license was deleted between the two reads. */
const GONE: OfLicense = { userId: null, userEmail: null, licenseEnd: null, renewedMonths: 0, renewedSeconds: 0 };

function viewOf(row: typeof activations.$inferSelect, license: OfLicense): ActivationView {
  const { id, licenseId, productId, createdAt, contactAt, leaseExpiresAt } = row;
  return {
    ...{ id, licenseId, productId, createdAt, contactAt, leaseExpiresAt },
    ...shownIn(row.facts),
    ...told(row.ownClock, license),
  };
}

/** Of the row's `facts`, what is no fingerprint. */
export function shownIn(facts: string): ShownFacts & Pick<ActivationView, "email" | "overLimit"> {
  const { email, shown, overLimit } = JSON.parse(facts) as DeviceFacts;
  return { email, ...shown, overLimit: overLimit === true };
}
