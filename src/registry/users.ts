/**
 * Users in D1: whom licenses can be for (REF-1). Their e-mails are unique, whatever the case; a change of one writes
 * the job that carries it to the licenses (SNAP-1).
 */

import { and, eq, ne, sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { LeaseholdEvent } from "../domain/event.ts";
import type { Facet } from "../domain/facets.ts";
import type { MetadataItem } from "../domain/license.ts";
import { facetList, listsOther, removeListed, replaceListed, USER_FACETS, writeListed } from "./facets.ts";
import type { Wanted } from "./filter.ts";
import { find, mapped, type Found } from "./find.ts";
import { insertEvent } from "./outbox.ts";
import type { PageRequest } from "./page.ts";
import type { Kept } from "./replays.ts";
import { licenses, licenseUsers } from "./schema.ts";
import { userEmailJobs, users } from "./schema-catalogue.ts";
import { insertWhere, prepared } from "./statement.ts";
import { emailJobInsert } from "./user-email-jobs.ts";
import { userList } from "./user-fields.ts";

/** Instants in epoch ms. Texts are null when void. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly company: string | null;
  readonly metadata: readonly MetadataItem[];
  /** Ids; some of the tags may be gone. */
  readonly tags: readonly string[];
  /** Raised by every change of the e-mail (SNAP-1). */
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What is shown of a person where the license is what counts. */
export type UserNames = Pick<User, "firstName" | "lastName" | "company">;

/** First and last name, as far as there are any. */
export function fullName({ firstName, lastName }: Pick<User, "firstName" | "lastName">): string {
  return [firstName, lastName].filter((name) => name !== null && name !== "").join(" ");
}

export async function findUser(db: D1Database, id: string): Promise<User | null> {
  const row = await drizzle(db).select().from(users).where(eq(users.id, id)).get();
  return row === undefined ? null : userOf(row);
}

/** Whose e-mail it is, in any case. */
export async function findUserByEmail(db: D1Database, email: string): Promise<User | null> {
  const row = await drizzle(db).select().from(users).where(eq(users.emailLower, email.toLowerCase())).get();
  return row === undefined ? null : userOf(row);
}

/** Those of `ids` that there are, by id. At most what a JSON parameter holds. */
export async function findUsers(db: D1Database, ids: readonly string[]): Promise<ReadonlyMap<string, User>> {
  if (ids.length === 0) return new Map();
  const named = sql`${users.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  const rows = await drizzle(db).select().from(users).where(named);
  return new Map(rows.map((row) => [row.id, userOf(row)]));
}

export async function listUsers(
  db: D1Database,
  request: PageRequest<string>,
  wanted: Wanted,
  now: number,
): Promise<Found<User>> {
  return mapped(await find(db, userList, request, wanted, now), userOf);
}

/** The user, its facets and the event, or none of them: false where somebody has the e-mail already. */
export async function insertUser(
  db: D1Database,
  user: User,
  facets: readonly Facet[],
  event: LeaseholdEvent,
  kept: Kept = () => [],
): Promise<boolean> {
  const row = { ...rowOf(user), facets: facetList(facets) };
  const isThere = sql`EXISTS (SELECT 1 FROM ${users} WHERE ${eq(users.id, user.id)})`;
  const [inserted] = await db.batch([
    prepared(db, insertWhere(users, row, sql`NOT ${emailTaken(user)}`)),
    prepared(db, writeListed(USER_FACETS, user.id)),
    insertEvent(db, event, isThere),
    ...kept(isThere),
  ]);
  return inserted?.meta.changes === 1;
}

/** `facets` are those of `after`. Unless `updated`, nothing was written. `changed`: the user is no longer as `before` says. */
export async function updateUser(
  db: D1Database,
  before: User,
  after: User,
  facets: readonly Facet[],
  event: LeaseholdEvent,
): Promise<"updated" | "email-taken" | "changed"> {
  const unchanged = and(eq(users.id, before.id), eq(users.updatedAt, before.updatedAt));
  const allowed = sql`EXISTS (SELECT 1 FROM ${users} WHERE ${unchanged}) AND NOT ${emailTaken(after)}`;
  const list = facetList(facets);
  const { id: _, ...columns } = rowOf(after);
  const results = await db.batch<{ taken?: 0 | 1 }>([
    prepared(db, sql`SELECT ${emailTaken(after)} AS taken`),
    // First the event, the job and the facets: they look at the row that the update is about to change.
    insertEvent(db, event, allowed),
    ...(after.revision === before.revision ? [] : [emailJobInsert(db, after, allowed)]),
    ...replaceListed(USER_FACETS, before.id, list, sql`${allowed} AND ${listsOther(list)}`).map((change) =>
      prepared(db, change),
    ),
    prepared(
      db,
      drizzle(db)
        .update(users)
        .set(columns)
        .where(and(unchanged, sql`NOT ${emailTaken(after)}`)),
    ),
  ]);
  if (results[0]?.results[0]?.taken === 1) return "email-taken";
  return results.at(-1)?.meta.changes === 1 ? "updated" : "changed";
}

/**
 * Unless `deleted`, nothing was written. `changed`: the user is no longer as it was read, or gone. `in-use`: a license
 * refers to the user, or is about to (REF-1).
 */
export async function deleteUser(
  db: D1Database,
  { id, updatedAt }: Pick<User, "id" | "updatedAt">,
  event: LeaseholdEvent,
): Promise<"deleted" | "in-use" | "changed"> {
  const unchanged = sql`EXISTS (SELECT 1 FROM ${users} WHERE ${and(eq(users.id, id), eq(users.updatedAt, updatedAt))})`;
  const free = sql`${unchanged} AND NOT ${isReferredTo(id)}`;
  const results = await db.batch<{ unchanged?: 0 | 1 }>([
    prepared(db, sql`SELECT ${unchanged} AS unchanged`),
    insertEvent(db, event, free),
    prepared(db, sql`DELETE FROM ${userEmailJobs} WHERE user_id = ${id} AND ${free}`),
    prepared(db, removeListed(USER_FACETS, id, free)),
    prepared(db, sql`DELETE FROM ${users} WHERE ${eq(users.id, id)} AND ${free}`),
  ]);
  if (results.at(-1)?.meta.changes === 1) return "deleted";
  return results[0]?.results[0]?.unchanged === 1 ? "in-use" : "changed";
}

/** Licenses that refer to the user or are about to, by id from `after` on: at most `limit`. */
export async function licensesOfUser(
  db: D1Database,
  userId: string,
  after: string,
  limit: number,
): Promise<readonly string[]> {
  const rows = await drizzle(db).all<{ id: string }>(
    sql`SELECT id FROM ${licenses} WHERE user_id = ${userId} AND id > ${after}
        UNION SELECT license_id AS id FROM ${licenseUsers} WHERE user_id = ${userId} AND license_id > ${after}
        ORDER BY id LIMIT ${limit}`,
  );
  return rows.map(({ id }) => id);
}

function emailTaken({ id, email }: User): SQL {
  return sql`EXISTS (SELECT 1 FROM ${users} WHERE ${and(eq(users.emailLower, email.toLowerCase()), ne(users.id, id))})`;
}

function isReferredTo(id: string): SQL {
  return sql`(EXISTS (SELECT 1 FROM ${licenses} WHERE ${eq(licenses.userId, id)})
              OR EXISTS (SELECT 1 FROM ${licenseUsers} WHERE ${eq(licenseUsers.userId, id)}))`;
}

function rowOf(user: User): typeof users.$inferInsert {
  return { ...user, emailLower: user.email.toLowerCase() };
}

export function userOf(row: typeof users.$inferSelect): User {
  const { emailLower: _, facets: _facets, metadata, tags, ...rest } = row;
  return { ...rest, metadata: metadata as readonly MetadataItem[], tags: tags as readonly string[] };
}
