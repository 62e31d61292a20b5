/** How licenses are filtered by their end (MGMT-1). D1 has the license's own end: under `rolling` there is none. */

import { sql, type SQL } from "drizzle-orm";
import { STRATEGY_OF } from "../../domain/terms/settings.ts";
import { clockField, column, facetField, sortedField, type Field } from "../find/field.ts";
import type { FilterValue } from "../find/filter.ts";
import { LICENSE_INDEX } from "../find/license-index.ts";
import { licenses } from "../db/schema.ts";
import { perpetualIn, settingIn, statesWith } from "./license-states.ts";
import { unorderedSeek, type Seek } from "../find/seek.ts";

const end = licenses.expiresAt;

/** EXP-9. */
const expired = clockField(
  (now) => sql`${end} <= ${now}`,
  (now) => ({ ...byEnd(sql`${end} <= ${now}`), isExact: true }),
  (now) => unorderedSeek(sql`${entries(sql`${end} IS NULL`)} UNION ALL ${entries(sql`${end} > ${now}`)}`),
);

/** From `expiringSoonEventOffset` seconds before the end, the instant of the event, up to the end. */
const expiringSoon = clockField(
  (now) =>
    sql`(${end} > ${now} AND ${end} - 1000 * COALESCE(${licenses.terms} ->> '$.expiringSoonEventOffset', 0) <= ${now})`,
  (now) => byEnd(sql`${end} > ${now}`),
  () => unorderedSeek(sql`SELECT ${licenses.id} AS id, 0 AS at FROM ${licenses} INDEXED BY licenses_created_at`),
);

const terms = sql`${licenses.terms}`;
const strategy = settingIn(terms, "expirationStrategy");

export const EXPIRY_FIELDS: Readonly<Record<string, Field>> = {
  expiresAt: sortedField(licenses, licenses.id, end, "licenses_expires_at"),
  expired,
  expiringSoon,
  maintenanceExpiresAt: column("instant", sql`(${licenses.terms} ->> '$.maintenance.expiresAt')`, { nullable: true }),
  perpetual: facetField("boolean", LICENSE_INDEX, "state", perpetualIn(terms), {
    said: (values) => statesWith("state", "perpetual", values),
  }),
  subscriptionInterval: column("text", sql`(${licenses.terms} ->> '$.subscriptionInterval')`, { nullable: true }),
  subscriptionStartTrigger: facetField(Object.keys(STRATEGY_OF), LICENSE_INDEX, "model", strategy, {
    nullable: true,
    said: (values) => statesWith("model", "expirationStrategy", values),
    stored: (trigger: FilterValue) => (trigger === null ? "rolling" : Reflect.get(STRATEGY_OF, String(trigger))),
  }),
};

function byEnd(condition: SQL): Seek {
  const any = entries(condition);
  return { ...unorderedSeek(any), each: [any], sort: "expiresAt", isSingle: true };
}

function entries(condition: SQL): SQL {
  return sql`SELECT ${licenses.id} AS id, ${end} AS at FROM ${licenses} INDEXED BY licenses_expires_at WHERE ${condition}`;
}
