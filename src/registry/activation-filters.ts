/** What activations are found by (facts 3.3), each filter as SQL over a row of D1's copy. What is out of scope matches nothing. */

import { and, inArray, sql, type SQL } from "drizzle-orm";
import { activations } from "./schema.ts";

/** Filters by member, as they were asked for: any of the values; instants from the first, included, to the second. */
export interface ActivationFilter {
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly spans: Readonly<Record<string, { readonly from: number | null; readonly below: number | null }>>;
}

type AnyOf = (values: readonly string[]) => SQL;

const NOTHING: AnyOf = () => sql`0`;

/** Each leads to an index, or matches nothing. */
export const SOUGHT_ACTIVATIONS = {
  id: (ids) => inArray(activations.id, lowered(ids)),
  licenseId: (ids) => inArray(activations.licenseId, lowered(ids)),
  productId: (ids) => inArray(activations.productId, lowered(ids)),
  /** Normalised keys (KEY-1). */
  "license.key": (keys) =>
    ofLicenses(sql`SELECT license_keys.license_id FROM license_keys
    JOIN licenses ON licenses.id = license_keys.license_id AND licenses.key = license_keys.key
    WHERE license_keys.key IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`),
  userId: (ids) =>
    ofLicenses(sql`SELECT id FROM licenses
    WHERE user_id IN (SELECT value FROM json_each(${JSON.stringify(lowered(ids))}))`),
  organizationId: NOTHING,
  os: NOTHING,
  "location.countryCode": NOTHING,
  "metadata.key": NOTHING,
  "metadata.value": NOTHING,
} as const satisfies Readonly<Record<string, AnyOf>>;

/** These only narrow what another one has found. */
export const WALKED_ACTIVATIONS = {
  releaseVersion: (versions) => sql`${activations.facts} ->> '$.targetSoftwareVersion' IN ${versions}`,
} as const satisfies Readonly<Record<string, AnyOf>>;

const VALUES: Readonly<Record<string, AnyOf>> = { ...SOUGHT_ACTIVATIONS, ...WALKED_ACTIVATIONS };

/** `createdAt` leads an index; the others only narrow. */
export const ACTIVATION_INSTANTS = {
  createdAt: activations.createdAt,
  updatedAt: activations.updatedAt,
  lastSyncedAt: activations.contactAt,
} as const;

/** Undefined = all. Members that are not here are ignored: whoever asks has refused them. */
export function activationsMatching({ values, spans }: ActivationFilter): SQL | undefined {
  return and(
    ...Object.entries(values).map(([member, any]) => VALUES[member]?.(any)),
    ...Object.entries(ACTIVATION_INSTANTS).flatMap(([member, column]) => {
      const { from = null, below = null } = spans[member] ?? {};
      return [
        from === null ? undefined : sql`${column} >= ${from}`,
        below === null ? undefined : sql`${column} < ${below}`,
      ];
    }),
  );
}

function ofLicenses(ids: SQL): SQL {
  return sql`${activations.licenseId} IN (${ids})`;
}

function lowered(ids: readonly string[]): string[] {
  return ids.map((id) => id.toLowerCase());
}
