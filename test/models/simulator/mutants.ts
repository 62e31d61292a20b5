/** The guards of the rules, each with the edit that takes it out: the simulator must find every one. */

import type { Planted } from "../../support/plant.ts";

export interface Mutant extends Planted {
  /** A seed that found it; another version of the rules takes other turns in the same seed. */
  readonly seed: number;
}

export const MUTANTS: readonly Mutant[] = [
  mutant("nobody looks whether a seat is free", "seatRefusal", "hasRoom(turn, limit + allowedOverage)", "true"),
  mutant(
    "a lapse that is swept stays counted",
    "endLapsed",
    "count(turn, activation, activation.released ? HOLD_ENDED : ENDED);",
    "",
  ),
  mutant(
    "a lapse is swept before its instant",
    "sweepBlock",
    "hasLapsed(turn, row)",
    "row.leaseEnd !== null && row.leaseEnd <= turn.now + 5000",
    2,
  ),
  mutant("nobody is told of a lapse", "endLapsed", "!activation.released", "false"),
  mutant("the instant of a lease's end is still in it", "hasLapsed", "<=", "<"),
  mutant("the same device gets another seat", "found", "rows.find((row) => isLive(look, row)) ?? null", "null"),
  mutant("revoking ends nobody", "applyPatch", "endAll(turn)", "void 0"),
  mutant("un-revoking brings activations back", "endAll", "deadUpto: turn.tally.nextSeq - 1,", ""),
  mutant("another user ends nobody", "applyPatch", "endOwned(turn)", "void 0", 2),
  mutant("tidying after a change of user passes what is below", "endOwned", "ownedTidiedUpto: tally.deadUpto,", "", 5),
  mutant("the count is remembered beyond the next end", "freshCount", "turn.now < known.nextEnd", "true"),
  mutant("the count is remembered beyond a grant", "noteInserted", "turn.memory.lapses = null;", ""),
  mutant(
    "a lapse falls under the rule of now",
    "seatEnd",
    "seatReleaseAt(turn.license.terms, leaseEnd)",
    "turn.license.terms.seatRelease",
    20,
  ),
  mutant("a full block gets no bound", "noteInserted", "settleFloor(turn, block - 1)", "void 0", 3),
  mutant("a bound stays above a hold", "noteHold", "turn.ledger.setFloor(block, activation.leaseEnd)", "void 0", 35),
  mutant(
    "a renewal reference is not recorded",
    "once",
    "ledger.recordRenewalReference(renewalReference, now)",
    "void 0",
  ),
  mutant(
    "a seat given back is free before its token's end",
    "release",
    'turn.license.terms.seatRelease === "after-token"',
    "false",
    2,
  ),
  mutant("a lapsed seat is free before its token's end", "seatEnd", "Math.max(leaseEnd, tokenEnd ?? 0)", "leaseEnd", 2),
  mutant("a hold taken over forgets the token that it was for", "newActivation", "known.held?.tokenEnd ?? 0", "0", 2),
  mutant(
    "a token that was not signed holds the seat",
    "checkOut",
    "{ ...found.value, tokenEnd: call.tokenEndBefore ?? 0 }",
    "found.value",
  ),
  mutant("a grace goes beyond the license's end", "tokenEnd", "holder.endsAt,", "", 2),
  mutant(
    "under at-once a grace may be of any length",
    "leaseGraceRefusal",
    "leaseGracePeriod <= MOST_AT_ONCE",
    "true",
    2,
  ),
  mutant(
    "a token ends with its lease, whatever the grace",
    "graceEnd",
    "leaseEnd + leaseGracePeriod * 1000",
    "leaseEnd",
  ),
  mutant("a device comes later than its token's refresh", "earlier", "at - interval", "at + interval"),
  mutant("every renewal has a share of its own", "earlier", "share(holder)", "Math.random()"),
  mutant("a renewal may shorten a lease", "leaseEndFrom", "before ?? 0", "0"),
  mutant(
    "a call that meets its lapse leaves it",
    "ownedOrSwept",
    "sweepOne(turn, call.activationId.toLowerCase())",
    "void 0",
  ),
  mutant("a fresh instance goes by its machine's clock", "openTurn", "tally.clock,", ""),
  mutant("answers of one instance go back in time", "openTurn", "memory.clock,", ""),
  mutant("the instant of the end is not expired yet", "standingRefusal", "endsAt <= now", "endsAt < now", 2),
  mutant(
    "months are counted from the last end",
    "plusPeriod",
    "return { anchorAt: base.anchorAt, months: base.months + period.months };",
    "return endAt(addMonths(endInstant(base), period.months));",
    4,
  ),
  mutant("a device that checks out loses its own end", "release", "rememberClock(turn, activation);", ""),
  mutant("a device that is revoked loses its own end", "removeDead", "rememberClock(turn, row);", "", 9),
  mutant(
    "clients' check-outs are not counted",
    "countDeactivation",
    "turn.tally.deactivations + 1",
    "turn.tally.deactivations",
    2,
  ),
  mutant(
    "what the vendor ends counts as a deactivation",
    "endActivation",
    "release(turn, activation, wanted);",
    "release(turn, activation, wanted); turn.tally = { ...turn.tally, deactivations: turn.tally.deactivations + 1 };",
  ),
  mutant("a hold that is given up stays counted", "releaseHold", "count(turn, held, HOLD_ENDED);", ""),
  mutant("a bulk deletion ends who is at its second bound", "isIn", "at < below", "at <= below"),
  mutant(
    "a bulk deletion begins behind its first bound",
    "lastBefore",
    "row.createdAt < from",
    "row.createdAt <= from",
  ),
  mutant("an older e-mail replaces a newer one", "applyUserEmail", ">=", "==="),
  mutant(
    "a suspended license renews",
    "usable",
    "refusal === null",
    'refusal === null || refusal.code === "license-suspended"',
  ),
  mutant(
    "two limit events within a minute",
    "tellLimit",
    "turn.now - turn.tally.limitEventAt < LIMIT_EVENT_EVERY",
    "false",
  ),
  mutant(
    "a newer copy of the user that shows nothing new is dropped",
    "applyPatch",
    "else if (license.terms !== turn.license.terms)",
    "else if (false)",
    26,
  ),
  mutant(
    "tokens of perpetual days are forgotten",
    "mayHaveEndlessTokens",
    "|| restsOnActivationEnds(afterToken)",
    "",
    6,
  ),
  mutant("type and strategy change while devices are live", "planRefusal", "live > 0", "false"),
  mutant(
    "ends of before another strategy are remembered",
    "counts",
    "memory.renewalsBefore >= license.terms.endsRememberedFrom",
    "true",
    3,
  ),
  mutant("another strategy leaves what was pending", "begunAnew", "pendingRenewals: 0,", "", 8),
  mutant("another strategy leaves the first activation", "begunAnew", "activatedAt: null,", ""),
  mutant("a renewal by a plan without an end waits", "lengthened", "terms.end === null && waits", "terms.end === null"),
  mutant("the plan that it is on is put on it again", "withPlan", "|| plan.id === terms.licenseTemplateId", ""),
  mutant("a D1 that was set back is not noticed", "isOlder", "fence === null || fence < fenceConfirmed", "false", 4),
];

function mutant(name: string, within: string, find: string, replace: string, seed = 1): Mutant {
  return { name, seed, edits: [{ in: within, find, replace }] };
}
