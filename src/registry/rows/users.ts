/**
 * Users in D1: whom licenses can be for (REF-1). Their e-mails are unique (EMAIL-1); a change of one writes
 * the job that carries it to the licenses (SNAP-1).
 */

import { and, eq, ne, sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { foldedEmail } from "../../domain/terms/email.ts";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import type { Facet } from "../../domain/terms/facets.ts";
import type { MetadataItem } from "../../domain/terms/license.ts";
import { facetList, listsOther, removeListed, replaceListed, USER_FACETS, writeListed } from "../find/facets.ts";
import type { Wanted } from "../find/filter.ts";
import { find, mapped, type Found } from "../find/find.ts";
import { removeRow, replaceRow, type Written } from "./optimistic-write.ts";
import { insertEvent } from "../events/outbox.ts";
import type { PageRequest } from "../find/page.ts";
import type { Kept } from "./idempotency-records.ts";
import { licenses, licenseUsers } from "../db/schema.ts";
import { userEmailJobs, users } from "../db/schema-catalogue.ts";
import { insertWhere, prepared } from "../db/statement.ts";
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

/** Whose e-mail it is (EMAIL-1). */
export async function findUserByEmail(db: D1Database, email: string): Promise<User | null> {
  const row = await drizzle(db)
    .select()
    .from(users)
    .where(eq(users.emailFolded, foldedEmail(email)))
    .get();
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

/** `facets` are those of `after`. `email-taken`: by another user. */
export async function updateUser(
  db: D1Database,
  before: User,
  after: User,
  facets: readonly Facet[],
  event: LeaseholdEvent,
): Promise<Written<"email-taken">> {
  const list = facetList(facets);
  const { id: _, ...columns } = rowOf(after);
  return await replaceRow(db, {
    table: users,
    before,
    columns,
    event,
    guard: { holds: sql`NOT ${emailTaken(after)}`, otherwise: "email-taken" },
    along: (allowed) => [
      ...(after.revision === before.revision ? [] : [emailJobInsert(after, allowed)]),
      ...replaceListed(USER_FACETS, before.id, list, sql`${allowed} AND ${listsOther(list)}`),
    ],
  });
}

/** `in-use`: a license refers to the user, or is about to (REF-1). */
export async function deleteUser(
  db: D1Database,
  before: Pick<User, "id" | "updatedAt">,
  event: LeaseholdEvent,
): Promise<Written<"in-use">> {
  return await removeRow(db, {
    table: users,
    before,
    event,
    guard: { holds: sql`NOT ${isReferredTo(before.id)}`, otherwise: "in-use" },
    along: (allowed) => [
      sql`DELETE FROM ${userEmailJobs} WHERE user_id = ${before.id} AND ${allowed}`,
      removeListed(USER_FACETS, before.id, allowed),
    ],
  });
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
  return sql`EXISTS (SELECT 1 FROM ${users} WHERE ${and(eq(users.emailFolded, foldedEmail(email)), ne(users.id, id))})`;
}

function isReferredTo(id: string): SQL {
  return sql`(EXISTS (SELECT 1 FROM ${licenses} WHERE ${eq(licenses.userId, id)})
              OR EXISTS (SELECT 1 FROM ${licenseUsers} WHERE ${eq(licenseUsers.userId, id)}))`;
}

function rowOf(user: User): typeof users.$inferInsert {
  return { ...user, emailFolded: foldedEmail(user.email), emailLower: user.email.toLowerCase() };
}

export function userOf(row: typeof users.$inferSelect): User {
  const { emailFolded: _folded, emailLower: _lower, facets: _facets, metadata, tags, ...rest } = row;
  return { ...rest, metadata: metadata as readonly MetadataItem[], tags: tags as readonly string[] };
}
