/** Activating a device: it is judged, then granted: the same device again, or a new seat (SEAT-1 to SEAT-4). */

import { activationChanges, activationData } from "../seats/activation-data.ts";
import { licenseData } from "../seats/event-data.ts";
import { changesBetween } from "../license/difference.ts";
import type { ActivateCall, Grant, SignedInUser } from "../license/calls.ts";
import { count, countOwned, GRANTED, HOLD_ENDED } from "../turn/counters.ts";
import { judge, sweeping, type Means } from "./judge.ts";
import type { KnownDevice } from "./known-device.ts";
import type { DeviceFacts } from "../license/device.ts";
import { factsOf, forgetsPlace, newerFacts, syncedFacts } from "../seats/device-facts.ts";
import { extended, grantedLease, leaseEndFrom, rememberedWish } from "../seats/lease.ts";
import type { Activation } from "../turn/ledger.ts";
import { no, yes, type Outcome } from "../outcome.ts";
import { withUses } from "../seats/meters.ts";
import { ownUses } from "../turn/meter-counts.ts";
import { ownerOf, personOf } from "../seats/owner.ts";
import type { Refusal } from "../refusal.ts";
import { firstActivation } from "../license/renewal.ts";
import { isFull, noteInserted, tellLimit, tellOverage } from "../seats/seats.ts";
import { noteRelease } from "../seats/newest-release.ts";
import { remove, store } from "../seats/stored.ts";
import { signed, tokenKindOf } from "../seats/token-grant.ts";
import { emit, move, type Turn } from "../turn/turn.ts";
import { noteGrant } from "../seats/usage.ts";

/**
 * Activates a device, or resumes its live activation.
 * Refusals, in this order: fingerprint, standing (revoked, not yet effective, expired, suspended), product, country and
 * address, virtual machine and container, authentication and user, release, same device, what is `against` a new
 * activation (null = nothing is), seats, uses of meter attributes.
 */
export function activate(turn: Turn, call: ActivateCall, against: Refusal | null = null): Outcome<Grant> {
  const means = sweeping(turn, against);
  const verdict = judge(turn, call, means);
  if (verdict.ok) return yes(grant(turn, call, verdict.known, means));
  if (verdict.refusal.code === "seats-exhausted") tellLimit(turn, verdict.refusal);
  return no(verdict.refusal);
}

/** What was judged, in the same turn. */
function grant(turn: Turn, call: ActivateCall, known: KnownDevice, means: Means): Grant {
  return known.live === null
    ? begin(turn, call, known, seatOf(turn, known, means))
    : resume(turn, call, known, known.live);
}

/**
 * SEAT-3: the same activation, a fresh lease, no second seat, one row written and no event but at a take-over, or of
 * uses that were counted.
 * AUTH-4: it is the caller's from now on, also where another identity of the license's user had it.
 */
function resume(turn: Turn, call: ActivateCall, { claim }: KnownDevice, live: Activation): Grant {
  const person = personOf(call.principal);
  // AUTH-7: whoever acts for somebody says nothing of whose it is.
  const { terms } = turn.license;
  const theirs =
    claim === "on-behalf"
      ? { facts: syncedFacts(terms, live.facts, call) }
      : { ...ownership(turn, person), facts: newerFacts(live.facts, factsOf(terms, call, person)) };
  if (claim === "take-over") {
    countOwned(turn, GRANTED);
    ownUses(turn, live);
  }
  const known = { ...extended(turn, live, call.requestedLeaseSeconds), ...theirs, generation: live.generation + 1 };
  const counted = withUses(turn, known, call.uses ?? []);
  const resumed = signed(turn, counted, tokenKindOf(call));
  turn.ledger.updateActivation(resumed.activation);
  const isNewest = noteRelease(turn, call.device.releaseVersion);
  if (isNewest || forgetsPlace(live.facts, resumed.activation.facts)) turn.staleProjections.push(live.id);
  if (claim === "take-over" || counted !== known) {
    const changes = activationChanges(turn, live, resumed.activation);
    emit(turn, "activation.updated", changes, activationData(turn, resumed.activation));
  }
  return resumed.grant;
}

/** AUTH-6: whoever owns from now on belongs to the epoch that runs. */
function ownership(turn: Turn, person: SignedInUser | null): Pick<Activation, "owner" | "ownerEpoch"> {
  return { owner: ownerOf(person), ownerEpoch: turn.tally.ownerEpoch };
}

function begin(turn: Turn, call: ActivateCall, known: KnownDevice, seat: SeatGranted): Grant {
  if (known.held !== null) endHold(turn, known.held);
  const owner = ownerOf(personOf(call.principal));
  count(turn, { seq: turn.tally.nextSeq, owner, holder: known.holder }, GRANTED);
  noteGrant(turn);
  turn.memory.lastUsedAt = turn.now;
  noteRelease(turn, call.device.releaseVersion);
  startTerm(turn);
  const counted = withUses(turn, newActivation(turn, call, known, seat), call.uses ?? []);
  const begun = signed(turn, counted, tokenKindOf(call));
  store(turn, begun.activation);
  move(turn, { nextSeq: turn.tally.nextSeq + 1 });
  noteInserted(turn, begun.activation);
  emit(turn, "activation.created", {}, activationData(turn, begun.activation));
  if (seat === "granted above the limit") tellOverage(turn);
  const tokenEndBefore = known.held?.tokenEnd ?? null;
  return tokenEndBefore === null ? begun.grant : { ...begun.grant, tokenEndBefore };
}

/** SEAT-9: decided when a seat is granted. What a hold or a person's devices have already stays what it is. */
type SeatGranted = "within the limit" | "above the limit" | "granted above the limit";

function seatOf(turn: Turn, { held, holder }: KnownDevice, { shared }: Means): SeatGranted {
  const had = held ?? (holder === null ? null : shared(holder).sharer);
  if (had !== null) return had.facts.overLimit === true ? "above the limit" : "within the limit";
  return isFull(turn) ? "granted above the limit" : "within the limit";
}

/**
 * SEAT-10: the device's own hold becomes its seat again, whoever signs in at it: what is held is for a token on this
 * device, and a device has one seat (SEAT-2). The old id stays gone (LEASE-5).
 */
function endHold(turn: Turn, held: Activation): void {
  remove(turn, held);
  count(turn, held, HOLD_ENDED);
}

/** EXP-2, EXP-5: the first activation ever starts a delayed license's term. */
function startTerm(turn: Turn): void {
  const { license, now } = turn;
  if (license.terms.activatedAt !== null) return;
  turn.license = { ...license, terms: firstActivation(license.terms, now), revision: license.revision + 1 };
  turn.ledger.saveLicense(turn.license);
  emit(turn, "license.first-activated", changesBetween(license, turn.license), licenseData(turn));
}

function newActivation(turn: Turn, call: ActivateCall, known: KnownDevice, seat: SeatGranted): Activation {
  const { terms } = turn.license;
  const wish = rememberedWish(terms, call.requestedLeaseSeconds, null);
  const leaseSeconds = grantedLease(terms, wish);
  const rolling = terms.expirationStrategy === "rolling" && terms.period !== null;
  return {
    seq: turn.tally.nextSeq,
    id: turn.ledger.newLocatedId(turn.license.id),
    leaseEnd: leaseEndFrom(turn.now, leaseSeconds, null),
    released: false,
    // SEAT-10: the token that its hold was for goes on.
    tokenEnd: known.held?.tokenEnd ?? 0,
    contactAt: turn.now,
    leaseSeconds,
    requestedLeaseSeconds: wish,
    tokenRefreshAt: null,
    tokenRevision: 0,
    generation: 1,
    projectedAt: turn.now,
    createdAt: turn.now,
    renewalsBefore: known.clock?.renewalsBefore ?? turn.ledger.renewals().n,
    periodMonths: known.clock?.periodMonths ?? (rolling ? terms.period.months : null),
    periodSeconds: known.clock?.periodSeconds ?? (rolling ? terms.period.seconds : null),
    anchorAt: known.clock?.anchorAt ?? (rolling ? turn.now : null),
    device: known.device,
    holder: known.holder,
    ...ownership(turn, personOf(call.principal)),
    facts: { ...factsOf(terms, call, personOf(call.principal)), ...lock(known), ...over(seat) },
  };
}

/** Absent where nothing but the fingerprint tells devices apart. */
function lock({ lockedTo }: KnownDevice): Pick<DeviceFacts, "lockedTo"> {
  return lockedTo === null ? {} : { lockedTo };
}

function over(seat: SeatGranted): Pick<DeviceFacts, "overLimit"> {
  return seat === "within the limit" ? {} : { overLimit: true };
}
