/** Tables of products, templates, tags and users: src/registry/db/schema.ts tells what holds for all. */

import { sql } from "drizzle-orm";
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

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
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [
    index("products_license_template")
      .on(t.licenseTemplateId)
      .where(sql`license_template_id IS NOT NULL`),
  ],
);

/** TPL-1: a template's `members` are those that it was given, as JSON in the words of a creation; nothing else. */
export const licenseTemplates = sqliteTable("license_templates", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  members: text("members", { mode: "json" }).notNull(),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

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
