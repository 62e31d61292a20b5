/** What trials are searched, filtered and sorted by (MGMT-1). */

import { sql, type SQL } from "drizzle-orm";
import { trialActivations } from "../db/schema-catalogue.ts";
import type { Findable } from "../find/condition.ts";
import { clockField, column, idField, sortedField, type Field } from "../find/field.ts";
import { orderedSeek, unorderedSeek, type Seek } from "../find/seek.ts";
import { wordIn } from "../rows/catalogue-fields.ts";

const { id, productId, createdAt, updatedAt, expiresAt, facts } = trialActivations;

/** EXP-9. Every trial has an end. */
const expired = clockField(
  (now) => sql`${expiresAt} <= ${now}`,
  (now) => byEnd(sql`${expiresAt} <= ${now}`),
  (now) => byEnd(sql`${expiresAt} > ${now}`),
);

const ofProduct: Field = {
  ...column("uuid", productId),
  seek: (test) => {
    if (test.kind !== "any") return null;
    return orderedSeek(
      "createdAt",
      test.values.map(String),
      (condition) =>
        sql`SELECT ${id} AS id, ${createdAt} AS at FROM ${trialActivations} INDEXED BY trial_activations_product WHERE ${productId} ${condition}`,
    );
  },
};

export const trialList: Findable<typeof trialActivations> = {
  table: trialActivations,
  id,
  sorts: {
    createdAt: { column: createdAt, index: "trial_activations_created_at" },
    expiresAt: { column: expiresAt, index: "trial_activations_expires_at" },
  },
  fields: {
    id: idField(trialActivations, id, createdAt),
    productId: ofProduct,
    expired,
    expiresAt: sortedField(trialActivations, id, expiresAt, "trial_activations_expires_at"),
    createdAt: sortedField(trialActivations, id, createdAt, "trial_activations_created_at"),
    updatedAt: column("instant", updatedAt),
    os: column("text", said("os"), { nullable: true }),
    "location.countryCode": column("text", said("countryCode"), { nullable: true }),
  },
  metadata: { list: sql`${facts}, '$.deviceMetadata'`, facets: null },
  word: wordIn(
    ...(["os", "osVersion", "hostname", "appVersion", "releaseVersion"] as const).map(
      (member) => sql`COALESCE(${said(member)}, '')`,
    ),
  ),
};

function said(member: "os" | "osVersion" | "hostname" | "appVersion" | "releaseVersion" | "countryCode"): SQL {
  return sql`(${facts} ->> ${sql.raw(`'$.${member}'`)})`;
}

function byEnd(condition: SQL): Seek {
  const any = sql`SELECT ${id} AS id, ${expiresAt} AS at FROM ${trialActivations} INDEXED BY trial_activations_expires_at WHERE ${condition}`;
  return { ...unorderedSeek(any, true), each: [any], sort: "expiresAt" };
}
