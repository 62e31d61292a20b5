/** What users are searched, filtered and sorted by (MGMT-1). */

import { sql, type SQL } from "drizzle-orm";
import { foldedEmail } from "../../domain/terms/email.ts";
import { wordValue } from "../../domain/terms/facets.ts";
import type { Findable } from "../find/condition.ts";
import { constant, foldedField, idField, inFolded, sortedField, tagField, type Field } from "../find/field.ts";
import { hasFolded, isAny, listed } from "../find/filter-test.ts";
import { licenses } from "../db/schema.ts";
import { tags, userFacets, users } from "../db/schema-catalogue.ts";
import {
  facetSeek,
  facetStartSeek,
  fewSeek,
  throughSeek,
  unorderedSeek,
  type FacetTable,
  type Seek,
} from "../find/seek.ts";
import { LICENSE_INDEX } from "../find/license-index.ts";
import { OF_USERS } from "./device-fields.ts";

export const USER_INDEX: FacetTable = {
  table: userFacets,
  facet: userFacets.facet,
  value: userFacets.value,
  createdAt: userFacets.createdAt,
  id: userFacets.userId,
  folded: users.folded,
};

/** EMAIL-1: whole addresses by their folded form, parts of them as given, in lower case. */
export const userEmail: Field = {
  type: "text",
  matches: (test) => {
    if (test.kind === "span") return false;
    if (test.kind === "any") return isAny(users.emailFolded, test.values.map(folded));
    return hasFolded(users.emailLower, test.where, test.texts.map(lower));
  },
  seek: (test) => {
    if (test.kind === "any") return fewSeek([...new Set(test.values.map(folded))], emailEntries);
    if (test.kind !== "text" || test.where !== "start") return null;
    const entries = sql`SELECT ${users.id} AS id, ${users.createdAt} AS at FROM json_each(${JSON.stringify(test.texts.map(lower))}) AS beginning
      CROSS JOIN ${users} INDEXED BY users_email_lower
      WHERE ${users.emailLower} >= beginning.value AND ${users.emailLower} < beginning.value || char(1114111)`;
    // Of two beginnings one may be the other's.
    return { ...unorderedSeek(entries), isSingle: false };
  },
};

export const userCompany = foldedField(USER_INDEX, "company", users.company);

/** First and last name as they are shown, as far as there are any. */
const name = sql`COALESCE(NULLIF(${users.firstName}, '') || ' ' || NULLIF(${users.lastName}, ''), NULLIF(${users.firstName}, ''), ${users.lastName})`;

/** Users that have a license of the product as its own. That none is of it only all licenses of a user could tell. */
const productId: Field = {
  type: "uuid",
  operators: ["eq", "in"],
  matches: (test) =>
    test.kind === "any" &&
    sql`EXISTS (SELECT 1 FROM ${licenses} INDEXED BY licenses_user WHERE ${licenses.userId} = ${users.id} AND ${licenses.productId} IN ${listed(test.values)})`,
  seek: (test) => {
    if (test.kind !== "any") return null;
    const found = facetSeek(LICENSE_INDEX, "product", test.values.map(String), { isExact: true, isSingle: true });
    return throughSeek(
      found,
      (hop) =>
        sql`SELECT ${licenses.userId} AS id, 0 AS at FROM ${hop} AS hop CROSS JOIN ${licenses} ON ${licenses.id} = hop.id WHERE ${licenses.userId} IS NOT NULL`,
    );
  },
};

/** JSON of the names of a user's tags, by id. */
export const NAMED_TAGS = {
  tagNames: sql<string>`(SELECT json_group_object(${tags.id}, ${tags.name})
    FROM json_each(${users.tags}) AS entry CROSS JOIN ${tags} ON ${tags.id} = entry.value)`,
} as const;

export const userList: Findable<typeof users, typeof NAMED_TAGS> = {
  table: users,
  beside: NAMED_TAGS,
  id: users.id,
  sorts: {
    createdAt: { column: users.createdAt, index: "users_created_at" },
    updatedAt: { column: users.updatedAt, index: "users_updated_at" },
  },
  fields: {
    id: idField(users, users.id, users.createdAt),
    createdAt: sortedField(users, users.id, users.createdAt, "users_created_at"),
    updatedAt: sortedField(users, users.id, users.updatedAt, "users_updated_at"),
    email: userEmail,
    name: foldedField(USER_INDEX, "name", name),
    company: userCompany,
    tag: tagField(USER_INDEX, sql`${users.tags}`, (entry) => entry),
    productId,
    // Users sign in elsewhere: they all have one role, and are not seen (src/http/management/catalogue/user-wire.ts).
    role: constant("text", "user"),
    userType: constant(["admin", "user"], "user"),
    lastSeenAt: constant("instant", null),
  },
  related: OF_USERS,
  metadata: { list: sql`${users.metadata}`, facets: USER_INDEX },
  word: (word) => ({ predicate: hasUserWord(word), seek: userWordSeek(word) }),
};

/** A word that begins like this one, on the user's row. */
export function hasUserWord(word: string): SQL {
  return inFolded(USER_INDEX, "word", (value) => hasFolded(value, "start", [wordValue(word)]));
}

export function userWordSeek(word: string): Seek {
  return facetStartSeek(USER_INDEX, "word", [wordValue(word)]);
}

function emailEntries(condition: SQL): SQL {
  return sql`SELECT ${users.id} AS id, ${users.createdAt} AS at FROM ${users} INDEXED BY users_email_folded WHERE ${users.emailFolded} ${condition}`;
}

function folded(value: unknown): string {
  return foldedEmail(String(value));
}

function lower(value: unknown): string {
  return String(value).toLowerCase();
}
