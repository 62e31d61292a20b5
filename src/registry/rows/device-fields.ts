/**
 * What D1's copy of an activation tells of its device, and how licenses and users are filtered by it (MGMT-1). Nothing
 * is written for these filters: they look at the activations of rows that something else has found.
 */

import { sql, type SQL } from "drizzle-orm";
import { activations, licenses } from "../db/schema.ts";
import type { Related } from "../find/condition.ts";
import { column } from "../find/field.ts";

/** A member of domain `ShownFacts`. */
export function shownOf(member: "appVersion" | "countryCode" | "os" | "releaseVersion"): SQL {
  return sql`(${activations.facts} ->> ${sql.raw(`'$.shown.${member}'`)})`;
}

export const COUNTRY_CODE = column("text", shownOf("countryCode"), { nullable: true });
/** LEASE-6: maybe a day behind. */
export const LAST_SYNCED_AT = column("instant", activations.contactAt);
/** As the resource shows it. */
const APP_VERSION = column("text", sql`COALESCE(${shownOf("appVersion")}, ${shownOf("releaseVersion")})`, {
  nullable: true,
});

export const OF_LICENSES: Related = {
  fields: { "activation.lastSyncedAt": LAST_SYNCED_AT, "activation.countryCode": COUNTRY_CODE },
  rows: (id) => sql`${activations} INDEXED BY activations_license WHERE ${activations.licenseId} = ${id}`,
  hops: [],
};

export const OF_USERS: Related = {
  fields: { "activation.appVersion": APP_VERSION },
  rows: (id) => sql`${licenses} INDEXED BY licenses_user
    CROSS JOIN ${activations} INDEXED BY activations_license ON ${activations.licenseId} = ${licenses.id}
    WHERE ${licenses.userId} = ${id}`,
  hops: [(id) => sql`${licenses} INDEXED BY licenses_user WHERE ${licenses.userId} = ${id}`],
};
