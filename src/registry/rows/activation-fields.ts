/** What activations are searched, filtered and sorted by in D1's copy (MGMT-1). */

import { sql, type SQL } from "drizzle-orm";
import type { Findable } from "../find/condition.ts";
import { column, constant, idField, sortedField, type Field } from "../find/field.ts";
import { COUNTRY_CODE, LAST_SYNCED_AT, shownOf } from "./device-fields.ts";
import { licenseList, userWord } from "./license-fields.ts";
import { activations, licenses } from "../db/schema.ts";
import { orderedSeek, throughSeek, type Seek } from "../find/seek.ts";

const licenseId: Field = {
  ...column("uuid", activations.licenseId),
  seek: (test) => (test.kind === "any" ? orderedSeek("createdAt", test.values.map(String), ofLicense) : null),
};

const productId: Field = {
  ...column("uuid", activations.productId),
  seek: (test) => {
    if (test.kind !== "any") return null;
    return orderedSeek("createdAt", test.values.map(String), (condition) =>
      entries("activations_product", sql`${activations.productId} ${condition}`),
    );
  },
};

/** What the activation's license fulfils. */
function throughLicense(field: Field | undefined): Field {
  if (field === undefined) throw new Error("licenses are not filtered by this");
  return {
    ...field,
    matches: (test, now) => {
      const predicate = field.matches(test, now);
      return typeof predicate === "boolean" ? predicate : ofMatchingLicense(predicate);
    },
    seek: (test, now) => activationsOf(field.seek?.(test, now) ?? null),
  };
}

function ofMatchingLicense(predicate: SQL): SQL {
  return sql`EXISTS (SELECT 1 FROM ${licenses} WHERE ${licenses.id} = ${activations.licenseId} AND ${predicate})`;
}

function activationsOf(seekOfLicenses: Seek | null): Seek | null {
  if (seekOfLicenses === null) return null;
  return throughSeek(
    seekOfLicenses,
    (hop) =>
      sql`SELECT ${activations.id} AS id, ${activations.createdAt} AS at FROM ${hop} AS hop
        CROSS JOIN ${activations} INDEXED BY activations_license ON ${activations.licenseId} = hop.id`,
  );
}

function ofLicense(condition: SQL): SQL {
  return entries("activations_license", sql`${activations.licenseId} ${condition}`);
}

function entries(index: "activations_license" | "activations_product", condition: SQL): SQL {
  return sql`SELECT ${activations.id} AS id, ${activations.createdAt} AS at FROM ${activations} INDEXED BY ${sql.raw(index)} WHERE ${condition}`;
}

/** As a whole only: who may read activations alone must not spell a key out, beginning by beginning. */
const licenseKey: Field = { ...throughLicense(licenseList.fields["key"]), operators: ["eq", "in"] };

/** JSON of what an activation's license tells of it (src/registry/rows/activations.ts); null = it is gone. */
const OF_ITS_LICENSE = {
  license: sql<string | null>`(SELECT json_object('userId', ${licenses.userId},
      'userEmail', CASE WHEN ${licenses.userId} IS NULL THEN NULL ELSE ${licenses.terms} ->> '$.user.email' END,
      'licenseEnd', ${licenses.expiresAt}, 'renewedMonths', ${licenses.renewedMonths},
      'renewedSeconds', ${licenses.renewedSeconds})
    FROM ${licenses} WHERE ${licenses.id} = ${activations.licenseId})`,
} as const;

export const activationList: Findable<typeof activations, typeof OF_ITS_LICENSE> = {
  table: activations,
  beside: OF_ITS_LICENSE,
  id: activations.id,
  sorts: { createdAt: { column: activations.createdAt, index: "activations_created_at" } },
  fields: {
    id: idField(activations, activations.id, activations.createdAt),
    licenseId,
    productId,
    createdAt: sortedField(activations, activations.id, activations.createdAt, "activations_created_at"),
    updatedAt: column("instant", activations.updatedAt),
    lastSyncedAt: LAST_SYNCED_AT,
    "license.key": licenseKey,
    userId: throughLicense(licenseList.fields["userId"]),
    releaseVersion: column("text", shownOf("releaseVersion"), { nullable: true }),
    organizationId: constant("text", null),
    os: column("text", shownOf("os"), { nullable: true }),
    "location.countryCode": COUNTRY_CODE,
  },
  metadata: { list: sql`${activations.facts}, '$.shown.deviceMetadata'`, facets: null },
  // The words of the license's user. Not the license's: those of its key would spell it out.
  word: (word) => {
    const { predicate, seek } = userWord(word);
    return { predicate: ofMatchingLicense(predicate), seek: activationsOf(seek) };
  },
};
