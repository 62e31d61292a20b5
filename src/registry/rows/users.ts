/**
 * Users in D1: whom licenses can be for (REF-1). Their e-mails are unique (EMAIL-1); a change of one writes
 * the job that carries it to the licenses (SNAP-1).
 */

import { and, eq, getTableColumns, ne, sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { foldedEmail } from "../../domain/terms/email.ts";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import { foldedList, userWords } from "../../domain/terms/facets.ts";
import type { MetadataItem } from "../../domain/terms/license.ts";
import { removeFacets, replaceFacets, writeFacets } from "../find/facets.ts";
import type { Wanted } from "../find/filter.ts";
import { find, mapped, type Found } from "../find/find.ts";
import { removeRow, replaceRow, type Written } from "./optimistic-write.ts";
import { insertEvent } from "../events/outbox.ts";
import type { PageRequest } from "../find/page.ts";
import type { Kept } from "./idempotency-records.ts";
import { answered, ask, written, writtenById, type Question } from "../db/question.ts";
import { activations, licenses, licenseReferences } from "../db/schema.ts";
import { userEmailJobs, users } from "../db/schema-catalogue.ts";
import { insertWhere, prepared } from "../db/statement.ts";
import { emailJobInsert } from "./user-email-jobs.ts";
import { USER_FACETS } from "./user-facets.ts";
import { NAMED_TAGS, userList } from "./user-fields.ts";

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

const BY_ID = writtenById(users);
const BY_EMAIL = written(["folded"], ({ folded }) => ({
  select: getTableColumns(users),
  from: users,
  where: sql`${users.emailFolded} = ${folded}`,
}));

export function userById(id: string): Question<User | null> {
  return answered(BY_ID.one({ id }), userOrNull);
}

export async function findUser(db: D1Database, id: string): Promise<User | null> {
  return await ask(db, userById(id));
}

/** Whose e-mail it is (EMAIL-1). */
export function userByEmail(email: string): Question<User | null> {
  return answered(BY_EMAIL.one({ folded: foldedEmail(email) }), userOrNull);
}

/** A user, and the names of those of their tags that there are, by id. */
export interface NamedUser {
  readonly user: User;
  readonly tagNames: ReadonlyMap<string, string>;
}

const NAMED = { ...getTableColumns(users), ...NAMED_TAGS };
const NAMED_BY_ID = written(["id"], ({ id }) => ({
  select: NAMED,
  from: users,
  where: sql`${users.id} = ${id}`,
}));
const NAMED_OF_IDS = written(["ids"], ({ ids }) => ({
  select: NAMED,
  from: users,
  where: sql`${users.id} IN (SELECT value FROM json_each(${ids}))`,
}));
const NAMED_OF_ACTIVATION = written(["id"], ({ id }) => ({
  select: NAMED,
  from: sql`${activations} CROSS JOIN ${licenses} ON ${licenses.id} = ${activations.licenseId}
    CROSS JOIN ${users} ON ${users.id} = ${licenses.userId}`,
  where: sql`${activations.id} = ${id}`,
}));

export function namedUserById(id: string): Question<NamedUser | null> {
  return answered(NAMED_BY_ID.one({ id }), (row) => (row === null ? null : namedUserOf(row)));
}

/** Those of `ids` that there are. At most what a JSON parameter holds. */
export function namedUsers(ids: readonly string[]): Question<readonly NamedUser[]> {
  return answered(NAMED_OF_IDS.all({ ids: JSON.stringify(ids) }), (found) => found.map(namedUserOf));
}

/** Whom the license of an activation is for, as far as D1 shows it. */
export function userOfActivation(id: string): Question<NamedUser | null> {
  return answered(NAMED_OF_ACTIVATION.one({ id }), (row) => (row === null ? null : namedUserOf(row)));
}

export async function listUsers(
  db: D1Database,
  request: PageRequest<string>,
  wanted: Wanted,
  now: number,
): Promise<Found<NamedUser>> {
  return mapped(await find(db, userList, request, wanted, now), namedUserOf);
}

/** The user, its facets and the event, or none of them: false where somebody has the e-mail already. */
export async function insertUser(
  db: D1Database,
  user: User,
  event: LeaseholdEvent,
  kept: Kept = () => [],
): Promise<boolean> {
  const row = rowOf(user);
  const isThere = sql`EXISTS (SELECT 1 FROM ${users} WHERE ${eq(users.id, user.id)})`;
  const [inserted] = await db.batch([
    prepared(db, insertWhere(users, row, sql`NOT ${emailTaken(user)}`)),
    prepared(db, writeFacets(USER_FACETS, [user.id])),
    insertEvent(db, event, isThere),
    ...kept(isThere),
  ]);
  return inserted?.meta.changes === 1;
}

/** `email-taken`: by another user. */
export async function updateUser(
  db: D1Database,
  before: User,
  after: User,
  event: LeaseholdEvent,
): Promise<Written<"email-taken">> {
  const { id: _, ...columns } = rowOf(after);
  const now = {
    folded: sql`${columns.folded}`,
    metadata: asJson(columns.metadata),
    tags: asJson(columns.tags),
  };
  return await replaceRow(db, {
    table: users,
    before,
    columns,
    event,
    guards: [{ holds: sql`NOT ${emailTaken(after)}`, otherwise: "email-taken" }],
    along: (allowed) => [
      ...(after.revision === before.revision ? [] : [emailJobInsert(after, allowed)]),
      ...replaceFacets(USER_FACETS, before.id, now, allowed),
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
    guards: [{ holds: sql`NOT ${isReferredTo(before.id)}`, otherwise: "in-use" }],
    along: (allowed) => [
      sql`DELETE FROM ${userEmailJobs} WHERE user_id = ${before.id} AND ${allowed}`,
      removeFacets(USER_FACETS, before.id, allowed),
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
        UNION SELECT license_id AS id FROM ${licenseReferences} WHERE target_id = ${userId} AND license_id > ${after}
        ORDER BY id LIMIT ${limit}`,
  );
  return rows.map(({ id }) => id);
}

function emailTaken({ id, email }: User): SQL {
  return sql`EXISTS (SELECT 1 FROM ${users} WHERE ${and(eq(users.emailFolded, foldedEmail(email)), ne(users.id, id))})`;
}

function isReferredTo(id: string): SQL {
  return sql`(EXISTS (SELECT 1 FROM ${licenses} WHERE ${eq(licenses.userId, id)})
              OR EXISTS (SELECT 1 FROM ${licenseReferences} WHERE ${eq(licenseReferences.targetId, id)}))`;
}

function rowOf(user: User): typeof users.$inferInsert {
  return {
    ...user,
    emailFolded: foldedEmail(user.email),
    emailLower: user.email.toLowerCase(),
    folded: foldedList(userWords(user)),
  };
}

function asJson(value: unknown): SQL {
  return sql`${JSON.stringify(value)}`;
}

function userOrNull(row: typeof users.$inferSelect | null): User | null {
  return row === null ? null : userOf(row);
}

export function namedUserOf({
  tagNames,
  ...row
}: typeof users.$inferSelect & { readonly tagNames: string }): NamedUser {
  const names = JSON.parse(tagNames) as Record<string, string>;
  return { user: userOf(row), tagNames: new Map(Object.entries(names)) };
}

export function userOf(row: typeof users.$inferSelect): User {
  const { emailFolded: _folded, emailLower: _lower, folded: _words, ...rest } = row;
  return { ...rest, metadata: row.metadata as readonly MetadataItem[], tags: row.tags as readonly string[] };
}
