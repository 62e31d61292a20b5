/**
 * What is known of one license from outside: what was acknowledged, what may have happened, who held a seat from when
 * to when.
 */

import { Claim } from "./claim.ts";

/** A session as its device knows it. Instants in epoch ms, the server's. */
export interface Session {
  readonly id: string;
  readonly device: string;
  /** Null: it came by v3, and by nothing else since. */
  token: string | null;
  /** It was granted between these; v3's token tells whole seconds. */
  readonly grantedFrom: number;
  readonly grantedBy: number;
  /** The last answer that proves it alive, and the latest end of its lease that was told; Infinity = no lease. */
  provedAt: number;
  leaseEnd: number;
  /** A check-out, or v3's deactivation, was sent, whatever came of it; Infinity = none. */
  checkOutSentAt: number;
  checkedOut: boolean;
}

/** A change of a term that grants depend on. `sentAt` and `doneAt` are the harness's clock, which is the server's. */
export interface Change<T> {
  readonly value: T;
  readonly sentAt: number;
  /** Infinity = it was given up. */
  doneAt: number;
}

/** `at`: the server's instant, where an answer told it; else it was between sending and `doneAt`, or never. */
export interface Revocation {
  readonly sentAt: number;
  doneAt: number;
  at: number | null;
}

export class Dossier {
  readonly reference: string;
  readonly limits: Change<number>[];
  readonly revocations: Revocation[] = [];
  /** Null until its creation was acknowledged. */
  id: string | null = null;
  readonly key: Claim<string>;
  readonly notes = new Claim<string | null>(null);
  readonly limit: Claim<number>;
  readonly suspended = new Claim(false);
  readonly revoked = new Claim(false);
  readonly userId = new Claim<string | null>(null);
  /** Of `renew`: the end at first, and which references were acknowledged, or given up. */
  expiresAt = 0;
  readonly acknowledgedNotes = new Set<string>();
  readonly renewals = new Set<string>();
  readonly maybeRenewals = new Set<string>();
  deletion: "none" | "asked" | "done" = "none";
  deletionSentAt = Infinity;
  readonly sessions = new Map<string, Session>();

  constructor(reference: string, key: string, limit: number) {
    this.reference = reference;
    this.key = new Claim(key);
    this.limit = new Claim(limit);
    this.limits = [{ value: limit, sentAt: 0, doneAt: 0 }];
  }

  /** The highest limit that may have been in force when it was granted. */
  #limitFor({ grantedFrom, grantedBy }: Session): number {
    const settled = this.limits.findLastIndex(({ doneAt }) => doneAt < grantedFrom);
    const possible = this.limits.slice(Math.max(0, settled)).filter(({ sentAt }) => sentAt <= grantedBy);
    return Math.max(...possible.map(({ value }) => value));
  }

  /**
   * Until when the session surely held its seat: its lease, cut by a check-out, revocation or deletion that may have
   * come through.
   */
  heldUntil(session: Session): number {
    const revocation = this.revocations.find(({ at, doneAt }) => (at ?? doneAt) >= session.grantedFrom);
    const cuts = [session.checkOutSentAt, revocation?.sentAt ?? Infinity, this.deletionSentAt];
    return Math.min(session.leaseEnd, Math.max(session.provedAt, Math.min(...cuts)));
  }

  /** SEAT-1: grants of a new seat when at least as many as are allowed surely held one. */
  overIssued(): readonly Session[] {
    const sessions = [...this.sessions.values()];
    return sessions.filter((granted) => {
      const holders = sessions.filter(
        (other) =>
          other !== granted && other.grantedBy < granted.grantedFrom && this.heldUntil(other) > granted.grantedBy,
      );
      return holders.length >= this.#limitFor(granted);
    });
  }

  /** Whether a revocation has ended this session; null = perhaps. */
  isRevoked({ grantedFrom, grantedBy }: Session): boolean | null {
    if (this.revocations.some(({ at }) => at !== null && at > grantedBy)) return true;
    return this.revocations.some(({ at, doneAt }) => (at ?? doneAt) >= grantedFrom) ? null : false;
  }
}
