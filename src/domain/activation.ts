/** Activating a device: the checks in their order, the same device again, a new seat (spec 3.2, SEAT-1 to SEAT-4). */

import { activationData } from "./activation-data.ts";
import { licenseData } from "./event-data.ts";
import { changesBetween } from "./changes.ts";
import type { ActivateCall, Grant } from "./calls.ts";
import { licenseEnd } from "./expiry.ts";
import { structuredParts } from "./fingerprint.ts";
import { extended, grantedLease, leaseEndFrom, rememberedWish } from "./lease.ts";
import type { Activation, DeviceFacts, RollingMemory } from "./ledger.ts";
import { no, yes, type Outcome } from "./outcome.ts";
import type { Refusal } from "./refusal.ts";
import { firstActivation } from "./renewal.ts";
import { deviceMemory, memoryEnd } from "./rolling.ts";
import { isHeld, isLive, noteInserted, takeSeat } from "./seats.ts";
import { standingRefusal } from "./standing.ts";
import { signed } from "./token-grant.ts";
import { emit, move, type Turn } from "./turn.ts";

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
 * Refusals, in this order: fingerprint, standing (revoked, not yet effective, expired, suspended), authentication, same device, seats.
 */
export function activate(turn: Turn, call: ActivateCall): Outcome<Grant> {
  const unsupported = fingerprintRefusal(turn, call);
  if (unsupported !== null) return no(unsupported);
  const known = knownDevice(turn, call);
  const endsAt = known.clock === null ? licenseEnd(turn.license.terms.end) : memoryEnd(turn.ledger, known.clock);
  const standing = standingRefusal(turn.license.terms, turn.now, endsAt);
  if (standing !== null) return no(standing);
  if (turn.license.terms.requireAuthentication) return no({ code: "authentication-required" });
  return known.live === null ? begin(turn, call, known) : resume(turn, call, known.live);
}

/** FP-1 compares part by part; until then a structured fingerprint has no match but under `exact`. */
function fingerprintRefusal(turn: Turn, call: ActivateCall): Refusal | null {
  if (turn.license.terms.fingerprintMatchingStrategy === "exact") return null;
  return structuredParts(call.fingerprint) === null ? null : { code: "fingerprint-unsupported" };
}

function knownDevice(turn: Turn, call: ActivateCall): KnownDevice {
  const device = turn.ledger.digest(call.fingerprint);
  const rows = turn.ledger.activationsOf(device);
  return {
    device,
    live: rows.find((row) => isLive(turn, row)) ?? null,
    held: rows.find((row) => isHeld(turn, row)) ?? null,
    clock: turn.license.terms.expirationStrategy === "rolling" ? deviceMemory(turn.ledger, device, rows) : null,
  };
}

/** SEAT-3: the same activation, a fresh lease, no second seat, one row written and no event. */
function resume(turn: Turn, call: ActivateCall, live: Activation): Outcome<Grant> {
  const { terms } = turn.license;
  if (terms.duplicateActivation === "reject") return no({ code: "device-already-activated" });
  const resumed = signed(turn, {
    ...extended(turn, live, call.requestedLeaseSeconds),
    generation: live.generation + 1,
    facts: { ...factsOf(call), firstFingerprint: live.facts.firstFingerprint },
  });
  turn.ledger.updateActivation(resumed.activation);
  return yes(resumed.grant);
}

function begin(turn: Turn, call: ActivateCall, known: KnownDevice): Outcome<Grant> {
  const seat = known.held === null ? takeSeat(turn) : takeOverHold(turn, known.held);
  if (!seat.ok) return seat;
  turn.memory.lastUsedAt = turn.now;
  startTerm(turn);
  const begun = signed(turn, newActivation(turn, call, known));
  turn.ledger.insertActivation(begun.activation);
  move(turn, { nextSeq: turn.tally.nextSeq + 1 });
  noteInserted(turn, begun.activation);
  emit(turn, "activation.created", {}, activationData(turn, begun.activation));
  return yes(begun.grant);
}

/** SEAT-10: the device's own hold becomes its seat again; the old id stays gone (LEASE-5). */
function takeOverHold(turn: Turn, held: Activation): Outcome<null> {
  turn.ledger.deleteActivation(held);
  move(turn, { activationsTaken: turn.tally.activationsTaken + 1 });
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
    tokenEnd: null,
    contactAt: turn.now,
    leaseSeconds,
    requestedLeaseSeconds: wish,
    tokenAt: turn.now,
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
    owner: null,
    overLimit: false,
    facts: factsOf(call),
  };
}

function factsOf(call: ActivateCall): DeviceFacts {
  const { fingerprint, email, hostname, targetSoftwareVersion } = call;
  return { firstFingerprint: fingerprint, fingerprint, email, hostname, targetSoftwareVersion };
}
