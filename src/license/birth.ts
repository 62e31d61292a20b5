/**
 * Birth: the object takes a license over from D1 (ID-5). One shared promise for all callers, never
 * `blockConcurrencyWhile` (0028-births-and-batches-take-turns.md).
 */

import { no, yes, type Outcome } from "../domain/outcome.ts";
import type { Lock } from "../durable/lock.ts";
import { claimBirth } from "../registry/object/birth.ts";
import type { Held } from "./held.ts";

interface Running {
  readonly licenseId: string;
  readonly promise: Promise<Outcome<null>>;
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

  /**
   * Whether it was born tells the object afterwards. `requestId` is of whoever came first. Refusals: `license-lost`,
   * `storage-unavailable`.
   */
  async bear(licenseId: string, requestId: string): Promise<Outcome<null>> {
    while (this.#running !== null && this.#running.licenseId !== licenseId) await this.#running.promise;
    this.#running ??= { licenseId, promise: this.#start(licenseId, requestId) };
    return await this.#running.promise;
  }

  /** Starts with an await: a promise that clears itself must not end before it is stored. */
  async #start(licenseId: string, requestId: string): Promise<Outcome<null>> {
    await Promise.resolve();
    try {
      return await this.#lock.hold(() => this.#takeOver(licenseId, requestId));
    } finally {
      this.#running = null;
    }
  }

  async #takeOver(licenseId: string, requestId: string): Promise<Outcome<null>> {
    const { host, incarnation } = this.#held;
    try {
      const claim = await claimBirth(host.db, licenseId);
      // After the wait: still the same life, and still empty?
      if (this.#held.incarnation !== incarnation || this.#held.holdsLicense()) return yes(null);
      if (claim.kind === "projected") return no({ code: "license-lost" });
      if (claim.kind === "claimed") this.#held.take(claim.license);
      return yes(null);
    } catch (error) {
      host.report("a license could not be taken over from D1", error, { requestId });
      return no({ code: "storage-unavailable" });
    }
  }
}
