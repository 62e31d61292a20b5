/** One license, its ledger and a machine's clock: calls as the object would run them, without the object. */

import { createHash } from "node:crypto";

import { activateOnce } from "../../src/domain/commands/activate-once.ts";
import type { ActivationView, Contact, EndCall, EndStep } from "../../src/domain/seats/activation-view.ts";
import { activate } from "../../src/domain/commands/activation.ts";
import type {
  ActivateCall,
  Caller,
  Changed,
  CheckCall,
  Checked,
  CheckedIn,
  CheckedOut,
  Grant,
  Idempotency,
  LicensePatch,
  Principal,
  MaintainCall,
  PlannedRenewCall,
  RenewCall,
  FollowUpCall,
  ActivationSeen,
  SignedInUser,
  UserEmail,
} from "../../src/domain/license/calls.ts";
import { NO_CLAIMS, UNTOLD, type DeviceClaims, type DeviceWish } from "../../src/domain/license/device.ts";
import { check } from "../../src/domain/commands/check.ts";
import { deactivate, sync } from "../../src/domain/commands/client-calls.ts";
import type { CountCall, DeactivateCall, SyncCall } from "../../src/domain/license/client-calls.ts";
import { countUses, resetUses } from "../../src/domain/commands/count-uses.ts";
import { contactsOf, endActivation, endActivations, seeActivation } from "../../src/domain/commands/ending.ts";
import { applyDeletion, applyPatch, applyUserEmail } from "../../src/domain/commands/change-license.ts";
import { viewOf } from "../../src/domain/seats/event-data.ts";
import type { Activation, Ledger, Tally } from "../../src/domain/turn/ledger.ts";
import { extendOnce, renewOnce } from "../../src/domain/commands/lengthen-once.ts";
import type { LicenseUser, LicenseView } from "../../src/domain/terms/license.ts";
import { applyMaintenance } from "../../src/domain/commands/maintain.ts";
import { applyExpiresAt, applyExtension, applyRenewal } from "../../src/domain/commands/move-end.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { checkIn, checkOut, giveBack, look, renew } from "../../src/domain/commands/follow-up.ts";
import { tidy } from "../../src/domain/commands/tidy.ts";
import { takeTurn } from "../../src/domain/commands/take-turn.ts";
import { freshMemory, openTurn, type Memory, type Turn } from "../../src/domain/turn/turn.ts";

export const DEVICE: Caller = { actor: { type: "device" }, requestId: "test" };
export const VENDOR: Caller = { actor: { type: "token", id: "vendor" }, requestId: "test" };
export const ANONYMOUS: Principal = { kind: "anonymous" };
export const MANAGER: Principal = { kind: "management", tokenId: "vendor", mayWriteActivations: true };

export const ISSUER = "https://id.example.test";

/** A signed-in person of `ISSUER`, whose e-mail is known and begins with their name, if not said otherwise. */
export function person(subject: string, more: Partial<SignedInUser> = {}): SignedInUser {
  const email = `${subject}@example.test`;
  return { kind: "user", issuer: ISSUER, subject, email, emailClaimed: email, role: null, ...more };
}

/** The copy of a user in a license, as a patch brings it. */
export function licenseUser(name: string, revision = 1): LicenseUser {
  return { id: `user ${name}`, email: `${name}@example.test`, revision };
}

/** What a device says of itself. */
export function saying(claims: Partial<DeviceClaims>): Pick<DeviceWish, "device"> {
  return { device: { ...NO_CLAIMS, ...claims } };
}

export class World {
  readonly ledger: Ledger;
  /** The machine's clock, epoch ms: it may go back. */
  clock: number;
  /** Of the last turn: activations whose copy in D1 is to be refreshed (LEASE-6). */
  stale: readonly string[] = [];
  #memory: Memory = freshMemory();

  constructor(ledger: Ledger, clock: number) {
    this.ledger = ledger;
    this.clock = clock;
  }

  run<T>(work: (turn: Turn) => T, caller: Caller = DEVICE): T {
    const { answer, turn } = takeTurn(this.ledger, this.#memory, this.clock, caller, work);
    this.stale = turn.staleProjections;
    return answer;
  }

  /** What a fresh instance would find, without a trace in this one's memory. */
  glimpse<T>(work: (turn: Turn) => T): T {
    return work(openTurn(this.ledger, { ...freshMemory(), clock: this.#memory.clock }, this.clock, DEVICE));
  }

  /** The object leaves memory; what it stored stays. */
  evict(): void {
    this.#memory = freshMemory();
  }

  activate(fingerprint: string, more: Partial<ActivateCall> = {}): Outcome<Grant> {
    return this.run((turn) => activate(turn, activateCall(fingerprint, more)));
  }

  /** v3's, anonymous if not said otherwise. */
  sync(activationId: string, fingerprint: string, more: Partial<SyncCall> = {}): Outcome<Grant> {
    return this.run((turn) => sync(turn, { ...syncCall(activationId, fingerprint, "key"), ...more }));
  }

  countUses(activationId: string, meterId: string, increment: number, more: Partial<CountCall> = {}): Outcome<Grant> {
    const call = {
      principal: ANONYMOUS,
      requestId: "test",
      activationId,
      key: null,
      meterId,
      productId: null,
      increment,
    };
    return this.run((turn) => countUses(turn, { ...call, idempotency: null, ...more }));
  }

  resetUses(meterId: string, idempotency: Idempotency | null = null): Outcome<Changed> {
    return this.run((turn) => resetUses(turn, { ...VENDOR, meterId, idempotency }), VENDOR);
  }

  deactivate(activationId: string, fingerprint: string, more: Partial<DeactivateCall> = {}): Outcome<CheckedOut> {
    return this.run((turn) => deactivate(turn, { ...clientCall(activationId, fingerprint), ...more }));
  }

  /** As the object looks: nothing is told that is due, no turn is closed. Throws where anything would be written. */
  check(fingerprint: string | null, more: Partial<CheckCall> = {}): Outcome<Checked> {
    const call: CheckCall = { principal: ANONYMOUS, fingerprint, mayReadLicense: false, ...UNTOLD, ...more };
    const { lapses: _, clock: __, ...before } = this.#memory;
    const answer = check(openTurn(readOnly(this.ledger), this.#memory, this.clock, DEVICE), call);
    if (Object.entries(before).some(([name, value]) => Reflect.get(this.#memory, name) !== value))
      throw new Error("a look has counted something");
    return answer;
  }

  activateOnce(idempotency: Idempotency, fingerprint: string, more: Partial<ActivateCall> = {}): Outcome<Grant> {
    return this.run((turn) => activateOnce(turn, activateCall(fingerprint, { ...more, idempotency })));
  }

  renew(activationId: string, more: Partial<FollowUpCall> = {}): Outcome<Grant> {
    return this.run((turn) => renew(turn, sessionCall(activationId, more)));
  }

  checkIn(activationId: string, more: Partial<FollowUpCall> = {}): Outcome<CheckedIn> {
    return this.run((turn) => checkIn(turn, sessionCall(activationId, more)));
  }

  checkOut(activationId: string, more: Partial<FollowUpCall> = {}): Outcome<CheckedOut> {
    return this.run((turn) => checkOut(turn, sessionCall(activationId, more)));
  }

  giveBack(activationId: string, more: Partial<FollowUpCall> = {}): Outcome<CheckedOut> {
    return this.run((turn) => giveBack(turn, sessionCall(activationId, more)));
  }

  look(activationId: string, more: Partial<FollowUpCall> = {}): Outcome<ActivationSeen> {
    return this.run((turn) => look(turn, sessionCall(activationId, more)));
  }

  patch(patch: LicensePatch): Outcome<Changed> {
    return this.run((turn) => applyPatch(turn, patch), VENDOR);
  }

  renewLicense(more: Partial<PlannedRenewCall> = {}): Outcome<Changed> {
    return this.run((turn) => applyRenewal(turn, renewCall(more)), VENDOR);
  }

  renewLicenseOnce(idempotency: Idempotency, more: Partial<PlannedRenewCall> = {}): Outcome<Changed> {
    return this.run((turn) => renewOnce(turn, renewCall({ ...more, idempotency })), VENDOR);
  }

  extendLicense(seconds: number, more: Partial<RenewCall> = {}): Outcome<Changed> {
    return this.run((turn) => applyExtension(turn, { ...renewCall(more), seconds }), VENDOR);
  }

  extendLicenseOnce(idempotency: Idempotency, seconds: number, more: Partial<RenewCall> = {}): Outcome<Changed> {
    return this.run((turn) => extendOnce(turn, { ...renewCall({ ...more, idempotency }), seconds }), VENDOR);
  }

  maintain(more: Pick<MaintainCall, "from" | "renewalReference" | "seconds">): Outcome<Changed> {
    return this.run((turn) => applyMaintenance(turn, { ...VENDOR, ...more, idempotency: null }), VENDOR);
  }

  setExpiresAt(expiresAt: number | null): Outcome<Changed> {
    return this.run((turn) => applyExpiresAt(turn, { ...VENDOR, expiresAt }), VENDOR);
  }

  setUserEmail(email: UserEmail): Outcome<null> {
    return this.run((turn) => applyUserEmail(turn, email), VENDOR);
  }

  seeActivation(id: string): Outcome<ActivationView> {
    return this.run((turn) => seeActivation(turn, id), VENDOR);
  }

  contacts(ids: readonly string[]): readonly Contact[] {
    return this.run((turn) => contactsOf(turn, ids), VENDOR);
  }

  endActivation(id: string, wanted?: "hold" | "none"): Outcome<null> {
    return this.run((turn) => endActivation(turn, id, wanted), VENDOR);
  }

  /** One step. */
  endActivations(call: Partial<Omit<EndCall, "actor" | "requestId">>): EndStep {
    const all = { from: null, below: null };
    return this.run(
      (turn) => endActivations(turn, { ...VENDOR, created: all, contact: all, cursor: null, ...call }),
      VENDOR,
    );
  }

  deleteLicense(): Outcome<null> {
    return this.run(applyDeletion, VENDOR);
  }

  tidy(): void {
    this.run(tidy, { actor: { type: "system", id: "alarm" }, requestId: "alarm" });
  }

  view(): LicenseView {
    return this.run(viewOf);
  }

  tally(): Tally {
    return this.ledger.tally();
  }

  /** Every stored row, ended ones too. */
  rows(): readonly Activation[] {
    return this.ledger.range(0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  }
}

const READS: ReadonlySet<string | symbol> = new Set<keyof Ledger>([
  ...(["license", "tally", "activation", "activationsOf", "block", "dueBlocks", "nextFloor"] as const),
  ...(["heldBy", "range", "rollingMemory", "renewals", "renewalsUpto", "digest"] as const),
]);

function readOnly(ledger: Ledger): Ledger {
  return new Proxy(ledger, {
    get: (target, name) => {
      if (name === "parts") return { carriers: target.parts.carriers.bind(target.parts) };
      if (name === "meters") return { all: target.meters.all.bind(target.meters) };
      if (!READS.has(name)) throw new Error(`a look calls ${String(name)}`);
      return (Reflect.get(target, name) as (...given: unknown[]) => unknown).bind(target);
    },
  });
}

/** As the holder of the session's own license token, if not said otherwise (AUTH-5). */
export function sessionCall(activationId: string, more: Partial<FollowUpCall> = {}): FollowUpCall {
  const principal: Principal = { kind: "license-token", activationId };
  return { principal, requestId: "test", activationId, fingerprint: null, requestedLeaseSeconds: null, ...more };
}

function clientCall(activationId: string, fingerprint: string): DeactivateCall {
  return { principal: ANONYMOUS, requestId: "test", activationId, key: "KEY", fingerprint, userHash: null };
}

/** v3's, of a device that says nothing of itself. */
export function syncCall(activationId: string, fingerprint: string, key: string): SyncCall {
  const call = { ...clientCall(activationId, fingerprint), ...UNTOLD, requestedLeaseSeconds: null };
  return { ...call, admitsEnded: true, key };
}

function activateCall(fingerprint: string, more: Partial<ActivateCall>): ActivateCall {
  return {
    principal: ANONYMOUS,
    requestId: "test",
    fingerprint,
    requestedLeaseSeconds: null,
    email: null,
    ...UNTOLD,
    idempotency: null,
    ...more,
  };
}

function renewCall(more: Partial<PlannedRenewCall>): PlannedRenewCall {
  return { ...VENDOR, from: "expiry", renewalReference: null, idempotency: null, ...more };
}

/** What stands for a key and a body: SHA-256 as hex. */
export function keyed(key: string, body: unknown = {}): Idempotency {
  return { key: sha256(key), bodyHash: sha256(JSON.stringify(body)) };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
