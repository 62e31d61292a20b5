/** The guards of the rules, each with the edit that takes it out: the simulator must find every one. */

import type { Planted } from "../../support/plant.ts";

const SEATS = "src/domain/seats.ts";
const TURN = "src/domain/turn.ts";
const CHANGE = "src/domain/change.ts";
const SESSION = "src/domain/session.ts";
const RELEASE = "src/domain/release.ts";
const ENDING = "src/domain/ending.ts";
const ACTIVATION = "src/domain/activation.ts";

export interface Mutant extends Planted {
  /** A seed that found it; another version of the rules takes other turns in the same seed. */
  readonly seed: number;
}

export const MUTANTS: readonly Mutant[] = [
  mutant(
    "nobody looks whether a seat is free",
    SEATS,
    "if (!unlimited && !hasRoom(turn, limit)) return refuseFull(turn, limit);",
    "",
  ),
  mutant(
    "a lapse that is swept stays counted",
    SEATS,
    "count(turn, activation.owner, activation.released ? HOLD_ENDED : ENDED);",
    "",
  ),
  mutant(
    "a lapse is swept before its instant",
    SEATS,
    ".filter((row) => !isDead(turn, row) && hasLapsed(turn, row))",
    ".filter((row) => !isDead(turn, row) && row.leaseEnd !== null && row.leaseEnd <= turn.now + 5000)",
  ),
  mutant(
    "nobody is told of a lapse",
    SEATS,
    'if (!activation.released) emit(turn, "activation.lease-expired", {}, activationData(turn, activation));',
    "",
  ),
  mutant(
    "the instant of a lease's end is still in it",
    SEATS,
    "return activation.leaseEnd !== null && activation.leaseEnd <= turn.now;",
    "return activation.leaseEnd !== null && activation.leaseEnd < turn.now;",
  ),
  mutant(
    "the same device gets another seat",
    ACTIVATION,
    "live: rows.find((row) => isLive(turn, row)) ?? null,",
    "live: null,",
  ),
  mutant("revoking ends nobody", CHANGE, "if (endsActivations) endAll(turn);", ""),
  mutant("un-revoking brings activations back", "src/domain/counters.ts", "deadUpto: turn.tally.nextSeq - 1,", ""),
  mutant("another user ends nobody", CHANGE, "if (endsOwned) endOwned(turn);", ""),
  mutant(
    "tidying after a change of user passes what is below",
    "src/domain/counters.ts",
    "ownedTidiedUpto: tally.deadUpto,",
    "",
    13,
  ),
  mutant(
    "the count is remembered beyond the next end",
    SEATS,
    "return known !== null && (known.nextEnd === null || turn.now < known.nextEnd) ? known : null;",
    "return known;",
  ),
  mutant(
    "the count is remembered beyond a grant",
    SEATS,
    "turn.memory.lapses = null;\n  const block = blockOf(activation.seq);\n  if (block > 0",
    "const block = blockOf(activation.seq);\n  if (block > 0",
  ),
  mutant(
    "the count is remembered beyond other terms",
    CHANGE,
    "if (license.terms.seatRelease !== turn.license.terms.seatRelease) turn.memory.lapses = null;",
    "",
    20,
  ),
  mutant(
    "a full block gets no bound",
    SEATS,
    "if (block > 0 && blockOf(activation.seq - 1) < block) settleFloor(turn, block - 1);",
    "",
  ),
  mutant(
    "a bound stays above a hold",
    SEATS,
    "if (floor === null || activation.leaseEnd < floor) turn.ledger.setFloor(block, activation.leaseEnd);",
    "",
    20,
  ),
  mutant(
    "a renewal reference is not recorded",
    "src/domain/move-end.ts",
    "if (renewalReference !== null) ledger.recordRenewalReference(renewalReference, now);",
    "",
  ),
  mutant(
    "a seat given back is free before its token's end",
    RELEASE,
    'turn.license.terms.seatRelease === "after-token" ? activation.tokenEnd : null;',
    "null;",
    2,
  ),
  mutant(
    "a lapsed seat is free before its token's end",
    SEATS,
    "return outlived ? Math.max(leaseEnd, tokenEnd ?? 0) : leaseEnd;",
    "return outlived ? leaseEnd : leaseEnd;",
    2,
  ),
  mutant(
    "a hold taken over forgets the token that it was for",
    ACTIVATION,
    "tokenEnd: known.held?.tokenEnd ?? 0,",
    "tokenEnd: 0,",
    2,
  ),
  mutant(
    "a token that was not signed holds the seat",
    SESSION,
    "isClient ? found.value : { ...found.value, tokenEnd: call.tokenEndBefore ?? 0 }",
    "found.value",
  ),
  mutant(
    "a renewal may shorten a lease",
    "src/domain/lease.ts",
    "return Math.max(now + leaseSeconds * 1000, before ?? 0);",
    "return before === null ? now + leaseSeconds * 1000 : now + leaseSeconds * 1000;",
  ),
  mutant(
    "a call that meets its lapse leaves it",
    SESSION,
    'if (!found.ok && found.refusal.code === "session-unknown") sweepOne(turn, call.sessionId.toLowerCase());',
    "",
  ),
  mutant(
    "a fresh instance goes by its machine's clock",
    TURN,
    "Math.max(clock, memory.clock, tally.clock, license.terms.createdAt)",
    "Math.max(clock, memory.clock, license.terms.createdAt)",
  ),
  mutant(
    "answers of one instance go back in time",
    TURN,
    "Math.max(clock, memory.clock, tally.clock, license.terms.createdAt)",
    "Math.max(clock, tally.clock, license.terms.createdAt)",
  ),
  mutant(
    "the instant of the end is not expired yet",
    "src/domain/standing.ts",
    "if (endsAt !== null && endsAt <= now)",
    "if (endsAt !== null && endsAt < now)",
    2,
  ),
  mutant(
    "months are counted from the last end",
    "src/domain/expiry.ts",
    "return { anchorAt: base.anchorAt, months: base.months + period.months };",
    "return endAt(addMonths(endInstant(base), period.months));",
    4,
  ),
  mutant("a device that checks out loses its own end", RELEASE, "rememberClock(turn.ledger, activation);\n", ""),
  mutant("a device that is revoked loses its own end", "src/domain/tidy.ts", "rememberClock(turn.ledger, row);", "", 2),
  mutant(
    "clients' check-outs are not counted",
    SESSION,
    "move(turn, { deactivations: turn.tally.deactivations + 1 });",
    "",
    2,
  ),
  mutant(
    "what the vendor ends counts as a deactivation",
    ENDING,
    "release(turn, activation);\n  return yes(null);",
    "release(turn, activation);\n  turn.tally = { ...turn.tally, deactivations: turn.tally.deactivations + 1 };\n  return yes(null);",
  ),
  mutant("a bulk deletion ends who is at its second bound", ENDING, "at < below)", "at <= below)"),
  mutant("a bulk deletion begins behind its first bound", ENDING, "row.createdAt < from", "row.createdAt <= from"),
  mutant("an older e-mail replaces a newer one", CHANGE, "user.revision >= revision", "user.revision === revision"),
  mutant(
    "a suspended license renews",
    SESSION,
    "return refusal === null ? found : no(refusal);",
    'return refusal === null || refusal.code === "license-suspended" ? found : no(refusal);',
  ),
  mutant(
    "two limit events within a minute",
    SEATS,
    "if (turn.now - turn.tally.limitEventAt >= LIMIT_EVENT_EVERY) {",
    "if (turn.now > 0) {",
  ),
  mutant(
    "a newer copy of the user that shows nothing new is dropped",
    CHANGE,
    "} else if (license.terms !== turn.license.terms) {",
    "} else if (turn.now < 0) {",
    3,
  ),
  mutant(
    "tokens of perpetual days are forgotten",
    "src/domain/seat-release.ts",
    "return seatReleaseRefusal(afterToken) !== null || restsOnActivationEnds(afterToken);",
    "return seatReleaseRefusal(afterToken) !== null;",
    9,
  ),
  mutant(
    "a D1 that was set back is not noticed",
    "src/license/fence.ts",
    "return fence === null || fence < fenceConfirmed;",
    "return false;",
    2,
  ),
];

function mutant(name: string, file: string, find: string, replace: string, seed = 1): Mutant {
  return { name, seed, edits: [{ file, find, replace }] };
}
