/**
 * Tables of products and their keys, templates, maintenance policies, features, trials, tags and users:
 * src/registry/db/schema.ts tells what holds for all.
 */

import { sql } from "drizzle-orm";
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { SetEntitlement } from "../../domain/terms/license.ts";

/** PROD-1. */
export const products = sqliteTable(
  "products",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    displayName: text("display_name").notNull(),
    description: text("description").notNull(),
    legalNotice: text("legal_notice").notNull(),
    copyright: text("copyright").notNull(),
    providerUrl: text("provider_url").notNull(),
    providerEmail: text("provider_email").notNull(),
    tokenAlgorithm: text("token_algorithm", { enum: ["ES256", "Ed25519", "RS256"] }).notNull(),
    metadata: text("metadata", { mode: "json" }).notNull(),
    /** TPL-1: gives defaults to the product's new licenses. */
    licenseTemplateId: text("license_template_id"),
    /** TRIAL-1: null = it has no trial. */
    trialPolicyId: text("trial_policy_id"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [
    index("products_license_template")
      .on(t.licenseTemplateId)
      .where(sql`license_template_id IS NOT NULL`),
    index("products_trial_policy")
      .on(t.trialPolicyId)
      .where(sql`trial_policy_id IS NOT NULL`),
  ],
);

/** TOK-4: private keys under the wrapping key that `wrapping_key` names. */
export const signingKeys = sqliteTable(
  "signing_keys",
  {
    kid: text("kid").primaryKey(),
    productId: text("product_id").notNull(),
    algorithm: text("algorithm", { enum: ["ES256", "Ed25519", "RS256"] }).notNull(),
    /** `active` signs; `published` is in the JWKS only; `retired` still verifies; `compromised` is out. */
    status: text("status", { enum: ["published", "active", "retired", "compromised"] }).notNull(),
    /** Public JWK as JSON. */
    publicJwk: text("public_jwk").notNull(),
    /** base64url(iv || AES-256-GCM ciphertext of the PKCS#8 DER). */
    privateKey: text("private_key").notNull(),
    wrappingKey: text("wrapping_key").notNull(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [index("signing_keys_product").on(t.productId), index("signing_keys_wrapping").on(t.wrappingKey, t.kid)],
);

/** TPL-1: a template's `members` are those that it was given, as JSON in the words of a creation; nothing else. */
export const licenseTemplates = sqliteTable("license_templates", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  members: text("members", { mode: "json" }).notNull(),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

/** SNAP-1: a license copies what its policy says. Without a period it is for life. */
export const maintenancePolicies = sqliteTable("maintenance_policies", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  /** Seconds; 0 where there is an interval, or no end. */
  validity: integer("validity").notNull(),
  /** ISO 8601 as it was given, with its months and seconds, as JSON; null = none. */
  subscriptionInterval: text("subscription_interval", { mode: "json" }),
  expirationStrategy: text("expiration_strategy", { enum: ["immediate", "delayed"] }).notNull(),
  allowMajorVersionUpdates: integer("allow_major_version_updates", { mode: "boolean" }).notNull(),
  allowMinorVersionUpdates: integer("allow_minor_version_updates", { mode: "boolean" }).notNull(),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

/** What products can do, by the names that apps ask for. */
export const features = sqliteTable(
  "features",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    displayName: text("display_name").notNull(),
    description: text("description"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [uniqueIndex("features_name").on(t.name)],
);

/** SNAP-1: licenses keep the id of theirs, and what it gives is read when a token is made. */
export const entitlementSets = sqliteTable(
  "entitlement_sets",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    displayName: text("display_name").notNull(),
    tier: integer("tier").notNull(),
    /** Names of features, each with its value or null, in order: domain `SetEntitlement`. */
    featureEntitlements: text("feature_entitlements", { mode: "json" }).$type<readonly SetEntitlement[]>().notNull(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [uniqueIndex("entitlement_sets_name").on(t.name)],
);

/** TRIAL-1: how long trials of products are, and where they run, in the words of a license. */
export const trialPolicies = sqliteTable("trial_policies", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  trialLengthSeconds: integer("trial_length_seconds").notNull(),
  allowVmActivation: integer("allow_vm_activation", { mode: "boolean" }).notNull(),
  allowContainerActivation: integer("allow_container_activation", { mode: "boolean" }).notNull(),
  userLocked: integer("user_locked", { mode: "boolean" }).notNull(),
  disableGeoLocation: integer("disable_geo_location", { mode: "boolean" }).notNull(),
  allowedCountries: text("allowed_countries", { mode: "json" }).$type<readonly string[]>().notNull(),
  disallowedCountries: text("disallowed_countries", { mode: "json" }).$type<readonly string[]>().notNull(),
  allowedIpAddresses: text("allowed_ip_addresses", { mode: "json" }).$type<readonly string[]>().notNull(),
  disallowedIpAddresses: text("disallowed_ip_addresses", { mode: "json" }).$type<readonly string[]>().notNull(),
  allowedIpRanges: text("allowed_ip_ranges", { mode: "json" }).$type<readonly string[]>().notNull(),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

/** TRIAL-1: the trial that a device has, or had, of a product. No fingerprint is in it. */
export const trialActivations = sqliteTable(
  "trial_activations",
  {
    id: text("id").primaryKey(),
    productId: text("product_id").notNull(),
    /** Keyed digest of product and fingerprint (src/tokens/device-digest.ts). */
    device: text("device").notNull(),
    /** The same with the OS user's hash, where the policy said so when it began; else "". */
    osUser: text("os_user").notNull(),
    expiresAt: integer("expires_at").notNull(),
    /** What the device said when it began: domain `ShownFacts` as JSON. */
    facts: text("facts").notNull(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [
    uniqueIndex("trial_activations_device").on(t.productId, t.device, t.osUser),
    index("trial_activations_product").on(t.productId, t.createdAt, t.id),
    index("trial_activations_created_at").on(t.createdAt, t.id),
    index("trial_activations_expires_at").on(t.expiresAt, t.id),
  ],
);

/** TRIAL-1: whose trial was deleted has had it all the same. As long as the product is there. WITHOUT ROWID. */
export const goneTrials = sqliteTable(
  "gone_trials",
  { productId: text("product_id").notNull(), device: text("device").notNull(), osUser: text("os_user").notNull() },
  (t) => [primaryKey({ columns: [t.productId, t.device, t.osUser] })],
);

/** REF-1: licenses and users keep the ids; names are resolved when read. */
export const tags = sqliteTable(
  "tags",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    description: text("description"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [uniqueIndex("tags_name").on(t.name)],
);

/** Persons a license can be for. They sign in elsewhere: there is no password here (MGMT-6). */
export const users = sqliteTable(
  "users",
  {
    id: text("id").primaryKey(),
    /** As it was given. */
    email: text("email").notNull(),
    /** EMAIL-1: what is unique and looked up. */
    emailFolded: text("email_folded").notNull(),
    /** As it was given, in lower case: what parts of an address are looked for in. */
    emailLower: text("email_lower").notNull(),
    firstName: text("first_name"),
    lastName: text("last_name"),
    company: text("company"),
    metadata: text("metadata", { mode: "json" }).notNull(),
    /** Ids of tags as a JSON list. */
    tags: text("tags", { mode: "json" }).notNull().default([]),
    /** The same as in `licenses`. */
    folded: text("folded").notNull().default("[]"),
    /**
     * Raised by every change of the e-mail, never lower than its instant: also a D1 that was set back goes on above
     * (SNAP-1).
     */
    revision: integer("revision").notNull(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [
    uniqueIndex("users_email_folded").on(t.emailFolded),
    index("users_email_lower").on(t.emailLower),
    index("users_created_at").on(t.createdAt, t.id),
    index("users_updated_at").on(t.updatedAt, t.id),
  ],
);

/** SNAP-1: changes of e-mails on their way to the objects of the users' licenses, one at most per user. */
export const userEmailJobs = sqliteTable(
  "user_email_jobs",
  {
    userId: text("user_id").primaryKey(),
    /** The user's, when it was written: an older run leaves a newer job alone. */
    revision: integer("revision").notNull(),
    /** The last license that this pass has come by; "" = a pass begins. */
    cursor: text("cursor").notNull(),
    /** Licenses that this pass could not bring up to date: there will be another. */
    missed: integer("missed").notNull(),
    /** Passes that missed some. */
    attempts: integer("attempts").notNull(),
    dueAt: integer("due_at").notNull(),
  },
  (t) => [index("user_email_jobs_due").on(t.dueAt)],
);

/** The same of users. */
export const userFacets = sqliteTable(
  "user_facets",
  {
    facet: integer("facet").notNull(),
    value: blob("value").notNull(),
    createdAt: integer("created_at").notNull(),
    userId: blob("user_id").notNull(),
  },
  (t) => [primaryKey({ columns: [t.facet, t.value, t.createdAt, t.userId] })],
);

/** Events by hour of UTC and type. WITHOUT ROWID. Hours of old are one with the first of their day. */
export const eventHours = sqliteTable(
  "event_hours",
  {
    /** Since 1970. */
    hour: integer("hour").notNull(),
    type: text("type").notNull(),
    n: integer("n").notNull(),
  },
  (t) => [primaryKey({ columns: [t.hour, t.type] })],
);

/** The same of refusals, by the code of their problem. WITHOUT ROWID. */
export const refusalHours = sqliteTable(
  "refusal_hours",
  { hour: integer("hour").notNull(), code: text("code").notNull(), n: integer("n").notNull() },
  (t) => [primaryKey({ columns: [t.hour, t.code] })],
);

/** What is too many to be counted while somebody waits, counted in steps. */
export const tallies = sqliteTable("tallies", {
  name: text("name").primaryKey(),
  /** JSON: the numbers that the last whole count found. */
  counted: text("counted").notNull(),
  /** When it began (epoch ms); 0 = there was none yet. */
  countedAt: integer("counted_at").notNull(),
  /** JSON of the count under way: where it is, what it found, when it began; null = none is. */
  walk: text("walk"),
});
