/** What activations are searched, filtered and sorted by in D1's copy (MGMT-1). */

import { sql, type SQL, type SQLWrapper } from "drizzle-orm";
import { hostValue } from "../../domain/terms/facets.ts";
import type { Findable } from "../find/condition.ts";
import { column, constant, idField, sortedField, type Field } from "../find/field.ts";
import { COUNTRY_CODE, LAST_SYNCED_AT, shownOf } from "./device-fields.ts";
import { licenseList, userWord } from "./license-fields.ts";
import { activations, licenses } from "../db/schema.ts";
import type { Test } from "../find/filter-test.ts";
import { orderedSeek, startSeek, throughSeek, type Seek } from "../find/seek.ts";

const licenseId: Field = {
  ...column("uuid", activations.licenseId),
  seek: seekIn("activations_license", activations.licenseId),
};

const productId: Field = {
  ...column("uuid", activations.productId),
  seek: seekIn("activations_product", activations.productId),
};

const device: Field = {
  ...column("digest", sql`NULLIF(lower(hex(${activations.device})), '')`, { nullable: true }),
  seek: seekIn("activations_device", activations.device, (value) => sql`unhex(${value})`),
};

const host: Field = {
  ...column("text", activations.host, { nullable: true }),
  seek: seekIn("activations_host", activations.host),
};

/** Whatever the case, by every operator: the column is in lower case, and so is what it is compared with. */
const hostname: Field = {
  ...host,
  matches: (test, now) => host.matches(inLowerCase(test), now),
  seek: (test, now) => {
    const asked = inLowerCase(test);
    return asked.kind === "text" && asked.where === "start"
      ? startSeek(activations.host, asked.texts, (begun, is) =>
          entries("activations_host", is, sql`${begun} CROSS JOIN`),
        )
      : (host.seek?.(asked, now) ?? null);
  },
};

function inLowerCase(test: Test): Test {
  if (test.kind === "any") return { ...test, values: test.values.map((value) => hostValue(String(value ?? ""))) };
  return test.kind === "text" ? { ...test, texts: test.texts.map((text) => text.toLowerCase()) } : test;
}

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

type Index = `activations_${"license" | "product" | "device" | "host"}`;

/** The entries of a value, which are in the order of creation. No index has the void. */
function seekIn(index: Index, operand: SQLWrapper, stored?: (value: SQL) => SQL): (test: Test) => Seek | null {
  return (test) => {
    if (test.kind !== "any" || test.values.includes(null)) return null;
    return orderedSeek("createdAt", test.values.map(String), (is) => entries(index, sql`${operand} ${is}`), stored);
  };
}

/** `before`: of the `FROM`, what the condition is about as well. */
function entries(index: Index, condition: SQL, before = sql``): SQL {
  return sql`SELECT ${activations.id} AS id, ${activations.createdAt} AS at FROM ${before} ${activations} INDEXED BY ${sql.raw(index)} WHERE ${condition}`;
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
    hostname,
    device,
    "location.countryCode": COUNTRY_CODE,
  },
  metadata: { list: sql`${activations.facts}, '$.shown.deviceMetadata'`, facets: null },
  // The words of the license's user. Not the license's: those of its key would spell it out.
  word: (word) => {
    const { predicate, seek } = userWord(word);
    return { predicate: ofMatchingLicense(predicate), seek: activationsOf(seek) };
  },
};
