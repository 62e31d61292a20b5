/** What clients and the vendor ask for next, at random, mostly in ways that make sense. */

import type { EndCall, EndStep } from "../../../src/domain/seats/activation-view.ts";
import type {
  ActivateCall,
  Idempotency,
  LicensePatch,
  MaintainCall,
  PlannedRenewCall,
  Principal,
  RenewCall,
  FollowUpCall,
  UserEmail,
} from "../../../src/domain/license/calls.ts";
import type { ResetCall } from "../../../src/domain/commands/count-uses.ts";
import type { CountCall, DeactivateCall, SyncCall } from "../../../src/domain/license/client-calls.ts";
import type { Random } from "../../support/random.ts";
import { swarm } from "../lives/weather.ts";
import { toldBy } from "./claims.ts";
import { counting, Keys, lengthening, resetting, usesIn } from "./counting.ts";
import type { Case, Session } from "./licenses.ts";
import { Patches } from "./patches.ts";
import { ANONYMOUS, MANAGER, READER, type People } from "./people.ts";
import { planOfRenewal } from "./plans.ts";
import { troubleOf } from "./trouble.ts";
import { CALLS, Lot } from "./weather.ts";

export type SessionKind = "renew" | "check-in" | "check-out" | "look";

export type Call =
  | { readonly kind: "activate"; readonly key: string; readonly call: ActivateCall }
  | { readonly kind: SessionKind; readonly call: FollowUpCall }
  | { readonly kind: "sync"; readonly call: SyncCall }
  | { readonly kind: "deactivate"; readonly call: DeactivateCall }
  | { readonly kind: "count"; readonly call: CountCall }
  | { readonly kind: "reset"; readonly call: ResetCall }
  | { readonly kind: "maintain"; readonly call: MaintainCall }
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
  readonly #calls: Lot<keyof typeof CALLS>;
  readonly #patches: Patches;
  readonly #keys: Keys;
  #invoices = 0;

  /** `freeKey`: a key that nobody has, or had long ago. */
  constructor(random: Random, people: People, freeKey: () => string) {
    this.#random = random;
    this.#people = people;
    this.#keys = new Keys(random);
    this.#calls = new Lot(swarm(random, CALLS, ["activate", "renew", "patch"]));
    this.#patches = new Patches(random, people, freeKey);
  }

  next(to: Case, now: number): Call {
    return this.#remedy(to, now) ?? troubleOf(to, this.#random) ?? this.#call(this.#calls.draw(this.#random), to, now);
  }

  /** A grant whose token could not be signed is taken back (SEAT-10). */
  withdrawal(session: Session, tokenEndBefore: number | undefined, idempotency: Idempotency | null): Call {
    const owner = session.principal.kind === "user" ? session.principal : tokenOf(session);
    const before = tokenEndBefore === undefined ? {} : { tokenEndBefore };
    const kept = idempotency === null ? {} : { undeliveredKey: idempotency.key };
    return { kind: "check-out", call: { ...sessionCall(session, owner), undelivered: 1, ...before, ...kept } };
  }

  /** The device of a session that was given back comes back, for a short time. */
  again(to: Case, session: Session): Call {
    const requestedLeaseSeconds = 60 + this.#random.below(120);
    return {
      kind: "activate",
      key: to.oracle.key,
      call: { ...this.#activationCall(to, session), requestedLeaseSeconds },
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

  #call(kind: keyof typeof CALLS, to: Case, now: number): Call {
    switch (kind) {
      case "activate":
        return this.#activation(to);
      case "renew":
      case "check-in":
      case "check-out":
      case "look":
        return this.#session(kind, to);
      case "sync":
      case "deactivate":
        return this.#byKey(kind, to);
      case "count":
        return this.#counting(to);
      case "reset":
        return { kind, call: resetting(to, this.#random, this.#keys.next(`reset of ${to.oracle.id}`)) };
      case "maintain": {
        const key = this.#keys.next(`maintenance of ${to.oracle.id}`);
        return { kind, call: lengthening(this.#random, this.#reference(), key) };
      }
      case "patch":
        return { kind, patch: this.#patches.next(to, now) };
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
    const principal = this.#activating(to);
    const call = this.#activationCall(to, { device, principal, userHash: this.#userHash(to) });
    return { kind: "activate", key: former ?? to.oracle.key, call };
  }

  /** By either API. */
  #activationCall(to: Case, { device: fingerprint, principal, userHash }: Omit<Session, "id">): ActivateCall {
    const requestedLeaseSeconds = this.#wish();
    const admitsEnded = this.#random.chance(0.35);
    const { productId, ...told } = toldBy(this.#random, userHash);
    const v3 = admitsEnded ? { productId, ...usesIn(to, this.#random) } : { productId: null };
    const idempotency = this.#keys.next(`${principal.kind} ${fingerprint} ${admitsEnded} of ${to.oracle.id}`);
    const asked = { principal, requestId: "sim", fingerprint, requestedLeaseSeconds, email: null };
    return { ...asked, ...told, ...v3, admitsEnded, idempotency };
  }

  /** Mostly told where the license wants to know it. */
  #userHash({ oracle }: Case): string | null {
    const hash = this.#random.pick(["ada", "bob"]) ?? null;
    return this.#random.chance(oracle.given.userLocked ? 0.95 : 0.3) ? hash : null;
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

  /** v3's: by the license's key, and whoever it is that calls. */
  #byKey(kind: "sync" | "deactivate", to: Case): Call {
    const random = this.#random;
    const session = random.pick(to.sessions);
    if (session === undefined) return this.#activation(to);
    const owner = session.principal.kind === "user" ? session.principal : ANONYMOUS;
    const call: DeactivateCall = {
      principal: random.chance(0.7) ? owner : this.#other(to, session),
      requestId: "sim",
      activationId: session.id,
      key: to.oracle.key,
      fingerprint: random.chance(0.9) ? session.device : this.#people.device(to.firstDevice + random.below(to.spread)),
      userHash: random.chance(0.9) ? session.userHash : this.#userHash(to),
    };
    if (kind === "deactivate") return { kind, call };
    const told = { ...toldBy(random, call.userHash), ...usesIn(to, random), admitsEnded: true };
    return { kind, call: { ...call, ...told, key: to.oracle.key, requestedLeaseSeconds: this.#wish() } };
  }

  #counting(to: Case): Call {
    const random = this.#random;
    const live = to.sessions.filter(({ id }) => to.oracle.seats.bySession(id)?.held === false);
    const session = random.pick(random.chance(0.8) ? live : to.sessions);
    if (session === undefined || to.oracle.given.meterAttributes.length === 0) return this.#activation(to);
    const owner = session.principal.kind === "user" ? session.principal : ANONYMOUS;
    const principal = random.chance(0.8) ? owner : this.#other(to, session);
    const idempotency = this.#keys.next(`${principal.kind} count of ${session.id}`);
    return { kind: "count", call: counting(to, session, random, { principal, idempotency }) };
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
    const renewalReference = this.#reference();
    const idempotency = to === null ? null : this.#keys.next(`renewal of ${to.oracle.id}`);
    const caller = { actor: { type: "token", id: "vendor" }, requestId: "sim" } as const;
    const plan = to !== null && this.#random.chance(0.2) ? { plan: planOfRenewal(this.#random, to.oracle.plan) } : {};
    return { kind: "renew-license", call: { ...caller, from, renewalReference, idempotency, ...plan } };
  }

  #reference(): string | null {
    this.#invoices += 1;
    return this.#random.chance(0.7) ? `invoice ${this.#invoices}` : null;
  }
}

export function isKeyed(call: Call): boolean {
  return "call" in call && "idempotency" in call.call && call.call.idempotency !== null;
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
