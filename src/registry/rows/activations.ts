/** Activations as D1 shows them: the objects' projection (MGMT-2). The relay alone writes it. */

import { sql } from "drizzle-orm";
import type { ActivationView } from "../../domain/seats/activation-view.ts";
import { endByOwnClock, type OwnClock } from "../../domain/terms/expiry.ts";
import type { ToldFacts, ShownFacts } from "../../domain/license/device.ts";
import { activationList } from "./activation-fields.ts";
import type { Wanted } from "../find/filter.ts";
import { find, mapped, type Found } from "../find/find.ts";
import type { PageRequest } from "../find/page.ts";
import { answered, written, type Question } from "../db/question.ts";
import { activations } from "../db/schema.ts";

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
  const found = await find(db, activationList, request, wanted, now);
  return mapped(found, (row) => viewOf(row, row.license === null ? GONE : (JSON.parse(row.license) as OfLicense)));
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

/** The license is deleted, and its activations go yet. */
const GONE: OfLicense = { userId: null, userEmail: null, licenseEnd: null, renewedMonths: 0, renewedSeconds: 0 };

function viewOf(row: typeof activations.$inferSelect, license: OfLicense): ActivationView {
  const { id, licenseId, productId, createdAt, contactAt, leaseExpiresAt, device } = row;
  return {
    ...{ id, licenseId, productId, createdAt, contactAt, leaseExpiresAt, device },
    ...shownIn(row.facts),
    ...told(row.ownClock, license),
  };
}

/** Of the row's `facts`. */
export function shownIn(facts: string): ShownFacts & Pick<ActivationView, "email" | "overLimit" | "meterAttributes"> {
  const { email = null, shown, overLimit, meterAttributes = [] } = JSON.parse(facts) as ToldFacts;
  return { email, ...shown, overLimit: overLimit === true, meterAttributes };
}
