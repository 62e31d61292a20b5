/** What grants a seat, each part with the edit that breaks it: a history must show that it is broken. */

import type { Mutant } from "../lives/mutants.ts";

export const SEAT_MUTANTS: readonly Omit<Mutant, "seed">[] = [
  {
    name: "the seat check counts one too few",
    edits: [{ in: "hasRoom", find: "inUse(turn).seats < seats", replace: "inUse(turn).seats <= seats" }],
  },
  {
    name: "the lapse sweep ends leases that still run",
    edits: [{ in: "sweepBlock", find: "hasLapsed(turn, row)", replace: "row.leaseEnd !== null" }],
  },
  {
    name: "a device that is there already takes another seat",
    edits: [{ in: "grant", find: "known.live === null", replace: "true" }],
  },
  {
    name: "the revoke watermark leaves the youngest out",
    edits: [{ in: "endAll", find: "turn.tally.nextSeq - 1", replace: "turn.tally.nextSeq - 2" }],
  },
  {
    name: "the count memo outlives the next lapse",
    edits: [{ in: "freshCount", find: "turn.now < known.nextEnd", replace: "true" }],
  },
  {
    name: "a block that is left gets no floor",
    edits: [{ in: "noteInserted", find: "settleFloor(turn, block - 1)", replace: "void 0" }],
  },
  {
    name: "the seat of a lapsed lease is not counted back",
    edits: [{ in: "endLapsed", find: "activation.released ? HOLD_ENDED : ENDED", replace: "HOLD_ENDED" }],
  },
  {
    name: "a check-out is not counted back",
    edits: [{ in: "release", find: "count(turn, activation, ENDED);", replace: "" }],
  },
  {
    name: "an instance is a device",
    edits: [
      {
        in: "knownDevice",
        find: 'wish.fingerprint !== null && terms.leasingStrategy !== "per-instance"',
        replace: "wish.fingerprint !== null",
      },
    ],
  },
  {
    name: "a person's devices need a seat each",
    edits: [{ in: "refusalFor", find: "holder === null", replace: "true" }],
  },
  {
    name: "no seat is above the limit",
    edits: [{ in: "seatOf", find: "isFull(turn)", replace: "false" }],
  },
  {
    name: "a v3 activation needs a license that runs",
    edits: [{ in: "standingOfDevice", find: "admitsEnded ?", replace: "false ?" }],
  },
  {
    name: "a sync renews nothing",
    edits: [
      { in: "sync", find: "...extended(turn, before, call.requestedLeaseSeconds), facts", replace: "...before, facts" },
    ],
  },
];
