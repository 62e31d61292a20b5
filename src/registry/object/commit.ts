/**
 * The hand-over of one license to D1: events, the activations they tell of, and the license's row, as one atomic
 * batch (EVT-3). Each batch carries the object's next fence; every statement but the insert of events applies only
 * where the row's fence is lower, so that a batch that D1 applies late changes nothing, and at least the confirmed one,
 * so that a D1 that was set back stays visibly so until its re-projection begins (OPS-1).
 */

import { sql } from "drizzle-orm";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import type { Period } from "../../domain/terms/expiry.ts";
import { foldedList, type Folded } from "../../domain/terms/facets.ts";
import { insertEvents } from "../events/event-log.ts";
import { removeFacets, replaceFacets } from "../find/facets.ts";
import { liveWebhooksOf, selectLiveWebhooks, type LiveWebhook } from "./live-webhooks.ts";
import {
  forgetActivations,
  removeActivations,
  writeActivations,
  type ProjectedActivations,
} from "./activation-rows.ts";
import { IN_TURN, type Fences } from "./in-turn.ts";
import { LICENSE_FACETS } from "../rows/license-facets.ts";
import { isSchemaError } from "../db/probe.ts";
import { prepared } from "../db/statement.ts";

export interface ProjectedLicense {
  readonly id: string;
  readonly key: string;
  /** The key that gave the locator stays taken while the license lives (KEY-2). */
  readonly birthKey: string;
  readonly productId: string;
  readonly revision: number;
  /** Domain `Terms` as they are stored. */
  readonly terms: string;
  readonly totalActivations: number;
  readonly totalDeactivations: number;
  readonly lastUsedAt: number | null;
  readonly currentReleaseVersion: string | null;
  /** Domain `MeterUses` as a JSON list; null = nothing was ever counted. */
  readonly meterUses: string | null;
  readonly expiresAt: number | null;
  /** What renewals added to the own clocks of its activations. */
  readonly renewed: Period;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly externalReference: string | null;
  /** Events that are out of the way (0026-what-one-alarm-does.md). */
  readonly stuckEvents: number;
}

export interface RelayBatch extends ProjectedActivations {
  readonly fence: number;
  /** The last fence that the object saw applied: in an older D1 nothing but the start of a re-projection applies. */
  readonly fenceConfirmed: number;
  readonly license: ProjectedLicense;
  readonly events: readonly LeaseholdEvent[];
  /** Ids of activations that have ended. */
  readonly ended: readonly string[];
  /**
   * Words that the license is found by (MGMT-1); null = key, terms and end are as D1 has them, and are not written,
   * since nothing of them changed.
   */
  readonly words: readonly Folded[] | null;
  /**
   * OPS-1, D1 was set back: `from-start` alone may insert the license's row, and forgets its activation rows first;
   * null in the ordinary case.
   */
  readonly restore: "from-start" | "go-on" | null;
  /** With `from-start`: licenses that were deleted in the same object, which a D1 that was set back may show again. */
  readonly deleted: readonly DeletedLicense[];
}

export interface DeletedLicense {
  readonly id: string;
  /** Epoch ms. */
  readonly at: number;
}

/** What D1 answers to a batch. */
export interface Relayed {
  /** The fence that D1 had before; null = it does not know the license. */
  readonly fenceBefore: number | null;
  /** The webhooks that live as of this batch; none are looked for where it tells of no event. */
  readonly webhooks: readonly LiveWebhook[];
}

/** Throws when D1 fails: then nothing is known. */
export async function commitRelay(db: D1Database, batch: RelayBatch): Promise<Relayed> {
  const { license, events } = batch;
  const fences = fencesOf(batch);
  const isTelling = events.length > 0;
  const [before, webhooks] = await db.batch<{ fence: number }>([
    db.prepare("SELECT fence FROM licenses WHERE id = ?1").bind(license.id),
    ...(isTelling ? [selectLiveWebhooks(db), ...insertEvents(db, events)] : []),
    ...(batch.restore === "from-start" ? startedOver(db, batch, fences) : []),
    ...writeActivations(db, license, batch, fences),
    ...(batch.ended.length === 0 ? [] : [removeActivations(db, license.id, batch.ended, fences)]),
    ...(license.key === license.birthKey ? [] : [keepKey(db, license, fences)]),
    tidyKeys(db, license, fences),
    tidyReferences(db, license.id, fences),
    ...(batch.words === null ? [] : foundBy(db, license, batch.words, fences)),
    updateLicense(db, batch, fences),
  ]);
  return {
    fenceBefore: before?.results[0]?.fence ?? null,
    webhooks: isTelling ? liveWebhooksOf(webhooks?.results ?? []) : [],
  };
}

/** DEL-1: the last batch of a deleted license; its id is kept so that no inserting batch brings it back. */
export async function removeLicense(db: D1Database, license: DeletedLicense): Promise<void> {
  await db.batch(removal(db, license));
}

function removal(db: D1Database, { id, at }: DeletedLicense): D1PreparedStatement[] {
  return [
    db
      .prepare("INSERT INTO deleted_licenses (id, deleted_at) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")
      .bind(id, at),
    ...["activations", "license_keys", "license_references"].map((table) =>
      db.prepare(`DELETE FROM ${table} WHERE license_id = ?1`).bind(id),
    ),
    prepared(db, removeFacets(LICENSE_FACETS, id)),
    db.prepare("DELETE FROM licenses WHERE id = ?1").bind(id),
  ];
}

/**
 * True if trying the same batch again in smaller parts may help: D1 refused what was in it, and was not merely out of
 * reach, or waiting for its migrations, which no part of the batch is to blame for.
 */
export function blamesContent(error: unknown): boolean {
  if (isSchemaError(error)) return false;
  const message = error instanceof Error ? error.message : String(error);
  if (/overloaded|network|timed? ?out|reset|connection|internal error/i.test(message)) return false;
  return /SQLITE_(CONSTRAINT|TOOBIG|MISMATCH|ERROR)|constraint|too (big|large|long)|malformed|D1_TYPE_ERROR/i.test(
    message,
  );
}

/** OPS-1: D1 was set back: what it shows is made anew; what was deleted here goes first, with its key. */
function startedOver(db: D1Database, { deleted, license }: RelayBatch, fences: Fences): D1PreparedStatement[] {
  return [
    ...deleted.flatMap((gone) => removal(db, gone)),
    ...restored(db, license),
    forgetActivations(db, license.id, fences),
  ];
}

/** OPS-1: D1 lost the row. Its fence starts at 0; the last statement raises it. A deleted license stays so. */
function restored(db: D1Database, license: ProjectedLicense): D1PreparedStatement[] {
  const alive = "NOT EXISTS (SELECT 1 FROM deleted_licenses WHERE id = ?1)";
  const { id, key, birthKey, externalReference } = license;
  return [
    db
      .prepare(
        `INSERT INTO licenses (id, key, product_id, fence, born_at, revision, terms, expires_at, created_at, updated_at)
         SELECT ?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?4, ?8 WHERE ${alive} ON CONFLICT (id) DO NOTHING`,
      )
      .bind(
        id,
        key,
        license.productId,
        license.createdAt,
        license.revision,
        license.terms,
        license.expiresAt,
        license.updatedAt,
      ),
    db
      .prepare(
        `INSERT INTO license_keys (key, license_id) SELECT value, ?1 FROM json_each(?2) WHERE ${alive} ON CONFLICT (key) DO NOTHING`,
      )
      .bind(id, JSON.stringify([...new Set([key, birthKey])])),
    ...(externalReference === null
      ? []
      : [
          db
            .prepare(
              `INSERT INTO external_references (reference, license_id) SELECT ?2, ?1 WHERE ${alive} ON CONFLICT (reference) DO NOTHING`,
            )
            .bind(id, externalReference),
        ]),
  ];
}

function fencesOf({ fence, fenceConfirmed, restore }: RelayBatch): Fences {
  return { from: restore === "from-start" ? 0 : fenceConfirmed, below: fence };
}

/**
 * KEY-2, OPS-1: a reservation confirms nothing, so a D1 that was set back to before it, and that no batch has met
 * since, looks as it should and does not know the key.
 */
function keepKey(db: D1Database, { id, key }: ProjectedLicense, { below, from }: Fences): D1PreparedStatement {
  return db
    .prepare(`INSERT INTO license_keys (key, license_id) SELECT ?4, ?1 WHERE ${IN_TURN} ON CONFLICT (key) DO NOTHING`)
    .bind(id, below, from, key);
}

/** KEY-2: reservations that were not used, and keys that are no longer the license's. */
function tidyKeys(
  db: D1Database,
  { id, key, birthKey }: ProjectedLicense,
  { below, from }: Fences,
): D1PreparedStatement {
  return db
    .prepare(`DELETE FROM license_keys WHERE license_id = ?1 AND key NOT IN (?4, ?5) AND ${IN_TURN}`)
    .bind(id, below, from, key, birthKey);
}

/** REF-1: reservations are settled, used or not, by the row that this batch ends with. */
function tidyReferences(db: D1Database, licenseId: string, { below, from }: Fences): D1PreparedStatement {
  return db.prepare(`DELETE FROM license_references WHERE license_id = ?1 AND ${IN_TURN}`).bind(licenseId, below, from);
}

/** What the license is found by: indexed columns apart, where they differ, since SQLite writes indexes again. */
function foundBy(
  db: D1Database,
  { id, terms, expiresAt }: ProjectedLicense,
  words: readonly Folded[],
  { below, from }: Fences,
): D1PreparedStatement[] {
  const now = { terms: sql`${terms}`, folded: sql`${foldedList(words)}` };
  const inTurn = sql`r.fence < ${below} AND r.fence >= ${from}`;
  return [
    ...replaceFacets(LICENSE_FACETS, id, now, inTurn).map((change) => prepared(db, change)),
    db
      .prepare(
        `UPDATE licenses SET ${INDEXED} = ${INDEXED_NOW}
         WHERE id = ?1 AND fence < ?2 AND fence >= ?3 AND ${INDEXED} IS NOT ${INDEXED_NOW}`,
      )
      .bind(id, below, from, expiresAt, terms),
  ];
}

const INDEXED = "(expires_at, user_id, maintenance_policy_id, entitlement_set_id)";
const INDEXED_NOW = "(?4, ?5 ->> '$.user.id', ?5 ->> '$.maintenance.id', ?5 ->> '$.entitlementSetId')";

/** Last, and only ever an UPDATE: a late batch must not bring a deleted row back. */
function updateLicense(db: D1Database, { license, words }: RelayBatch, { below, from }: Fences): D1PreparedStatement {
  const { totalActivations, totalDeactivations, lastUsedAt, currentReleaseVersion, stuckEvents, renewed } = license;
  const told = [totalActivations, totalDeactivations, lastUsedAt, currentReleaseVersion, stuckEvents];
  const { key, revision, terms, updatedAt } = license;
  const sold = words === null ? [] : [key, revision, terms, foldedList(words)];
  return db
    .prepare(
      `UPDATE licenses SET total_activations = ?4, total_deactivations = ?5, last_used_at = ?6, current_release_version = ?7,
         stuck_events = ?8, renewed_months = ?9, renewed_seconds = ?10, meter_uses = ?11, born_at = COALESCE(born_at, ?12), fence = ?2
         ${words === null ? "" : ", key = ?13, revision = ?14, terms = ?15, folded = ?16, updated_at = ?12"}
       WHERE id = ?1 AND fence < ?2 AND fence >= ?3`,
    )
    .bind(license.id, below, from, ...told, renewed.months, renewed.seconds, license.meterUses, updatedAt, ...sold);
}
