/**
 * What products, license templates, features, entitlement sets, policies of both kinds, tags, access tokens and
 * webhooks are searched, filtered and sorted by (MGMT-1). Their tables are small: filters have no index, and beyond
 * 10,000 rows they are refused. `search` looks for beginnings of words after a space.
 */

import { or, sql, type SQL, type SQLWrapper } from "drizzle-orm";
import type { Condition, Findable } from "../find/condition.ts";
import { column, idField, type Field } from "../find/field.ts";
import { matches } from "../find/filter-test.ts";
import { accessTokens, webhooks } from "../db/schema.ts";
import {
  entitlementSets,
  features,
  licenseTemplates,
  maintenancePolicies,
  products,
  tags,
  trialPolicies,
} from "../db/schema-catalogue.ts";

export const productList: Findable<typeof products> = {
  table: products,
  id: products.id,
  sorts: {
    createdAt: { column: products.createdAt },
    updatedAt: { column: products.updatedAt },
    name: { column: products.name },
  },
  fields: {
    id: idField(products, products.id, products.createdAt),
    name: column("text", products.name),
    displayName: column("text", products.displayName),
    createdAt: column("instant", products.createdAt),
    updatedAt: column("instant", products.updatedAt),
  },
  metadata: { list: sql`${products.metadata}`, facets: null },
  word: wordIn(products.name, products.displayName, products.description),
};

export const templateList: Findable<typeof licenseTemplates> = {
  table: licenseTemplates,
  id: licenseTemplates.id,
  sorts: {
    createdAt: { column: licenseTemplates.createdAt },
    updatedAt: { column: licenseTemplates.updatedAt },
    name: { column: licenseTemplates.name },
  },
  fields: {
    id: idField(licenseTemplates, licenseTemplates.id, licenseTemplates.createdAt),
    name: column("text", licenseTemplates.name),
    createdAt: column("instant", licenseTemplates.createdAt),
    updatedAt: column("instant", licenseTemplates.updatedAt),
  },
  word: wordIn(licenseTemplates.name),
};

export const trialPolicyList: Findable<typeof trialPolicies> = {
  table: trialPolicies,
  id: trialPolicies.id,
  sorts: {
    createdAt: { column: trialPolicies.createdAt },
    updatedAt: { column: trialPolicies.updatedAt },
    name: { column: trialPolicies.name },
  },
  fields: {
    id: idField(trialPolicies, trialPolicies.id, trialPolicies.createdAt),
    name: column("text", trialPolicies.name),
    createdAt: column("instant", trialPolicies.createdAt),
    updatedAt: column("instant", trialPolicies.updatedAt),
  },
  word: wordIn(trialPolicies.name),
};

export const maintenancePolicyList: Findable<typeof maintenancePolicies> = {
  table: maintenancePolicies,
  id: maintenancePolicies.id,
  sorts: {
    createdAt: { column: maintenancePolicies.createdAt },
    updatedAt: { column: maintenancePolicies.updatedAt },
    name: { column: maintenancePolicies.name },
  },
  fields: {
    id: idField(maintenancePolicies, maintenancePolicies.id, maintenancePolicies.createdAt),
    name: column("text", maintenancePolicies.name),
    createdAt: column("instant", maintenancePolicies.createdAt),
    updatedAt: column("instant", maintenancePolicies.updatedAt),
  },
  word: wordIn(maintenancePolicies.name),
};

export const featureList: Findable<typeof features> = {
  table: features,
  id: features.id,
  sorts: {
    createdAt: { column: features.createdAt },
    updatedAt: { column: features.updatedAt },
    name: { column: features.name },
  },
  fields: {
    id: idField(features, features.id, features.createdAt),
    name: column("text", features.name),
    displayName: column("text", features.displayName),
    createdAt: column("instant", features.createdAt),
    updatedAt: column("instant", features.updatedAt),
  },
  word: wordIn(features.name, features.displayName, features.description),
};

/** A set is found by each feature that it gives. */
const featureName: Field = {
  type: "text",
  matches: (test) => sql`EXISTS (SELECT 1 FROM json_each(${entitlementSets.featureEntitlements}) AS given
    WHERE ${matches(sql`(given.value ->> '$.featureName')`, test)})`,
};

export const entitlementSetList: Findable<typeof entitlementSets> = {
  table: entitlementSets,
  id: entitlementSets.id,
  sorts: {
    createdAt: { column: entitlementSets.createdAt },
    updatedAt: { column: entitlementSets.updatedAt },
    name: { column: entitlementSets.name },
    tier: { column: entitlementSets.tier },
  },
  fields: {
    id: idField(entitlementSets, entitlementSets.id, entitlementSets.createdAt),
    name: column("text", entitlementSets.name),
    displayName: column("text", entitlementSets.displayName),
    tier: column("number", entitlementSets.tier),
    featureName,
    createdAt: column("instant", entitlementSets.createdAt),
    updatedAt: column("instant", entitlementSets.updatedAt),
  },
  word: wordIn(entitlementSets.name, entitlementSets.displayName),
};

export const tagList: Findable<typeof tags> = {
  table: tags,
  id: tags.id,
  sorts: {
    createdAt: { column: tags.createdAt },
    updatedAt: { column: tags.updatedAt },
    name: { column: tags.name },
  },
  fields: {
    id: idField(tags, tags.id, tags.createdAt),
    name: column("text", tags.name),
    description: column("text", tags.description, { nullable: true }),
    createdAt: column("instant", tags.createdAt),
    updatedAt: column("instant", tags.updatedAt),
  },
  word: wordIn(tags.name, tags.description),
};

export const accessTokenList: Findable<typeof accessTokens> = {
  table: accessTokens,
  id: accessTokens.id,
  sorts: {
    createdAt: { column: accessTokens.createdAt },
    updatedAt: { column: accessTokens.updatedAt },
    name: { column: accessTokens.name },
  },
  fields: {
    id: idField(accessTokens, accessTokens.id, accessTokens.createdAt),
    name: column("text", accessTokens.name),
    revoked: column("boolean", accessTokens.revoked),
    expiresAt: column("instant", accessTokens.expiresAt, { nullable: true }),
    lastUsedAt: column("instant", accessTokens.lastUsedAt, { nullable: true }),
    createdAt: column("instant", accessTokens.createdAt),
    updatedAt: column("instant", accessTokens.updatedAt),
  },
  word: wordIn(accessTokens.name),
};

/** A webhook that is sent all license events is sent each: patterns count for the types that they cover. */
const events: Field = {
  type: "text",
  matches: (test) => {
    const covers =
      test.kind === "any"
        ? sql`EXISTS (SELECT 1 FROM json_each(${JSON.stringify(test.values)}) AS wanted WHERE wanted.value = event.value
            OR event.value = '*' OR (substr(event.value, -2) = '.*' AND substr(wanted.value, 1, length(event.value) - 1) = substr(event.value, 1, length(event.value) - 1)))`
        : matches(sql`event.value`, test);
    return sql`EXISTS (SELECT 1 FROM json_each(${webhooks.events}) AS event WHERE ${covers})`;
  },
};

export const webhookList: Findable<typeof webhooks> = {
  table: webhooks,
  id: webhooks.id,
  sorts: { createdAt: { column: webhooks.createdAt, index: "webhooks_created_at" } },
  fields: {
    id: idField(webhooks, webhooks.id, webhooks.createdAt),
    name: column("text", webhooks.name),
    url: column("text", webhooks.url),
    enabled: column("boolean", webhooks.enabled),
    status: column(["healthy", "unhealthy", "suspended"], webhooks.status),
    events,
    createdAt: column("instant", webhooks.createdAt),
    updatedAt: column("instant", webhooks.updatedAt),
  },
  word: wordIn(webhooks.name),
};

/** A word begins where a text does, and after each space. */
export function wordIn(...texts: readonly SQLWrapper[]): (word: string) => Pick<Condition, "predicate" | "seek"> {
  return (word) => ({ predicate: or(...texts.map((text) => hasWord(text, word))) ?? false, seek: null });
}

function hasWord(text: SQLWrapper, word: string): SQL {
  return sql`instr(' ' || lower(${text}), ' ' || ${word}) > 0`;
}
