/** The maintenance of a license, said naively: dates moved forward on a calendar (MAINT-1, MAINT-2). */

import type { MaintainCall } from "../../../src/domain/license/calls.ts";
import type { Refusal } from "../../../src/domain/refusal.ts";
import type { MaintenancePolicy } from "../../../src/domain/terms/maintenance.ts";
import { later, moment, type Moment, type Span } from "./calendar.ts";

export class MaintenanceOracle {
  #policy: MaintenancePolicy | null = null;
  #end: Moment | null = null;
  #pending: Span[] = [];
  /** Names of their own, for the license's life. */
  readonly #references = new Set<string>();
  /** That it is over. */
  #isTold = false;

  /** Null = for life, not begun, or none. */
  get end(): number | null {
    return this.#end?.at ?? null;
  }

  /** SNAP-1: the one that it has stays. `isActivated`: there is nothing left to wait for. */
  put(policy: MaintenancePolicy | null, isActivated: boolean, now: number): void {
    if (policy?.id === this.#policy?.id) return;
    this.#policy = policy;
    this.#end = null;
    this.#pending = [];
    if (policy !== null && (policy.expirationStrategy === "immediate" || isActivated)) this.begin(now);
  }

  /** The first activation; nothing where it does not wait for one. */
  begin(now: number): void {
    const period = this.#policy?.period ?? null;
    if (period === null || this.#end !== null) return;
    this.#moveTo([period, ...this.#pending].reduce(later, moment(now)));
    this.#pending = [];
  }

  /** EVT-1: whether its end is to be told of at `now`: once. */
  tells(now: number): boolean {
    if (this.#end === null || this.#isTold || this.#end.at > now) return false;
    this.#isTold = true;
    return true;
  }

  /** What lengthening it is answered; null = granted, and `added` tells whether anything was. */
  lengthen(
    { seconds, from, renewalReference: reference }: MaintainCall,
    revoked: boolean,
    now: number,
  ): { readonly refusal: Refusal | null; readonly added: boolean } {
    if (reference !== null && this.#references.has(reference)) return { refusal: null, added: false };
    const refused = (refusal: Refusal) => ({ refusal, added: false });
    const not = (detail: string) => refused({ code: "invalid-member", pointer: "", detail });
    if (revoked) return refused({ code: "license-revoked" });
    if (this.#policy === null) return not("the license has no maintenance policy");
    if (this.#policy.period === null) return not("its maintenance has no end");
    if (reference !== null) this.#references.add(reference);
    const span = seconds === null ? this.#policy.period : { months: 0, seconds };
    const restarts = from === "now" || (from === "now-if-expired" && this.#end !== null && this.#end.at <= now);
    if (this.#end === null) this.#pending.push(span);
    else this.#moveTo(later(restarts ? moment(now) : this.#end, span));
    return { refusal: null, added: true };
  }

  #moveTo(end: Moment): void {
    this.#end = end;
    this.#isTold = false;
  }
}
