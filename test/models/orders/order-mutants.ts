/**
 * Guards of changes that reserve (KEY-2, REF-1), each with the edit that takes it out, and the short lives in which
 * that shows.
 */

import type { Planted } from "../../support/plant.ts";
import type { OperationName } from "./order-operations.ts";

export interface OrderMutant extends Planted {
  /**
   * These, one after the other or overlapping, break a rule when so many things happen besides
   * (test/models/orders/order-search.ts).
   */
  readonly order: readonly OperationName[];
  readonly failures: number;
}

export const ORDER_MUTANTS: readonly OrderMutant[] = [
  {
    name: "a relay tidies the new key away",
    ...{ order: ["key K2"], failures: 0 },
    edits: [{ in: "tidyKeys", find: "key NOT IN (?4, ?5)", replace: "key <> ?5" }],
  },
  {
    name: "a relay tidies the first key away",
    ...{ order: ["key K2"], failures: 0 },
    edits: [{ in: "tidyKeys", find: "key NOT IN (?4, ?5)", replace: "key NOT IN (?4, substr(?5, 99))" }],
  },
  {
    name: "a reservation that failed does not stop the change",
    ...{ order: ["sell K2", "key K2"], failures: 0 },
    edits: [{ in: "Keeper.#reserveAndPatch", find: "if (!reserved.ok) return reserved;", replace: "" }],
  },
  {
    name: "a reservation without an answer is taken for granted",
    ...{ order: ["sell K2", "key K2"], failures: 1 },
    edits: [
      {
        in: "reserve",
        find: "host.report(",
        replace: "if (host !== null) return { ok: true, value: undefined }; host.report(",
      },
    ],
  },
  {
    name: "after a reservation nobody looks whether the license is there still",
    ...{ order: ["key K2", "delete"], failures: 1 },
    edits: [{ in: "reserve", find: "held.incarnation !== incarnation || held.isDeleted(licenseId)", replace: "false" }],
  },
  {
    name: "a user is not reserved where a key is",
    ...{ order: ["key K2 for ada", "remove ada"], failures: 1 },
    edits: [{ in: "reserveFor", find: "user.id === terms.user?.id", replace: "key !== undefined" }],
  },
  {
    name: "a relay may run between a reservation and its change",
    ...{ order: ["key K2", "open", "sell K2"], failures: 2 },
    edits: [
      {
        in: "Keeper.#reserveAndPatch",
        find: "this.#lock.hold(",
        replace: "(async (work: () => Promise<Outcome<Changed>>) => await work())(",
      },
    ],
  },
  {
    name: "reservations of what a license refers to are kept for ever",
    ...{ order: ["for ada"], failures: 0 },
    edits: [{ in: "commitRelay", find: "tidyReferences(db, license.id, fences),", replace: "" }],
  },
];
