/**
 * The guards of birth, relay and deletion, each with the edit that takes it out
 * (0028-births-and-batches-take-turns.md).
 */

import type { Edit } from "../../support/plant.ts";
import { FACET_MUTANTS } from "./facet-mutants.ts";

export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** A seed in which this breaks a rule; the guard in place, the same seed breaks none. */
  readonly seed: number;
  /** Only an operator's resync is spoilt by it. */
  readonly resync?: true;
}

/** Birth and deletion past the queue: then looking again after each wait is all that is left, and enough. */
export const WITHOUT_QUEUE: readonly Edit[] = [
  {
    in: "Birth.#start",
    find: "this.#lock.hold(() => this.#takeOver(wanted, requestId))",
    replace: "this.#takeOver(wanted, requestId)",
  },
  { in: "Birth.bear", find: "??=", replace: "=" },
  { in: "Deletion.finish", find: "this.#lock.hold(", replace: "(async (work: () => Promise<void>) => await work())(" },
];

/**
 * Guards back each other up: birth's second look shows its worth only without the queue, and this control shows that
 * without the queue alone nothing breaks. Relay and deletion look again, too; what they could spoil was not reached in
 * any run, because a license does not leave its object before its outbox is empty, and an id is compared at the end.
 */
export const CONTROLS: readonly Omit<Mutant, "seed">[] = [
  { name: "birth and deletion do not queue", edits: WITHOUT_QUEUE },
];

export const MUTANTS: readonly Mutant[] = [
  {
    name: "birth does not look again after the wait",
    seed: 17,
    edits: [
      ...WITHOUT_QUEUE,
      {
        in: "Birth.#takeOver",
        find: "this.#held.incarnation !== incarnation || this.#held.holdsLicense()",
        replace: "false",
      },
    ],
  },
  {
    name: "birth starts afresh where a projection exists",
    seed: 471,
    edits: [
      { in: "claimBirth", find: "CASE WHEN fence = 0 THEN terms END AS terms", replace: "terms" },
      { in: "claimByKey", find: "fence = 0 AND ", replace: "" },
    ],
  },
  {
    name: "birth ignores tombstones",
    seed: 52,
    edits: [{ in: "whose", find: "licenseId !== undefined && held.isDeleted(licenseId)", replace: "false" }],
  },
  {
    name: "batches do not queue",
    seed: 786,
    edits: [{ in: "Lock.hold", find: "this.#tail.then(work, work)", replace: "work()" }],
  },
  {
    name: "the license's row has no fence",
    seed: 28,
    edits: [{ in: "updateLicense", find: "fence < ?2 AND fence >= ?3", replace: "?2 > ?3 - 1" }],
  },
  {
    name: "activation rows have no fence",
    seed: 28,
    edits: [
      {
        in: "IN_TURN",
        find: "EXISTS (SELECT 1 FROM licenses WHERE id = ?1 AND fence < ?2 AND fence >= ?3)",
        replace: "(?1 IS NOT NULL AND ?2 > ?3 - 1)",
      },
    ],
  },
  {
    name: "late batches are not told by their fence",
    seed: 1,
    edits: [{ in: "fencesOf", find: "below: fence", replace: "below: fence + 1_000_000" }],
  },
  {
    name: "a set-back D1 takes any batch",
    seed: 1002,
    edits: [{ in: "fencesOf", find: 'restore === "from-start"', replace: "true" }],
  },
  {
    name: "a set-back D1 is not noticed",
    seed: 8,
    edits: [{ in: "notedFence", find: "isOlder(tally, fenceBefore)", replace: "false" }],
  },
  {
    name: "every relay may insert the license's row",
    seed: 8,
    edits: [
      {
        in: "commitRelay",
        find: 'batch.restore === "from-start" ? startedOver(db, batch, fences) : []',
        replace: "restored(db, license)",
      },
    ],
  },
  {
    name: "a set-back D1 goes on showing what was deleted beside",
    seed: 914_336,
    edits: [{ in: "startedOver", find: "...deleted.flatMap((gone) => removal(db, gone)),", replace: "" }],
  },
  {
    name: "the outbox is emptied before D1 has answered",
    seed: 10,
    edits: [
      {
        in: "Relay.#oneBatch",
        find: "const relayed = await commitRelay(",
        replace: "this.#held.outbox.handedOver(prepared.rows); const relayed = await commitRelay(",
      },
    ],
  },
  {
    name: "a batch that D1 was too new for counts as applied",
    seed: 8,
    edits: [
      {
        in: "notedFence",
        find: "{ applied: false, change: { reprojectFrom: 0 } }",
        replace: "{ applied: true, change: { fenceConfirmed: fence } }",
      },
    ],
  },
  {
    name: "no tombstone is kept",
    seed: 19,
    edits: [
      { in: "Outbox.finishDeletion", find: "UPDATE tombstone SET handed_over = 1", replace: "DELETE FROM tombstone" },
    ],
  },
  {
    name: "a license leaves D1 before its events are handed over",
    seed: 184,
    edits: [{ in: "Deletion.#finishOne", find: "!this.#isDrained(licenseId)", replace: "false" }],
  },
  {
    name: "a reservation has no fence",
    seed: 30,
    edits: [
      {
        in: "reserveKey",
        find: "SELECT ?1, id FROM licenses WHERE id = ?2 AND fence < ?3 AND fence >= ?4",
        replace: "SELECT ?1, ?2 WHERE ?3 > ?4 - 1",
      },
    ],
  },
  {
    name: "a key is committed without looking again after its reservation",
    seed: 83,
    edits: [{ in: "reserve", find: "held.incarnation !== incarnation || held.isDeleted(licenseId)", replace: "false" }],
  },
  {
    name: "a key is committed without a reservation",
    seed: 16,
    edits: [{ in: "Keeper.#reserveAndPatch", find: "if (!reserved.ok) return reserved;", replace: "" }],
  },
  {
    name: "an unconfirmed fence is left alone",
    seed: 1638,
    edits: [{ in: "isBehind", find: "fence > fenceConfirmed ||", replace: "" }],
  },
  {
    name: "a deleted license answers for its successor",
    seed: 357,
    edits: [{ in: "whose", find: 'licenseId === undefined ? "empty" : "leaving"', replace: '"deleted"' }],
  },
  {
    name: "no alarm is set for events",
    seed: 92,
    edits: [{ in: "Held.#armFor", find: "turn.tally.eventSeq !== before.eventSeq", replace: "false" }],
  },
  {
    name: "old keys are not tidied away",
    seed: 10,
    edits: [{ in: "tidyKeys", find: "key NOT IN (?4, ?5)", replace: "key NOT IN (?4, ?5) AND 0" }],
  },
  {
    name: "a resync leaves deleted licenses that D1 shows again",
    seed: 56,
    resync: true,
    edits: [{ in: "Resync.#reopen", find: "this.#deletion.reopen(id)", replace: "void 0" }],
  },
  {
    name: "a resync does not see that D1 is older",
    seed: 140,
    resync: true,
    edits: [
      {
        in: "Resync.#note",
        find: "isOlder(tally, seen.fence) || (before === tally.eventSeq && lacksRows(seen, keys, tally))",
        replace: "before === -1",
      },
    ],
  },
  ...FACET_MUTANTS,
];
