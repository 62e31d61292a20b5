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
    file: "src/license/birth.ts",
    find: "return await this.#lock.hold(() => this.#takeOver(licenseId));",
    replace: "return await this.#takeOver(licenseId);",
  },
  {
    file: "src/license/birth.ts",
    find: "this.#running ??= {",
    replace: "this.#running = {",
  },
  {
    file: "src/license/deletion.ts",
    find: "return this.#lock.hold(async () => {",
    replace: "return (async (work: () => Promise<void>) => await work())(async () => {",
  },
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
    seed: 328,
    edits: [
      ...WITHOUT_QUEUE,
      {
        file: "src/license/birth.ts",
        find: "if (this.#held.incarnation !== incarnation || this.#held.holdsLicense()) return yes(null);",
        replace: "",
      },
    ],
  },
  {
    name: "birth starts afresh where a projection exists",
    seed: 471,
    edits: [
      {
        file: "src/registry/birth.ts",
        find: "WHERE id = ?1 AND fence = 0 RETURNING",
        replace: "WHERE id = ?1 RETURNING",
      },
    ],
  },
  {
    name: "birth ignores tombstones",
    seed: 178,
    edits: [
      {
        file: "src/license/whose.ts",
        find: 'if (licenseId !== undefined && held.isDeleted(licenseId)) return "deleted";',
        replace: "",
      },
    ],
  },
  {
    name: "batches do not queue",
    seed: 1265,
    edits: [
      {
        file: "src/license/lock.ts",
        find: "const next = this.#tail.then(work, work);",
        replace: "const next = work();",
      },
    ],
  },
  {
    name: "the license's row has no fence",
    seed: 266,
    edits: [
      {
        file: "src/registry/relay.ts",
        find: "WHERE id = ?1 AND fence < ?2 AND fence >= ?3`,",
        replace: "WHERE id = ?1 AND ?2 > ?3 - 1`,",
      },
    ],
  },
  {
    name: "activation rows have no fence",
    seed: 42,
    edits: [
      {
        file: "src/registry/relay.ts",
        find: 'const IN_TURN = "EXISTS (SELECT 1 FROM licenses WHERE id = ?1 AND fence < ?2 AND fence >= ?3)";',
        replace: 'const IN_TURN = "(?1 IS NOT NULL AND ?2 > ?3 - 1)";',
      },
    ],
  },
  {
    name: "late batches are not told by their fence",
    seed: 1,
    edits: [
      {
        file: "src/registry/relay.ts",
        find: 'return { from: restore === "from-start" ? 0 : fenceConfirmed, below: fence };',
        replace: 'return { from: restore === "from-start" ? 0 : fenceConfirmed, below: fence + 1_000_000 };',
      },
    ],
  },
  {
    name: "a set-back D1 takes any batch",
    seed: 2416,
    edits: [
      {
        file: "src/registry/relay.ts",
        find: 'return { from: restore === "from-start" ? 0 : fenceConfirmed, below: fence };',
        replace: "return { from: 0, below: fence };",
      },
    ],
  },
  {
    name: "a set-back D1 is not noticed",
    seed: 8,
    edits: [
      {
        file: "src/license/fence.ts",
        find: "if (isOlder(tally, fenceBefore) && restore",
        replace: "if (false && restore",
      },
    ],
  },
  {
    name: "every relay may insert the license's row",
    seed: 197,
    edits: [
      {
        file: "src/registry/relay.ts",
        find: '...(batch.restore === "from-start" ? startedOver(db, batch, fences) : []),',
        replace: "...restored(db, license),",
      },
    ],
  },
  {
    name: "a set-back D1 goes on showing what was deleted beside",
    seed: 910_810,
    edits: [{ file: "src/registry/relay.ts", find: "...deleted.flatMap((gone) => removal(db, gone)),", replace: "" }],
  },
  {
    name: "the outbox is emptied before D1 has answered",
    seed: 10,
    edits: [
      {
        file: "src/license/relay.ts",
        find: "const relayed = await commitRelay(",
        replace: "this.#held.outbox.handedOver(prepared.rows);\n        const relayed = await commitRelay(",
      },
    ],
  },
  {
    name: "a batch that D1 was too new for counts as applied",
    seed: 8,
    edits: [
      {
        file: "src/license/fence.ts",
        find: "return { applied: false, change: { reprojectFrom: 0 } };",
        replace: "return { applied: true, change: { fenceConfirmed: fence } };",
      },
    ],
  },
  {
    name: "no tombstone is kept",
    seed: 178,
    edits: [
      {
        file: "src/license/outbox.ts",
        find: 'this.#sql.rows("UPDATE tombstone SET handed_over = 1 WHERE license_id = ?", licenseId);',
        replace: 'this.#sql.rows("DELETE FROM tombstone WHERE license_id = ?", licenseId);',
      },
    ],
  },
  {
    name: "a license leaves D1 before its events are handed over",
    seed: 137,
    edits: [{ file: "src/license/deletion.ts", find: "if (!this.#isDrained(licenseId)) return;", replace: "" }],
  },
  {
    name: "a reservation has no fence",
    seed: 30,
    edits: [
      {
        file: "src/registry/reserve.ts",
        find: "SELECT ?1, id FROM licenses WHERE id = ?2 AND fence < ?3 AND fence >= ?4",
        replace: "SELECT ?1, ?2 WHERE ?3 > ?4 - 1",
      },
    ],
  },
  {
    name: "a key is committed without looking again after its reservation",
    seed: 45,
    edits: [
      {
        file: "src/license/reservation.ts",
        find: 'if (held.incarnation !== incarnation || held.isDeleted(licenseId)) return no({ code: "license-unknown" });',
        replace: "",
      },
    ],
  },
  {
    name: "a key is committed without a reservation",
    seed: 18,
    edits: [{ file: "src/license/keeper.ts", find: "if (!reserved.ok) return reserved;", replace: "" }],
  },
  {
    name: "an unconfirmed fence is left alone",
    seed: 766,
    edits: [
      {
        file: "src/license/fence.ts",
        find: "return fence > fenceConfirmed || reprojectFrom !== null;",
        replace: "return reprojectFrom !== null;",
      },
    ],
  },
  {
    name: "a deleted license answers for its successor",
    seed: 421,
    edits: [
      {
        file: "src/license/whose.ts",
        find: 'if (leaving) return licenseId === undefined ? "empty" : "leaving";',
        replace: 'if (leaving) return "deleted";',
      },
    ],
  },
  {
    name: "no alarm is set for events",
    seed: 49,
    edits: [
      {
        file: "src/license/held.ts",
        find: "else if (turn.tally.eventSeq !== before.eventSeq) this.armBy(turn.now + RELAY_NET);",
        replace: "",
      },
    ],
  },
  {
    name: "old keys are not tidied away",
    seed: 10,
    edits: [
      { file: "src/registry/relay.ts", find: "key NOT IN (?4, ?5) AND", replace: "key NOT IN (?4, ?5) AND 0 AND" },
    ],
  },
  {
    name: "a resync leaves deleted licenses that D1 shows again",
    seed: 56,
    resync: true,
    edits: [
      {
        file: "src/license/resync.ts",
        find: "for (const { id } of forgotten) this.#deletion.reopen(id);",
        replace: "",
      },
    ],
  },
  {
    name: "a resync does not see that D1 is older",
    seed: 140,
    resync: true,
    edits: [
      {
        file: "src/license/resync.ts",
        find: "} else if (isOlder(tally, seen.fence) || (before === tally.eventSeq && lacksRows(seen, keys, tally))) {",
        replace: "} else if (before === -1) {",
      },
    ],
  },
  ...FACET_MUTANTS,
];
