/** What clients and the vendor ask for next, at random, mostly in ways that make sense. */

import type { EndCall, EndStep } from "../../../src/domain/seats/activation-view.ts";
import type {
  ActivateCall,
  LicensePatch,
  PlannedRenewCall,
  Principal,
  RenewCall,
  FollowUpCall,
  UserEmail,
} from "../../../src/domain/license/calls.ts";
import { UNTOLD } from "../../../src/domain/license/device.ts";
import type { LicenseUser } from "../../../src/domain/terms/license.ts";
import type { Random } from "../../support/random.ts";
import { isLive } from "../../support/seat-oracle.ts";
import { swarm } from "../lives/weather.ts";
import { intervalText } from "./given.ts";
import { graceOf, leaseOf, limitOf, periodOf, type Case, type Session } from "./licenses.ts";
import { ANONYMOUS, MANAGER, READER, type People } from "./people.ts";
import { planFor, planOfRenewal } from "./plans.ts";
import { CALLS, Lot, PATCHES } from "./weather.ts";

export type SessionKind = "renew" | "check-in" | "check-out" | "look";

export type Call =
  | { readonly kind: "activate"; readonly key: string; readonly call: ActivateCall }
  | { readonly kind: SessionKind; readonly call: FollowUpCall }
  | { readonly kind: "patch"; readonly patch: LicensePatch }
  | { readonly kind: "renew-license"; readonly call: PlannedRenewCall }
  | { readonly kind: "email"; readonly email: UserEmail }
  | { readonly kind: "end"; readonly activationId: string; readonly wanted: "hold" | "none" }
  | { readonly kind: "end-time"; readonly call: EndCall }
  | { readonly kind: "delete" | "view" };

/** A call on its way; it may arrive later than others that were sent after it, and more than once. */
export interface Message {
  readonly to: Case;
  readonly call: Call;
  readonly sentAt: number;
}

export class Callers {
  readonly #random: Random;
  readonly #people: People;
  /** A key that nobody has, or had long ago. */
  readonly #freeKey: () => string;
  readonly #calls: Lot<keyof typeof CALLS>;
  readonly #patches: Lot<keyof typeof PATCHES>;
  #invoices = 0;

  constructor(random: Random, people: People, freeKey: () => string) {
    this.#random = random;
    this.#people = people;
    this.#freeKey = freeKey;
    this.#calls = new Lot(swarm(random, CALLS, ["activate", "renew", "patch"]));
    this.#patches = new Lot(swarm(random, PATCHES, ["limit"]));
  }

  next(to: Case, now: number): Call {
    return this.#remedy(to, now) ?? this.#trouble(to) ?? this.#call(this.#calls.draw(this.#random), to, now);
  }

  /** A grant whose token could not be signed is taken back (SEAT-10). */
  withdrawal(session: Session, tokenEndBefore: number | undefined): Call {
    const owner = session.principal.kind === "user" ? session.principal : tokenOf(session);
    const before = tokenEndBefore === undefined ? {} : { tokenEndBefore };
    return { kind: "check-out", call: { ...sessionCall(session, owner), undelivered: 1, ...before } };
  }

  /** The device of a session that was given back comes back, for a short time. */
  again(to: Case, session: Session): Call {
    const { principal, device: fingerprint } = session;
    const requestedLeaseSeconds = 60 + this.#random.below(120);
    return {
      kind: "activate",
      key: to.oracle.key,
      call: { ...this.#activationCall(fingerprint, principal), requestedLeaseSeconds },
    };
  }

  /** A license that admits nobody is put right after a while, or there would be little to see. */
  #remedy({ oracle }: Case, now: number): Call | null {
    const random = this.#random;
    if (!random.chance(0.12)) return null;
    const { revoked, suspended, effectiveAt } = oracle.given;
    if (revoked) return { kind: "patch", patch: { revoked: false } };
    if (suspended) return { kind: "patch", patch: { suspended: false } };
    if (effectiveAt !== null && effectiveAt > now) return { kind: "patch", patch: { effectiveAt: null } };
    const end = oracle.expiry.licenseEnd;
    return end !== null && end <= now ? this.#renewal("now-if-expired") : null;
  }

  /** States that are rare, and changes that were forgotten in them once. */
  #trouble({ oracle }: Case): Call | null {
    const random = this.#random;
    if (!random.chance(0.15)) return null;
    const { given, expiry, seats, now } = oracle;
    const outlived =
      seats.afterToken && seats.all().some((seat) => !seat.held && !isLive(seat, now) && seats.counts(seat, now));
    if (outlived) return { kind: "patch", patch: { seatRelease: "at-once" } };
    const endless = expiry.isRolling && seats.all().find(({ device, held }) => !held && expiry.endOf(device) === null);
    if (endless === false || endless === undefined) return null;
    if (expiry.period === null) return { kind: "patch", patch: { subscriptionInterval: this.#interval() } };
    const serverSyncGracePeriod = given.serverSyncGracePeriod === -1 ? 600 : -1;
    const patch = random.chance(0.4) ? ({ seatRelease: "after-token" } as const) : { serverSyncGracePeriod };
    return { kind: "patch", patch };
  }

  #call(kind: keyof typeof CALLS, to: Case, now: number): Call {
    switch (kind) {
      case "activate":
        return this.#activation(to);
      case "renew":
      case "check-in":
      case "check-out":
      case "look":
        return this.#session(kind, to);
      case "patch":
        return { kind, patch: this.#patch(to, now) };
      case "renew-license":
        return this.#renewal(this.#random.pick(["expiry", "expiry", "now", "now-if-expired"]) ?? "expiry", to);
      case "end":
        return this.#ended(to);
      case "end-time":
        return { kind, call: this.#ending(to, now) };
      case "delete":
      case "view":
        return { kind };
    }
  }

  /** SEAT-10: any session that a client knows; or one of those whose seats count, if none may be held. */
  #ended({ oracle, sessions }: Case): Call {
    const wanted = this.#random.chance(0.7) ? "hold" : "none";
    const known = wanted === "hold" ? this.#random.pick(sessions)?.id : this.#random.pick(oracle.seats.all())?.session;
    return { kind: "end", activationId: known ?? "nobody's", wanted };
  }

  /** Between two births, or silent for a while, or everybody. */
  #ending({ oracle }: Case, now: number): EndCall {
    const random = this.#random;
    const birth = () => (random.chance(0.4) ? null : (random.pick(oracle.seats.all())?.createdAt ?? now));
    const silent = random.chance(0.4) ? now - random.below(3_600_000) : null;
    return {
      actor: { type: "token", id: "vendor" },
      requestId: "sim",
      created: { from: birth(), below: birth() },
      contact: { from: null, below: silent },
      cursor: null,
    };
  }

  #activation(to: Case): Call {
    const random = this.#random;
    const former = random.chance(0.04) ? random.pick(to.formerKeys) : undefined;
    const device = this.#people.device(to.firstDevice + random.below(to.spread));
    const call = this.#activationCall(device, this.#activating(to));
    return { kind: "activate", key: former ?? to.oracle.key, call };
  }

  #activationCall(fingerprint: string, principal: Principal): ActivateCall {
    const requestedLeaseSeconds = this.#wish();
    const untold = { email: null, ...UNTOLD, idempotency: null };
    return { principal, requestId: "sim", fingerprint, requestedLeaseSeconds, ...untold };
  }

  #activating({ people }: Case): Principal {
    const random = this.#random;
    const kind = random.below(20);
    if (kind < 9) return ANONYMOUS;
    if (kind < 10) return MANAGER;
    if (kind < 11) return this.#people.person(random);
    return random.pick(people) ?? ANONYMOUS;
  }

  #wish(): number | null {
    const random = this.#random;
    return random.chance(0.4) ? null : 1 + random.below(random.chance(0.5) ? 600 : 20_000);
  }

  #session(kind: SessionKind, to: Case): Call {
    const random = this.#random;
    const session = random.pick(to.sessions);
    if (session === undefined) return this.#activation(to);
    const principal = random.chance(0.85) ? ownerOf(session) : this.#other(to, session);
    const call = { ...sessionCall(session, principal), requestedLeaseSeconds: this.#wish() };
    if (random.chance(0.7)) return { kind, call };
    const fingerprint = random.chance(0.9) ? session.device : this.#people.device(random.below(50));
    return { kind, call: { ...call, fingerprint } };
  }

  #other({ people, sessions }: Case, session: Session): Principal {
    const random = this.#random;
    switch (random.below(6)) {
      case 0:
        return ANONYMOUS;
      case 1:
        return MANAGER;
      case 2:
        return READER;
      case 3:
        return tokenOf(random.pick(sessions) ?? session);
      case 4:
        return random.pick(people) ?? MANAGER;
      default:
        return this.#people.person(random);
    }
  }

  #renewal(from: RenewCall["from"], to: Case | null = null): Call {
    this.#invoices += 1;
    const renewalReference = this.#random.chance(0.7) ? `invoice ${this.#invoices}` : null;
    const caller = { actor: { type: "token", id: "vendor" }, requestId: "sim" } as const;
    const plan = to !== null && this.#random.chance(0.2) ? { plan: planOfRenewal(this.#random, to.oracle.plan) } : {};
    return { kind: "renew-license", call: { ...caller, from, renewalReference, idempotency: null, ...plan } };
  }

  #patch(to: Case, now: number): LicensePatch {
    const random = this.#random;
    const { given } = to.oracle;
    switch (this.#patches.draw(random)) {
      case "limit":
        return { allowedActivations: random.chance(0.3) ? Math.max(1, given.allowedActivations - 1) : limitOf(random) };
      case "deactivations":
        return { allowedDeactivations: random.below(40) - 1 };
      case "lease":
        return { leaseDuration: random.chance(0.8) ? 60 + random.below(3600) : leaseOf(random) };
      case "client-lease":
        return { allowClientLeaseDuration: random.chance(0.6), maxLeaseDuration: random.below(2) * leaseOf(random) };
      case "grace":
        return { leaseGracePeriod: graceOf(random, given.seatRelease === "after-token" || random.chance(0.1)) };
      case "sync":
        return {
          serverSyncInterval: random.below(3) * 600,
          serverSyncGracePeriod: random.pick([-1, 0, 600, 7200]) ?? 0,
        };
      case "release":
        return { seatRelease: given.seatRelease === "at-once" ? "after-token" : "at-once" };
      case "duplicate":
        return { duplicateActivation: random.chance(0.7) ? "resume" : "reject" };
      case "authentication":
        return { requireAuthentication: random.chance(0.3) };
      case "effective":
        return { effectiveAt: random.chance(0.4) ? null : now + random.below(200_000) - 50_000 };
      case "user":
        return { user: this.#user(to) };
      case "leave":
        return { leavesUser: (random.chance(0.6) ? given.user : null)?.id ?? this.#people.user(random).id };
      case "notes":
        return { notes: `note ${random.below(1_000_000_000)}` };
      case "interval":
        return { subscriptionInterval: this.#interval() };
      case "plan":
        return planFor(random, to.oracle);
      case "revoke":
        return { revoked: true };
      case "suspend":
        return { suspended: true };
      case "key":
        return { key: this.#freeKey() };
    }
  }

  /** Nobody, the same one as D1 has it now, or another. */
  #user({ oracle }: Case): LicenseUser | null {
    const random = this.#random;
    const { user } = oracle.given;
    if (user !== null && random.chance(0.4)) return this.#people.copyOf(user.id);
    return random.chance(0.3) ? null : this.#people.user(random);
  }

  #interval() {
    const period = periodOf(this.#random);
    if (period === null || period.months === 0) return { text: null, months: 0, seconds: 0 };
    return { text: intervalText(period), ...period };
  }
}

/** SEAT-6: where a bulk deletion stopped it goes on, with everybody else's calls between. */
export function nextStep(call: Call, answer: unknown): Call | null {
  if (call.kind !== "end-time") return null;
  const { next } = answer as EndStep;
  return next === null ? null : { ...call, call: { ...call.call, cursor: next } };
}

function sessionCall(session: Session, principal: Principal): FollowUpCall {
  return { principal, requestId: "sim", activationId: session.id, fingerprint: null, requestedLeaseSeconds: null };
}

/** Whoever was granted it: the person, or the holder of its token. */
function ownerOf(session: Session): Principal {
  return session.principal.kind === "user" ? session.principal : tokenOf(session);
}

function tokenOf({ id }: Session): Principal {
  return { kind: "license-token", activationId: id };
}
