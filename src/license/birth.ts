/**
 * Birth: the object takes a license over from D1 (ID-5). One shared promise for all callers, never
 * `blockConcurrencyWhile` (0028-births-and-batches-take-turns.md).
 */

import { no, yes, type Outcome } from "../domain/outcome.ts";
import type { Lock } from "../durable/lock.ts";
import { claimBirth, claimByKey, type Claim } from "../registry/object/birth.ts";
import type { Held } from "./held.ts";

/** What is to be taken over: a license, or whatever was created under a key that leads here. */
export type Wanted = { readonly licenseId: string } | { readonly key: string };

/** Whether it was born tells the object afterwards. `named`: what D1 has instead; null = nothing. */
export interface Borne {
  readonly named?: string | null;
}

interface Running {
  readonly wanted: Wanted;
  readonly promise: Promise<Outcome<Borne>>;
}

export class Birth {
  readonly #held: Held;
  readonly #lock: Lock;
  #running: Running | null = null;

  constructor(held: Held, lock: Lock) {
    this.#held = held;
    this.#lock = lock;
  }

  /** Every call awaits a running birth before it reads anything. */
  async settled(): Promise<void> {
    await this.#running?.promise;
  }

  /** `requestId` is of whoever came first. Refusals: `license-lost`, `storage-unavailable`. */
  async bear(wanted: Wanted, requestId: string): Promise<Outcome<Borne>> {
    while (this.#running !== null && !isSame(this.#running.wanted, wanted)) await this.#running.promise;
    this.#running ??= { wanted, promise: this.#start(wanted, requestId) };
    return await this.#running.promise;
  }

  /** Starts with an await: a promise that clears itself must not end before it is stored. */
  async #start(wanted: Wanted, requestId: string): Promise<Outcome<Borne>> {
    await Promise.resolve();
    try {
      return await this.#lock.hold(() => this.#takeOver(wanted, requestId));
    } finally {
      this.#running = null;
    }
  }

  async #takeOver(wanted: Wanted, requestId: string): Promise<Outcome<Borne>> {
    const { host, incarnation } = this.#held;
    // DEL-1: an object that remembers deleted licenses takes over none whose id it was not told.
    if ("key" in wanted && this.#held.hasTables) return yes({});
    try {
      const claim = await claimOf(host.db, wanted);
      // After the wait: still the same life, and still empty?
      if (this.#held.incarnation !== incarnation || this.#held.holdsLicense()) return yes({});
      if (claim.kind === "claimed") this.#held.take(claim.license);
      if (claim.kind === "projected") return no({ code: "license-lost" });
      return yes(claim.kind === "claimed" ? {} : { named: claim.kind === "other" ? claim.licenseId : null });
    } catch (error) {
      host.report("a license could not be taken over from D1", error, { requestId });
      return no({ code: "storage-unavailable" });
    }
  }
}

async function claimOf(db: D1Database, wanted: Wanted): Promise<Claim> {
  return "key" in wanted ? await claimByKey(db, wanted.key) : await claimBirth(db, wanted.licenseId);
}

function isSame(one: Wanted, other: Wanted): boolean {
  return "key" in one
    ? "key" in other && one.key === other.key
    : "licenseId" in other && one.licenseId === other.licenseId;
}
