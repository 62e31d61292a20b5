/**
 * What is read of a license to judge it: a turn, or a row that no object has taken over. By its type it writes nothing.
 */

import { EMPTY_TALLY, type Ledger } from "./ledger.ts";
import type { License } from "../terms/license.ts";
import type { Memory, Turn } from "./turn.ts";

export interface Look extends Readonly<Pick<Turn, "license" | "tally" | "now">> {
  readonly ledger: Pick<
    Ledger,
    | "activation"
    | "activationsOf"
    | "heldBy"
    | "block"
    | "range"
    | "dueBlocks"
    | "nextFloor"
    | "rollingMemory"
    | "renewals"
    | "renewalsUpto"
    | "digest"
  > & { readonly parts: Pick<Ledger["parts"], "carriers">; readonly meters: Pick<Ledger["meters"], "all"> };
  /** What was counted is remembered: that is no state. */
  readonly memory: Pick<Memory, "lapses">;
}

/** ID-5: a license before its birth, of which nothing is stored but its row. `clock` in epoch ms. */
export function lookAtUnborn(license: License, clock: number): Look {
  const none = () => [];
  const nobody = () => null;
  const noRenewal = () => ({ n: 0, months: 0, seconds: 0 });
  return {
    license,
    tally: EMPTY_TALLY,
    now: Math.max(clock, license.terms.createdAt),
    ledger: {
      activation: nobody,
      activationsOf: none,
      heldBy: none,
      block: none,
      range: none,
      dueBlocks: none,
      nextFloor: nobody,
      rollingMemory: nobody,
      renewals: noRenewal,
      renewalsUpto: noRenewal,
      // Nothing is stored under any.
      digest: () => "",
      parts: { carriers: none },
      meters: { all: none },
    },
    memory: { lapses: null },
  };
}
