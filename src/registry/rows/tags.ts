/**
 * Tags in D1. Licenses and users keep their ids, which are resolved when read: deleting a tag is always allowed
 * (REF-1).
 */

import { and, eq, ne, sql } from "drizzle-orm";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import type { LicenseTag } from "../../domain/terms/license.ts";
import { tagList } from "./catalogue-fields.ts";
import { find, type Found } from "../find/find.ts";
import type { Wanted } from "../find/filter.ts";
import { addRow, removeRow, replaceRow, type Guard, type Written } from "./optimistic-write.ts";
import type { PageRequest } from "../find/page.ts";
import type { Kept } from "./idempotency-records.ts";
import { answered, ask, written, writtenById, type Question } from "../db/question.ts";
import { tags } from "../db/schema-catalogue.ts";

/** Instants in epoch ms. */
export interface Tag {
  readonly id: string;
  /** Unique; the case counts. */
  readonly name: string;
  readonly description: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

const BY_ID = writtenById(tags);
const NAMED = { id: tags.id, name: tags.name };
const OF_IDS = written(["ids"], ({ ids }) => ({
  select: NAMED,
  from: tags,
  where: sql`${tags.id} IN (SELECT value FROM json_each(${ids}))`,
}));
const OF_NAMES = written(["names"], ({ names }) => ({
  select: NAMED,
  from: tags,
  where: sql`${tags.name} IN (SELECT value FROM json_each(${names}))`,
}));

export function tagById(id: string): Question<Tag | null> {
  return BY_ID.one({ id });
}

export async function findTag(db: D1Database, id: string): Promise<Tag | null> {
  return await ask(db, tagById(id));
}

/** Names of those of `ids` that there are, by id. At most what a JSON parameter holds. */
export function namesOfTags(ids: readonly string[]): Question<ReadonlyMap<string, string>> {
  return answered(
    OF_IDS.all({ ids: JSON.stringify(ids) }),
    (found) => new Map(found.map(({ id, name }) => [id, name])),
  );
}

/** The same; where there are no ids, nobody is asked. */
export async function tagNames(db: D1Database, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  return ids.length === 0 ? new Map() : await ask(db, namesOfTags(ids));
}

/** Those of `names` that there are, by name. At most what a JSON parameter holds. */
export function tagsNamed(names: readonly string[]): Question<ReadonlyMap<string, LicenseTag>> {
  return answered(
    OF_NAMES.all({ names: JSON.stringify(names) }),
    (found) => new Map(found.map((tag) => [tag.name, tag])),
  );
}

export async function listTags(
  db: D1Database,
  request: PageRequest<string>,
  wanted: Wanted,
  now: number,
): Promise<Found<Tag>> {
  return await find(db, tagList, request, wanted, now);
}

/** `name-taken`: by another tag. */
export async function insertTag(
  db: D1Database,
  tag: Tag,
  event: LeaseholdEvent,
  kept?: Kept,
): Promise<"written" | "name-taken"> {
  return await addRow(db, { table: tags, row: tag, event, guards: [isFree(tag)], ...(kept && { kept }) });
}

/** `name-taken`: by another tag. */
export async function updateTag(
  db: D1Database,
  before: Tag,
  after: Tag,
  event: LeaseholdEvent,
): Promise<Written<"name-taken">> {
  const { id: _, ...columns } = after;
  return await replaceRow(db, { table: tags, before, columns, event, guards: [isFree(after)] });
}

export async function deleteTag(db: D1Database, before: Tag, event: LeaseholdEvent): Promise<Written> {
  return await removeRow(db, { table: tags, before, event });
}

function isFree({ id, name }: Tag): Guard<"name-taken"> {
  const another = sql`EXISTS (SELECT 1 FROM ${tags} WHERE ${and(eq(tags.name, name), ne(tags.id, id))})`;
  return { holds: sql`NOT ${another}`, otherwise: "name-taken" };
}
