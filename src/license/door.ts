/**
 * Who gets in: whether this object holds the license that a call is about, giving birth where it may (ID-4, ID-5,
 * DEL-1).
 */

import type { Reached } from "../domain/license/calls.ts";
import { no, yes, type Outcome } from "../domain/outcome.ts";
import type { Birth, Wanted } from "./birth.ts";
import type { Deletion } from "./deletion.ts";
import type { Held } from "./held.ts";
import type { Address } from "./rpc.ts";
import { whose } from "./whose.ts";

export class Door {
  readonly #held: Held;
  readonly #birth: Birth;
  readonly #deletion: Deletion;

  constructor(held: Held, birth: Birth, deletion: Deletion) {
    this.#held = held;
    this.#birth = birth;
    this.#deletion = deletion;
  }

  /** ID-4, ID-5: answers if this object holds the license, giving birth if it may. */
  async reach<T>(
    address: Address,
    requestId: string,
    work: () => Outcome<T> | Promise<Outcome<T>>,
  ): Promise<Reached<T>> {
    await this.#birth.settled();
    let standing = whose(this.#held, address);
    if (standing === "leaving") {
      await this.#deletion.finish();
      standing = whose(this.#held, address);
    }
    const wanted = wantedBy(address);
    if (standing === "empty" && wanted !== null) {
      const born = await this.#birth.bear(wanted, requestId);
      if (!born.ok) return answered(born);
      standing = whose(this.#held, address);
      if (standing === "empty") return { reached: "empty", ...born.value };
    }
    switch (standing) {
      case "held":
        return answered(await work());
      case "deleted":
        // A key led here with the id of a deleted license: D1 shows it still, or again.
        if ("key" in address && address.licenseId !== undefined) this.#deletion.reopen(address.licenseId);
        return answered(no({ code: "license-unknown" }));
      case "leaving":
        return answered(no({ code: "storage-unavailable" }));
      case "empty":
      case "other":
        return { reached: standing };
    }
  }

  /** Changes nothing. ID-5: what is not held yet has its truth in D1. */
  async find<T>(address: Address, work: () => Outcome<T>): Promise<Reached<T>> {
    await this.#birth.settled();
    const standing = whose(this.#held, address);
    if (standing === "held") return answered(work());
    if (standing === "deleted") return answered(no({ code: "license-unknown" }));
    return { reached: standing === "leaving" ? "empty" : standing };
  }

  /** Never gives birth. */
  async ifHeld<T>(licenseId: string, work: () => T): Promise<Reached<T>> {
    await this.#birth.settled();
    const standing = whose(this.#held, { licenseId });
    if (standing === "held") return answered(yes(work()));
    if (standing === "deleted") return answered(no({ code: "license-unknown" }));
    return { reached: standing === "leaving" ? "other" : standing };
  }

  /** An activation's id led here, which does not name the license. Never gives birth. */
  async ofActivation<T>(work: () => Outcome<T>): Promise<Reached<T>> {
    await this.#birth.settled();
    const { license } = this.#held;
    if (license === null) return { reached: "empty" };
    return answered(this.#held.isDeleted(license.id) ? no({ code: "session-unknown" }) : work());
  }

  /** A session's id led here. Never gives birth. */
  async ofSession<T>(work: () => Outcome<T>): Promise<Outcome<T>> {
    await this.#birth.settled();
    const { license } = this.#held;
    if (license === null || this.#held.isDeleted(license.id)) return no({ code: "session-unknown" });
    return work();
  }
}

/** Null: nothing may be born for it. */
function wantedBy(address: Address): Wanted | null {
  if (address.licenseId !== undefined) return { licenseId: address.licenseId };
  return "key" in address && address.isOwn === true ? { key: address.key } : null;
}

function answered<T>(outcome: Outcome<T>): Reached<T> {
  return { reached: "license", outcome };
}
