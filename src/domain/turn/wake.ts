/**
 * When the object's one alarm should ring: the earliest of what waits (0026-what-one-alarm-does.md). Alarms tidy, they
 * never decide.
 */

/** Instants in epoch ms; null = nothing of the kind waits. */
export interface Waiting {
  /** Events or rows that D1 does not have yet: the next try. */
  readonly relayAt: number | null;
  /** Rows below a watermark: at once. */
  readonly tidyAt: number | null;
  /** A deleted license whose last batch is ready. */
  readonly deletionAt: number | null;
  /** The license's end, or the instant at which it comes near (src/domain/seats/notices.ts). */
  readonly noticeAt: number | null;
  /** The lowest bound of running leases and holds. */
  readonly leaseFloor: number | null;
  /** True if activations stand in more than one block of 64. */
  readonly manyBlocks: boolean;
  readonly stuckAt: number | null;
  /** The end of the oldest tombstone's time. */
  readonly tombstoneAt: number | null;
}

const LEASE_SLACK = 60_000;
const SWEEP_SPACING = 10_000;

/** Null = nothing waits, no alarm. */
export function nextWake(waiting: Waiting, now: number): number | null {
  const instants = [
    waiting.relayAt,
    waiting.tidyAt,
    waiting.deletionAt,
    waiting.noticeAt,
    leaseWake(waiting, now),
    waiting.stuckAt,
    waiting.tombstoneAt,
  ].filter((at): at is number => at !== null);
  return instants.length === 0 ? null : Math.min(...instants);
}

/**
 * A lapse decides by the clock, so its row may wait: a minute with one block, and with more no oftener than every ten
 * seconds.
 */
function leaseWake({ leaseFloor, manyBlocks }: Waiting, now: number): number | null {
  if (leaseFloor === null) return null;
  return manyBlocks ? Math.max(leaseFloor, now + SWEEP_SPACING) : leaseFloor + LEASE_SLACK;
}
