/**
 * What one batch to D1 holds (EVT-3, LEASE-6, OPS-1): events, the activations that they tell of, the license's row.
 * When it is tried, and how often, is the relay's.
 */

import type { LeaseholdEvent } from "../../domain/license/event.ts";
import { licenseEnd } from "../../domain/terms/expiry.ts";
import { toldFacts } from "../../domain/license/device.ts";
import { hostValue } from "../../domain/terms/facets.ts";
import { storedTerms } from "../../domain/terms/stored-terms.ts";
import type { Activation, OutboxRow } from "../../domain/turn/ledger.ts";
import { ownClockOf, renewedOf } from "../../domain/seats/rolling.ts";
import { usesTold } from "../../domain/turn/meter-counts.ts";
import { isDead } from "../../domain/seats/seats.ts";
import { usesOf } from "../../domain/turn/license-view.ts";
import type { Turn } from "../../domain/turn/turn.ts";
import type { ProjectedActivation } from "../../registry/object/activation-rows.ts";
import type { ProjectedLicense, RelayBatch } from "../../registry/object/commit.ts";
import { eventOf } from "./event-rows.ts";
import { isBehind } from "../fence.ts";
import type { Outbox } from "../outbox.ts";
import { wordsToTell } from "./told-terms.ts";

/** What is to be told. */
export interface Told {
  readonly rows: readonly OutboxRow[];
  /** Activations whose copy is to be refreshed without an event (LEASE-6). */
  readonly touched: readonly string[];
  /** Activations of a re-projection (OPS-1) that go along at most. */
  readonly mostRestored: number;
}

export interface FilledBatch {
  readonly batch: RelayBatch;
  /** Where re-projection goes on after this batch; null = it is done, or was not pending. */
  readonly restoredUpto: number | null;
}

export type Facts = Pick<Outbox, "birthKey" | "stuckCount" | "tombstonesBeside">;

/** Takes the next fence in this turn. Null: there is nothing that D1 would have to hear of, and no fence is taken. */
export function nextBatch(turn: Turn, facts: Facts, { rows, touched, mostRestored }: Told): FilledBatch | null {
  const { reprojectFrom, fenceConfirmed } = turn.tally;
  if (rows.length === 0 && touched.length === 0 && !isBehind(turn.tally)) return null;
  const restored = reprojectFrom === null ? [] : restoredFrom(turn, reprojectFrom, mostRestored);
  const events = rows.map(eventOf);
  const ids = [...new Set([...events.flatMap(activationIdOf), ...touched])];
  const named = turn.ledger.activationsNamed(ids).filter((row) => isShown(turn, row));
  const shown = new Set(named.map(({ id }) => id));
  const stuckEvents = facts.stuckCount();
  const words = wordsToTell(turn, events, stuckEvents);
  const mayHaveThem = turn.tally.fence > fenceConfirmed || !named.every(({ id }) => isBornWith(events, id));
  const fence = turn.tally.fence + 1;
  turn.tally = { ...turn.tally, fence };
  const license = { ...projectedLicense(turn, facts), stuckEvents };
  const batch: RelayBatch = {
    fence,
    fenceConfirmed,
    license,
    events,
    activations: [...named, ...restored.filter((row) => isShown(turn, row))].map((row) => projected(turn, row)),
    mayHaveThem: mayHaveThem || restored.length > 0,
    ended: ids.filter((id) => !shown.has(id)),
    words,
    restore: reprojectFrom === null ? null : reprojectFrom === 0 ? "from-start" : "go-on",
    deleted: reprojectFrom === 0 ? facts.tombstonesBeside(turn.license.id) : [],
  };
  return { batch, restoredUpto: restored.length < mostRestored ? null : (restored.at(-1)?.seq ?? null) };
}

function restoredFrom(turn: Turn, from: number, most: number): readonly Activation[] {
  return turn.ledger.range(Math.max(from, turn.tally.deadUpto), turn.tally.nextSeq - 1, most);
}

function projectedLicense(turn: Turn, facts: Facts): Omit<ProjectedLicense, "stuckEvents"> {
  const { id, key, revision, terms } = turn.license;
  return {
    id,
    key,
    birthKey: facts.birthKey(),
    productId: terms.productId,
    revision,
    terms: storedTerms(terms),
    totalActivations: turn.tally.activationsTaken,
    totalDeactivations: turn.tally.deactivations,
    lastUsedAt: turn.memory.lastUsedAt ?? turn.tally.lastUsedAt,
    currentReleaseVersion: turn.tally.releaseVersion,
    meterUses: projectedUses(turn),
    expiresAt: licenseEnd(terms.end),
    renewed: renewedOf(turn),
    createdAt: terms.createdAt,
    updatedAt: terms.updatedAt,
    externalReference: terms.externalReference,
  };
}

function isShown(turn: Turn, row: Activation): boolean {
  return !row.released && !isDead(turn, row);
}

function projected(turn: Turn, row: Activation): ProjectedActivation {
  const clock = ownClockOf(turn, row);
  return {
    id: row.id,
    createdAt: row.createdAt,
    contactAt: row.contactAt,
    leaseExpiresAt: row.leaseEnd,
    ownClock: clock === null ? null : JSON.stringify(clock),
    device: row.device,
    host: hostValue(row.facts.shown.hostname),
    facts: JSON.stringify(toldFacts(row.facts, usesTold(turn, row))),
  };
}

/** METER-1: null = nothing was ever counted. */
function projectedUses(turn: Turn): string | null {
  const uses = usesOf(turn);
  return uses.length === 0 ? null : JSON.stringify(uses);
}

function isBornWith(events: readonly LeaseholdEvent[], id: string): boolean {
  return events.some(({ type, data }) => type === "activation.created" && data["id"] === id);
}

function activationIdOf({ type, data }: LeaseholdEvent): string[] {
  return type.startsWith("activation.") && typeof data["id"] === "string" ? [data["id"]] : [];
}
