/**
 * The catalogue's tables in D1. Migrations only ever add (the old Worker serves while a new one is deployed).
 * Projection tables (`licenses` after birth, `activations`) have no foreign key and no unique index but their
 * primary keys: nothing in D1 may refuse what an object decided. Instants are epoch milliseconds.
 */

import { sql } from "drizzle-orm";
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { hexBytes } from "./uuid.ts";

/** CFG-1: who this deployment is. One row. */
export const deployment = sqliteTable("deployment", {
  one: integer("one").primaryKey(),
  id: text("id").notNull(),
  jurisdiction: text("jurisdiction").notNull(),
  locatorCheck: text("locator_check").notNull(),
  wrappingCheck: text("wrapping_check").notNull(),
  createdAt: integer("created_at").notNull(),
});

/** OBS-2: what is measured while the deployment runs, by name. `cron`: when its last run began (epoch ms). */
export const gauges = sqliteTable("gauges", {
  name: text("name").primaryKey(),
  value: integer("value").notNull(),
});

/**
 * Before birth (`fence` 0): the license itself. After: the object's projection.
 * `terms` is domain `Terms` as JSON, without what is at its default; the columns beside it are what lists sort and
 * filter by.
 */
export const licenses = sqliteTable(
  "licenses",
  {
    id: text("id").primaryKey(),
    key: text("key").notNull(),
    productId: text("product_id").notNull(),
    /** REF-1: whom the license is for. A user to whom a row refers is not deleted. */
    userId: text("user_id"),
    /** REF-1: the same of a maintenance policy. */
    maintenancePolicyId: text("maintenance_policy_id"),
    /** REF-1: the same of an entitlement set. */
    entitlementSetId: text("entitlement_set_id"),
    /** Order of projections, permission to give birth (0 = never projected), detection that D1 was set back (OPS-1). */
    fence: integer("fence").notNull().default(0),
    bornAt: integer("born_at"),
    revision: integer("revision").notNull(),
    terms: text("terms").notNull(),
    totalActivations: integer("total_activations").notNull().default(0),
    totalDeactivations: integer("total_deactivations").notNull().default(0),
    lastUsedAt: integer("last_used_at"),
    currentReleaseVersion: text("current_release_version"),
    meterUses: text("meter_uses"),
    /**
     * Events of the object that D1 or a webhook refused five times and that are out of the way
     * (0026-what-one-alarm-does.md); for health.
     */
    stuckEvents: integer("stuck_events").notNull().default(0),
    expiresAt: integer("expires_at"),
    /** EXP-6: what renewals added to the own clocks of its activations; 0 but for rolling. */
    renewedMonths: integer("renewed_months").notNull().default(0),
    renewedSeconds: integer("renewed_seconds").notNull().default(0),
    /** JSON list of pairs: facets of texts that SQL cannot fold. It makes the others of the row itself. */
    folded: text("folded").notNull().default("[]"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [
    index("licenses_created_at").on(t.createdAt, t.id),
    index("licenses_updated_at").on(t.updatedAt, t.id),
    index("licenses_expires_at").on(t.expiresAt, t.id),
    index("licenses_user")
      .on(t.userId, t.id)
      .where(sql`user_id IS NOT NULL`),
    index("licenses_user_created_at")
      .on(t.userId, t.createdAt, t.id)
      .where(sql`user_id IS NOT NULL`),
    index("licenses_maintenance_policy")
      .on(t.maintenancePolicyId)
      .where(sql`maintenance_policy_id IS NOT NULL`),
    index("licenses_entitlement_set_created_at")
      .on(t.entitlementSetId, t.createdAt, t.id)
      .where(sql`entitlement_set_id IS NOT NULL`),
    // Unborn licenses by the instant at which they have something to tell: the sweep of their ends
    // (src/registry/upkeep/unborn.ts).
    index("licenses_unborn_notice")
      .on(sql`expires_at - 1000 * COALESCE(terms ->> '$.expiringSoonEventOffset', 0)`)
      .where(sql`fence = 0 AND expires_at > updated_at`),
    index("licenses_stuck")
      .on(t.stuckEvents)
      .where(sql`stuck_events > 0`),
  ],
);

/**
 * MGMT-1: what licenses are found by (src/domain/terms/facets.ts), and the words of `search`, in order of the lists.
 * The primary key is the only index: which rows a license has here is computed from its own. WITHOUT ROWID.
 */
export const licenseFacets = sqliteTable(
  "license_facets",
  {
    /** A number of `FACETS`. */
    facet: integer("facet").notNull(),
    /** Text, number, or an id in 16 bytes, as the facet has it: the column turns none into another. */
    value: blob("value").notNull(),
    createdAt: integer("created_at").notNull(),
    /** The license's id in 16 bytes. */
    licenseId: blob("license_id").notNull(),
  },
  (t) => [primaryKey({ columns: [t.facet, t.value, t.createdAt, t.licenseId] })],
);

/** MGMT-4: answers of creations that only write D1, kept for 24 hours so that a repetition gets them again. */
export const idempotencyRecords = sqliteTable(
  "idempotency_records",
  {
    /** SHA-256 (hex) of principal, method, path and `Idempotency-Key`. */
    scope: text("scope").primaryKey(),
    /** SHA-256 (hex) of the body as canonical JSON. */
    bodyHash: text("body_hash").notNull(),
    /** base64url(iv || AES-256-GCM ciphertext of the answer's JSON) under the key that `wrappingKey` names. */
    answer: text("answer").notNull(),
    wrappingKey: text("wrapping_key").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [
    index("idempotency_records_created_at").on(t.createdAt),
    index("idempotency_records_wrapping").on(t.wrappingKey, t.scope),
  ],
);

/** REF-1: what a license is about to refer to, from the reservation to the next relay, whose row then says. */
export const licenseReferences = sqliteTable(
  "license_references",
  { licenseId: text("license_id").notNull(), targetId: text("target_id").notNull() },
  (t) => [primaryKey({ columns: [t.licenseId, t.targetId] }), index("license_references_target").on(t.targetId)],
);

/** KEY-2: keys that are taken, by a license or by a reservation. WITHOUT ROWID. */
export const licenseKeys = sqliteTable(
  "license_keys",
  { key: text("key").primaryKey(), licenseId: text("license_id").notNull() },
  (t) => [index("license_keys_license").on(t.licenseId)],
);

/** LIC-3: the vendor's own ids; taken for ever. */
export const externalReferences = sqliteTable("external_references", {
  reference: text("reference").primaryKey(),
  licenseId: text("license_id").notNull(),
});

/** DEL-1: ids of deleted licenses, so that a late or inserting batch cannot bring a row back. Kept 35 days. */
export const deletedLicenses = sqliteTable("deleted_licenses", {
  id: text("id").primaryKey(),
  deletedAt: integer("deleted_at").notNull(),
});

/** The objects' projection of activations. WITHOUT ROWID. */
export const activations = sqliteTable(
  "activations",
  {
    id: text("id").primaryKey(),
    licenseId: text("license_id").notNull(),
    productId: text("product_id").notNull(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    contactAt: integer("contact_at").notNull(),
    leaseExpiresAt: integer("lease_expires_at"),
    /** Domain `OwnClock` as JSON, never changed; null = it ends with its license, whose row says when. */
    ownClock: text("own_clock"),
    /** Domain `Activation.device`, never changed; null = no device is known by it. */
    device: hexBytes("device"),
    /** What the device calls itself, in lower case; null = it does not say. */
    host: text("host"),
    /** Domain `ToldFacts` as JSON. */
    facts: text("facts").notNull(),
  },
  (t) => [
    index("activations_license").on(t.licenseId, t.createdAt),
    index("activations_created_at").on(t.createdAt, t.id),
    index("activations_product").on(t.productId, t.createdAt, t.id),
    index("activations_device")
      .on(t.device, t.createdAt, t.id)
      .where(sql`device IS NOT NULL`),
    index("activations_host")
      .on(t.host, t.createdAt, t.id)
      .where(sql`host IS NOT NULL`),
  ],
);

/** MGMT-5: only a SHA-256 is stored. */
export const accessTokens = sqliteTable(
  "access_tokens",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    hash: text("hash").notNull(),
    /** JSON list. */
    scopes: text("scopes").notNull(),
    expiresAt: integer("expires_at"),
    revoked: integer("revoked", { mode: "boolean" }).notNull().default(false),
    /** The access token that minted it; null = a person or `ROOT_SECRET`. It may be gone. */
    mintedBy: text("minted_by"),
    lastUsedAt: integer("last_used_at"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [uniqueIndex("access_tokens_hash").on(t.hash), index("access_tokens_minted_by").on(t.mintedBy)],
);

/** MGMT-5: access tokens that were deleted, for as long as there are any that they minted, or that those did. */
export const goneAccessTokens = sqliteTable(
  "gone_access_tokens",
  {
    id: text("id").primaryKey(),
    mintedBy: text("minted_by").notNull(),
  },
  (t) => [index("gone_access_tokens_minted_by").on(t.mintedBy)],
);

const eventColumns = {
  id: text("id").notNull(),
  type: text("type").notNull(),
  at: integer("at").notNull(),
  /** The license's, or the resource's own id. */
  subjectId: text("subject_id").notNull(),
  /** Per license; 0 for the catalogue's events. */
  sequence: integer("sequence").notNull(),
  /** `Actor` as JSON. */
  actor: text("actor").notNull(),
  requestId: text("request_id").notNull(),
  /** JSON `{changes, data}`, redacted. */
  body: text("body").notNull(),
};

/** EVT-3: the redacted events of devices, customers and alarms, found by id through their types (page 76). */
export const eventLog = sqliteTable("event_log", eventColumns, (t) => [
  index("event_log_subject").on(t.subjectId, t.id),
  uniqueIndex("event_log_type").on(t.type, t.id),
]);

/** EVT-4: those of management, which nobody outside the vendor pushes out. */
export const managementLog = sqliteTable(
  "management_log",
  {
    ...eventColumns,
    /** The actor's id, or `root`. */
    actorId: text("actor_id").notNull(),
  },
  (t) => [
    index("management_log_subject").on(t.subjectId, t.id),
    uniqueIndex("management_log_type").on(t.type, t.id),
    index("management_log_actor").on(t.actorId, t.id),
  ],
);

/** EVT-3: events of creations and of the catalogue, whole, until they are handed over. WITHOUT ROWID. */
export const outbox = sqliteTable(
  "outbox",
  {
    id: text("id").primaryKey(),
    /** The whole event as JSON. */
    event: text("event").notNull(),
    /** Hand-overs of this event alone that failed; from the fifth on it is tried daily and health counts it. */
    tries: integer("tries").notNull().default(0),
    dueAt: integer("due_at").notNull().default(0),
  },
  (t) => [index("outbox_due").on(t.dueAt, t.id)],
);

/** HOOK-1 to HOOK-4: where events go. The webhook's object has its queue; this row has its configuration and health. */
export const webhooks = sqliteTable(
  "webhooks",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    url: text("url").notNull(),
    /**
     * base64url(iv || AES-256-GCM ciphertext of the JSON of domain `WebhookSecrets`) under the key that `wrappingKey`
     * names.
     */
    secrets: text("secrets").notNull(),
    wrappingKey: text("wrapping_key").notNull(),
    /** JSON list of event types and patterns: `license.created`, `license.*`, `*`. */
    events: text("events", { mode: "json" }).notNull(),
    format: text("format", { enum: ["json", "cloudevents"] }).notNull(),
    enabled: integer("enabled", { mode: "boolean" }).notNull(),
    /** What the webhook's object last found: it alone writes these two. */
    status: text("status", { enum: ["healthy", "unhealthy", "suspended"] }).notNull(),
    /** `failing`, `backlog-full`, `gone` (410); null while healthy. */
    statusReason: text("status_reason"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [index("webhooks_created_at").on(t.createdAt, t.id), index("webhooks_wrapping").on(t.wrappingKey, t.id)],
);
