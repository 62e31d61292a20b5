/** Activating a device: the checks in their order, the same device again, a new seat (CHK-1, SEAT-1 to SEAT-4). */

import { activationChanges, activationData } from "../seats/activation-data.ts";
import { licenseData } from "../seats/event-data.ts";
import { changesBetween } from "../license/difference.ts";
import type { ActivateCall, Grant, SignedInUser } from "../license/calls.ts";
import { count, countOwned, GRANTED, HOLD_ENDED } from "../turn/counters.ts";
import { licenseEnd } from "../terms/expiry.ts";
import { structuredParts } from "../seats/fingerprint.ts";
import { extended, grantedLease, leaseEndFrom, rememberedWish } from "../seats/lease.ts";
import type { Activation, DeviceFacts, RollingMemory } from "../turn/ledger.ts";
import { no, yes, type Outcome } from "../outcome.ts";
import { authenticationRefusal, claimOn, ownerOf, personOf } from "../seats/owner.ts";
import type { Refusal } from "../refusal.ts";
import { firstActivation } from "../license/renewal.ts";
import { deviceMemory, memoryEnd } from "../seats/rolling.ts";
import { isHeld, isLive, noteInserted, settleDevice, takeSeat } from "../seats/seats.ts";
import { standingRefusal } from "../license/standing.ts";
import { signed } from "../seats/token-grant.ts";
import { emit, move, type Turn } from "../turn/turn.ts";
import { noteGrant } from "../seats/usage.ts";

/** What is stored of the device that calls. */
interface KnownDevice {
  readonly device: string;
  readonly live: Activation | null;
  /** A released seat that still counts: its device may take it over (SEAT-10). */
  readonly held: Activation | null;
  readonly clock: RollingMemory | null;
}

/**
 * Activates a device, or resumes its live activation.
 * Refusals, in this order: fingerprint, standing (revoked, not yet effective, expired, suspended), authentication and
 * user, same device, what is `against` a new activation (null = nothing is), seats.
 */
export function activate(turn: Turn, call: ActivateCall, against: Refusal | null = null): Outcome<Grant> {
  const unsupported = fingerprintRefusal(turn, call);
  if (unsupported !== null) return no(unsupported);
  const known = knownDevice(turn, call.fingerprint);
  const standing = standingFor(turn, known);
  if (standing !== null) return no(standing);
  const unauthenticated = authenticationRefusal(turn.license.terms, personOf(call.principal));
  if (unauthenticated !== null) return no(unauthenticated);
  if (known.live !== null) return resume(turn, call, known.live);
  return against === null ? begin(turn, call, known) : no(against);
}

/** FP-1 compares part by part; until then a structured fingerprint has no match but under `exact`. */
function fingerprintRefusal(turn: Turn, call: ActivateCall): Refusal | null {
  if (turn.license.terms.fingerprintMatchingStrategy === "exact") return null;
  return structuredParts(call.fingerprint) === null ? null : { code: "fingerprint-unsupported" };
}

/** The checks of the standing (CHK-1) for this device, whose own lapses end with it; null = they pass. */
export function standingOf(turn: Turn, fingerprint: string): Refusal | null {
  return standingFor(turn, knownDevice(turn, fingerprint));
}

/** EXP-10: a rolling license ends with the device's own end. */
function standingFor(turn: Turn, { clock }: KnownDevice): Refusal | null {
  const endsAt = clock === null ? licenseEnd(turn.license.terms.end) : memoryEnd(turn.ledger, clock);
  return standingRefusal(turn.license.terms, turn.now, endsAt);
}

function knownDevice(turn: Turn, fingerprint: string): KnownDevice {
  const device = turn.ledger.digest(fingerprint);
  const stored = turn.ledger.activationsOf(device);
  const rows = settleDevice(turn, stored) ? turn.ledger.activationsOf(device) : stored;
  return {
    device,
    live: rows.find((row) => isLive(turn, row)) ?? null,
    held: rows.find((row) => isHeld(turn, row)) ?? null,
    clock: turn.license.terms.expirationStrategy === "rolling" ? deviceMemory(turn.ledger, device, rows) : null,
  };
}

/**
 * SEAT-3: the same activation, a fresh lease, no second seat, one row written and no event but at a take-over.
 * AUTH-4: it is the caller's from now on, also where another identity of the license's user had it.
 */
function resume(turn: Turn, call: ActivateCall, live: Activation): Outcome<Grant> {
  const { terms } = turn.license;
  const person = personOf(call.principal);
  const claim = claimOn(terms, live, person);
  if (claim === "foreign" || terms.duplicateActivation === "reject") return no({ code: "device-already-activated" });
  const resumed = signed(turn, {
    ...extended(turn, live, call.requestedLeaseSeconds),
    ...ownership(turn, person),
    generation: live.generation + 1,
    facts: newerFacts(live.facts, factsOf(call)),
  });
  turn.ledger.updateActivation(resumed.activation);
  if (claim === "take-over") {
    countOwned(turn, GRANTED);
    const changes = activationChanges(turn, live, resumed.activation);
    emit(turn, "activation.updated", changes, activationData(turn, resumed.activation));
  }
  return yes(resumed.grant);
}

/** AUTH-6: whoever owns from now on belongs to the epoch that runs. */
function ownership(turn: Turn, person: SignedInUser | null): Pick<Activation, "owner" | "ownerEpoch"> {
  return { owner: ownerOf(person), ownerEpoch: turn.tally.ownerEpoch };
}

function begin(turn: Turn, call: ActivateCall, known: KnownDevice): Outcome<Grant> {
  const owner = ownerOf(personOf(call.principal));
  const seat = known.held === null ? takeSeat(turn, owner) : takeOverHold(turn, known.held, owner);
  if (!seat.ok) return seat;
  noteGrant(turn);
  turn.memory.lastUsedAt = turn.now;
  startTerm(turn);
  const begun = signed(turn, newActivation(turn, call, known));
  turn.ledger.insertActivation(begun.activation);
  move(turn, { nextSeq: turn.tally.nextSeq + 1 });
  noteInserted(turn, begun.activation);
  emit(turn, "activation.created", {}, activationData(turn, begun.activation));
  const tokenEndBefore = known.held?.tokenEnd ?? null;
  return yes(tokenEndBefore === null ? begun.grant : { ...begun.grant, tokenEndBefore });
}

/**
 * SEAT-10: the device's own hold becomes its seat again, whoever signs in at it: what is held is for a token on this
 * device, and a device has one seat (SEAT-2). The old id stays gone (LEASE-5).
 */
function takeOverHold(turn: Turn, held: Activation, owner: string | null): Outcome<null> {
  turn.ledger.deleteActivation(held);
  count(turn, held.owner, HOLD_ENDED);
  count(turn, owner, GRANTED);
  return yes(null);
}

/** EXP-2, EXP-5: the first activation ever starts a delayed license's term. */
function startTerm(turn: Turn): void {
  const { license, now } = turn;
  if (license.terms.activatedAt !== null) return;
  turn.license = { ...license, terms: firstActivation(license.terms, now), revision: license.revision + 1 };
  turn.ledger.saveLicense(turn.license);
  emit(turn, "license.first-activated", changesBetween(license, turn.license), licenseData(turn));
}

function newActivation(turn: Turn, call: ActivateCall, known: KnownDevice): Activation {
  const { terms } = turn.license;
  const wish = rememberedWish(terms, call.requestedLeaseSeconds, null);
  const leaseSeconds = grantedLease(terms, wish);
  const rolling = terms.expirationStrategy === "rolling" && terms.period !== null;
  return {
    seq: turn.tally.nextSeq,
    id: turn.ledger.newActivationId(turn.license.id),
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
    ...ownership(turn, personOf(call.principal)),
    facts: factsOf(call),
  };
}

/** What is not told again stays known; matching goes by the first fingerprint (FP-1). */
function newerFacts(before: DeviceFacts, told: DeviceFacts): DeviceFacts {
  return {
    firstFingerprint: before.firstFingerprint,
    fingerprint: told.fingerprint,
    email: told.email ?? before.email,
    userEmail: told.userEmail,
    hostname: told.hostname ?? before.hostname,
    targetSoftwareVersion: told.targetSoftwareVersion ?? before.targetSoftwareVersion,
  };
}

function factsOf(call: ActivateCall): DeviceFacts {
  const { fingerprint, hostname, targetSoftwareVersion } = call;
  const userEmail = personOf(call.principal)?.email ?? null;
  const email = userEmail ?? call.email;
  return { firstFingerprint: fingerprint, fingerprint, email, userEmail, hostname, targetSoftwareVersion };
}
