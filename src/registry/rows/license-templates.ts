/** License templates in D1 (TPL-1). Only products refer to them: a license copies what it takes (SNAP-1). */

import { eq, getTableColumns, sql, type SQL } from "drizzle-orm";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import type { TemplateMembers } from "../../domain/license/template.ts";
import { templateList } from "./catalogue-fields.ts";
import { find, mapped, type Found } from "../find/find.ts";
import type { Wanted } from "../find/filter.ts";
import { addRow, removeRow, replaceRow, type Written } from "./optimistic-write.ts";
import type { PageRequest } from "../find/page.ts";
import type { Kept } from "./idempotency-records.ts";
import { answered, ask, written, writtenById, type Question } from "../db/question.ts";
import { licenseTemplates, products } from "../db/schema-catalogue.ts";

/** Instants in epoch ms. */
export interface LicenseTemplate {
  readonly id: string;
  readonly name: string;
  /** Those that it was given, and nothing else. */
  readonly members: TemplateMembers;
  readonly createdAt: number;
  readonly updatedAt: number;
}

const BY_ID = writtenById(licenseTemplates);

const OF_PRODUCT = written(["productId"], ({ productId }) => ({
  select: getTableColumns(licenseTemplates),
  from: sql`${products} CROSS JOIN ${licenseTemplates} ON ${licenseTemplates.id} = ${products.licenseTemplateId}`,
  where: sql`${products.id} = ${productId}`,
}));

export function templateById(id: string): Question<LicenseTemplate | null> {
  return answered(BY_ID.one({ id }), templateOrNull);
}

export async function findTemplate(db: D1Database, id: string): Promise<LicenseTemplate | null> {
  return await ask(db, templateById(id));
}

/** The one that gives defaults to the product's new licenses; null if it has none, or there is no such product. */
export function templateOfProduct(productId: string): Question<LicenseTemplate | null> {
  return answered(OF_PRODUCT.one({ productId }), templateOrNull);
}

export async function listTemplates(
  db: D1Database,
  request: PageRequest<string>,
  wanted: Wanted,
  now: number,
): Promise<Found<LicenseTemplate>> {
  return mapped(await find(db, templateList, request, wanted, now), templateOf);
}

/** The template and its event, or neither (EVT-1). */
export async function insertTemplate(
  db: D1Database,
  template: LicenseTemplate,
  event: LeaseholdEvent,
  kept?: Kept,
): Promise<void> {
  await addRow(db, { table: licenseTemplates, row: template, event, ...(kept && { kept }) });
}

export async function updateTemplate(
  db: D1Database,
  before: LicenseTemplate,
  after: LicenseTemplate,
  event: LeaseholdEvent,
): Promise<Written> {
  const { id: _, ...columns } = after;
  return await replaceRow(db, { table: licenseTemplates, before, columns, event });
}

/** `in-use`: a product has it as its default (DEL-1). */
export async function deleteTemplate(
  db: D1Database,
  before: LicenseTemplate,
  event: LeaseholdEvent,
): Promise<Written<"in-use">> {
  const isUsed = sql`EXISTS (SELECT 1 FROM ${products} WHERE ${eq(products.licenseTemplateId, before.id)})`;
  const guard = { holds: sql`NOT ${isUsed}`, otherwise: "in-use" } as const;
  return await removeRow(db, { table: licenseTemplates, before, event, guards: [guard] });
}

/** REF-1: for the statement that begins to refer to it. */
export function templateExists(id: string): SQL {
  return sql`EXISTS (SELECT 1 FROM ${licenseTemplates} WHERE ${eq(licenseTemplates.id, id)})`;
}

function templateOrNull(row: typeof licenseTemplates.$inferSelect | null): LicenseTemplate | null {
  return row === null ? null : templateOf(row);
}

function templateOf(row: typeof licenseTemplates.$inferSelect): LicenseTemplate {
  return { ...row, members: row.members as TemplateMembers };
}
