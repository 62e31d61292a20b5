/**
 * What one batch to D1 holds: events, the activations that they tell of, and the license's row
 * (src/license/relay/relay.ts,
 * without SQL).
 */

import { licenseEnd } from "../../../src/domain/terms/expiry.ts";
import type { Activation, OutboxRow } from "../../../src/domain/turn/ledger.ts";
import { ownClockOf, renewedOf } from "../../../src/domain/seats/rolling.ts";
import { isDead } from "../../../src/domain/seats/seats.ts";
import type { Turn } from "../../../src/domain/turn/turn.ts";
import type { Batch } from "./d1.ts";

/** As the product's: rows per batch of a re-projection. */
const MOST_RESTORED = 100;

/** A batch on its way to D1. */
export interface Sent {
  readonly batch: Batch;
  readonly touched: readonly string[];
  /** Where re-projection goes on; null = it is done, or was not pending. */
  readonly restoredUpto: number | null;
}

/**
 * `turn` has its new fence already. `touched`: activations whose copy is to be refreshed without an event (LEASE-6).
 */
export function batchFor(turn: Turn, events: readonly OutboxRow[], touched: readonly string[], birthKey: string): Sent {
  const { reprojectFrom, fence, fenceConfirmed } = turn.tally;
  const restored = reprojectFrom === null ? [] : restoredFrom(turn, reprojectFrom);
  const named = [...new Set([...events.flatMap(activationIdOf), ...touched])];
  const rows = [...named.flatMap((id) => turn.ledger.activation(id) ?? []), ...restored].filter((row) =>
    isShown(turn, row),
  );
  const shown = new Set(rows.map(({ id }) => id));
  const batch: Batch = {
    licenseId: turn.license.id,
    fence,
    fenceConfirmed,
    restore: reprojectFrom === null ? null : reprojectFrom === 0 ? "from-start" : "go-on",
    row: { ...rowOf(turn), birthKey },
    events,
    activations: rows.map((row) => ({
      id: row.id,
      leaseExpiresAt: row.leaseEnd,
      ownClock: ownClockOf(turn, row),
    })),
    ended: named.filter((id) => !shown.has(id)),
  };
  const restoredUpto = restored.length < MOST_RESTORED ? null : (restored.at(-1)?.seq ?? null);
  return { batch, touched, restoredUpto };
}

/** As the body begins its `data`; parsing all of it would cost more than the turn that wrote it. */
const ACTIVATION_ID = /"data":\{"id":"([^"]+)"/;

function activationIdOf({ type, body }: OutboxRow): string[] {
  const id = type.startsWith("activation.") ? ACTIVATION_ID.exec(body)?.[1] : undefined;
  return id === undefined ? [] : [id];
}

function restoredFrom(turn: Turn, from: number): readonly Activation[] {
  return turn.ledger.range(Math.max(from, turn.tally.deadUpto), turn.tally.nextSeq - 1, MOST_RESTORED);
}

function isShown(turn: Turn, row: Activation): boolean {
  return !row.released && !isDead(turn, row);
}

function rowOf(turn: Turn) {
  const { license, tally } = turn;
  const { key, revision, terms } = license;
  return {
    key,
    revision,
    totalActivations: tally.activationsTaken,
    totalDeactivations: tally.deactivations,
    expiresAt: licenseEnd(terms.end),
    renewed: renewedOf(turn),
    userId: terms.user?.id ?? null,
  };
}
