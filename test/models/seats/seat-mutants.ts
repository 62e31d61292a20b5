/** What grants a seat, each part with the edit that breaks it: a history must show that it is broken. */

import type { Mutant } from "../lives/mutants.ts";

export const SEAT_MUTANTS: readonly Omit<Mutant, "seed">[] = [
  {
    name: "the seat check counts one too few",
    edits: [
      {
        file: "src/domain/seats.ts",
        find: "return turn.tally.seatsTaken < limit || inUse(turn).seats < limit;",
        replace: "return turn.tally.seatsTaken < limit || inUse(turn).seats <= limit;",
      },
    ],
  },
  {
    name: "the lapse sweep ends leases that still run",
    edits: [
      {
        file: "src/domain/seats.ts",
        find: ".filter((row) => !isDead(turn, row) && hasLapsed(turn, row))\n    .slice(0, most);",
        replace: ".filter((row) => !isDead(turn, row) && row.leaseEnd !== null)\n    .slice(0, most);",
      },
    ],
  },
  {
    name: "a device that is there already takes another seat",
    edits: [
      {
        file: "src/domain/activation.ts",
        find: "if (known.live !== null) return resume(turn, call, known.live);",
        replace: "",
      },
    ],
  },
  {
    name: "the revoke watermark leaves the youngest out",
    edits: [
      {
        file: "src/domain/counters.ts",
        find: "deadUpto: turn.tally.nextSeq - 1,",
        replace: "deadUpto: turn.tally.nextSeq - 2,",
      },
    ],
  },
  {
    name: "the count memo outlives the next lapse",
    edits: [
      {
        file: "src/domain/seats.ts",
        find: "return known !== null && (known.nextEnd === null || turn.now < known.nextEnd) ? known : null;",
        replace: "return known;",
      },
    ],
  },
  {
    name: "a block that is left gets no floor",
    edits: [
      {
        file: "src/domain/seats.ts",
        find: "if (block > 0 && blockOf(activation.seq - 1) < block) settleFloor(turn, block - 1);",
        replace: "",
      },
    ],
  },
  {
    name: "the seat of a lapsed lease is not counted back",
    edits: [
      {
        file: "src/domain/seats.ts",
        find: "count(turn, activation.owner, activation.released ? HOLD_ENDED : ENDED);",
        replace: "count(turn, activation.owner, HOLD_ENDED);",
      },
    ],
  },
  {
    name: "a check-out is not counted back",
    edits: [
      {
        file: "src/domain/release.ts",
        find: "turn.ledger.deleteActivation(activation);\n    count(turn, activation.owner, ENDED);",
        replace: "turn.ledger.deleteActivation(activation);",
      },
    ],
  },
];
