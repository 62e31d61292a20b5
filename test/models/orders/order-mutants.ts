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

const RESERVATION = "src/license/reservation.ts";
const RELAY = "src/registry/relay.ts";
const KEEPER = "src/license/keeper.ts";

export const ORDER_MUTANTS: readonly OrderMutant[] = [
  {
    name: "a relay tidies the new key away",
    ...{ order: ["key K2"], failures: 0 },
    edits: [{ file: RELAY, find: "key NOT IN (?4, ?5) AND", replace: "key <> ?5 AND" }],
  },
  {
    name: "a relay tidies the first key away",
    ...{ order: ["key K2"], failures: 0 },
    edits: [{ file: RELAY, find: "key NOT IN (?4, ?5) AND", replace: "key NOT IN (?4, substr(?5, 99)) AND" }],
  },
  {
    name: "a reservation that failed does not stop the change",
    ...{ order: ["sell K2", "key K2"], failures: 0 },
    edits: [{ file: KEEPER, find: "if (!reserved.ok) return reserved;", replace: "" }],
  },
  {
    name: "a reservation without an answer is taken for granted",
    ...{ order: ["sell K2", "key K2"], failures: 1 },
    edits: [
      {
        file: RESERVATION,
        find: 'host.report("what a change needs could not be reserved in D1", error);',
        replace: 'if (host !== null) return { ok: true, value: undefined } as Outcome<T>;\n    host.report("", error);',
      },
    ],
  },
  {
    name: "after a reservation nobody looks whether the license is there still",
    ...{ order: ["key K2", "delete"], failures: 1 },
    edits: [
      {
        file: RESERVATION,
        find: 'if (held.incarnation !== incarnation || held.isDeleted(licenseId)) return no({ code: "license-unknown" });',
        replace: "",
      },
    ],
  },
  {
    name: "a user is not reserved where a key is",
    ...{ order: ["key K2 for ada", "remove ada"], failures: 1 },
    edits: [
      {
        file: RESERVATION,
        find: "if (user === null || user.id === terms.user?.id) return yes({});",
        replace: "if (user === null || key !== undefined) return yes({});",
      },
    ],
  },
  {
    name: "a relay may run between a reservation and its change",
    ...{ order: ["key K2", "open", "sell K2"], failures: 2 },
    edits: [
      {
        file: KEEPER,
        find: "return this.#lock.hold(async () => {\n      const { license } = this.#held;",
        replace:
          "return (async (work: () => Promise<Outcome<Changed>>) => await work())(async () => {\n      const { license } = this.#held;",
      },
    ],
  },
  {
    name: "users' reservations are kept for ever",
    ...{ order: ["for ada"], failures: 0 },
    edits: [{ file: RELAY, find: "tidyUsers(db, license.id, fences),", replace: "" }],
  },
];
