/**
 * When a license ends, said naively: dates moved forward on a calendar, one period after the other, for the license or
 * for each device (PER-1).
 */

import type { PlannedRenewCall, RenewCall } from "../../../src/domain/license/calls.ts";
import type { Refusal } from "../../../src/domain/refusal.ts";
import { later, moment, type Moment, type Span } from "./calendar.ts";
import type { Given } from "./given.ts";

/** A device's own clock under rolling: its first instant, and all the periods that it was given. */
interface DeviceClock {
  readonly start: Moment;
  months: number;
  seconds: number;
  end: number;
}

export class ExpiryOracle {
  #strategy: Given["expirationStrategy"];
  readonly #devices = new Map<string, DeviceClock>();
  readonly #references = new Set<string>();
  period: Span | null;
  #end: Moment | null = null;
  /** EXP-5: asked for before the first activation, in order. */
  #pending: Span[] = [];
  #activated = false;
  /** How many periods were added, one by one. */
  renewals = 0;

  constructor({ expirationStrategy, period, expiresAt }: Given, createdAt: number) {
    this.#strategy = expirationStrategy;
    this.period = period;
    if (expirationStrategy === "immediate" && period !== null) this.#end = later(moment(createdAt), period);
    if (expiresAt !== null) this.#end = moment(expiresAt);
  }

  get isRolling(): boolean {
    return this.#strategy === "rolling";
  }

  get #waits(): boolean {
    return this.#strategy === "delayed" && !this.#activated;
  }

  /** The first activation has been, under the strategy of now. */
  get isActivated(): boolean {
    return this.#activated;
  }

  /** The license's own `expiresAt`. */
  get licenseEnd(): number | null {
    return this.#end === null ? null : this.#end.at;
  }

  get pendingRenewals(): number {
    return this.#pending.length;
  }

  /** EXP-11. */
  knows({ renewalReference }: RenewCall): boolean {
    return renewalReference !== null && this.#references.has(renewalReference);
  }

  /** TPL-2: the license begins anew, and no device has an end of its own. */
  restart(strategy: Given["expirationStrategy"], period: Span | null, now: number): void {
    this.#strategy = strategy;
    this.period = period;
    this.#end = strategy === "immediate" && period !== null ? later(moment(now), period) : null;
    this.#pending = [];
    this.#activated = false;
    this.#devices.clear();
  }

  /** When an activation on this device ends. */
  endOf(device: string): number | null {
    return this.isRolling ? (this.#devices.get(device)?.end ?? null) : this.licenseEnd;
  }

  hasClock(device: string): boolean {
    return this.#devices.has(device);
  }

  /** FP-1: a device that takes over the hold of one that is alike, and had no clock of its own, has that one's. */
  goesOn(held: string, device: string): void {
    const clock = this.#devices.get(held);
    if (this.isRolling && clock !== undefined && !this.#devices.has(device)) this.#devices.set(device, { ...clock });
  }

  /** EXP-2, EXP-3, EXP-5: a new activation. True if it was the license's first. */
  activated(device: string, now: number): boolean {
    const isFirst = !this.#activated;
    this.#activated = true;
    if (isFirst && this.#strategy === "delayed" && this.#end === null) {
      // Without a period there is no end, and nothing that a renewal could move.
      if (this.period !== null) this.#end = [this.period, ...this.#pending].reduce(later, moment(now));
      this.#pending = [];
    }
    if (this.isRolling && this.period !== null && !this.#devices.has(device)) {
      const clock = { start: moment(now), ...this.period, end: 0 };
      this.#devices.set(device, clock);
      settle(clock);
    }
    return isFirst;
  }

  /** What a renewal should be answered; null = granted, and `added` tells whether anything was. */
  renew(call: PlannedRenewCall, revoked: boolean, now: number): { refusal: Refusal | null; added: boolean } {
    const { from, renewalReference } = call;
    if (this.knows(call)) return { refusal: null, added: false };
    const refusal = this.#refusal(revoked, call.plan !== undefined);
    if (refusal !== null || this.period === null) return { refusal, added: false };
    if (renewalReference !== null) this.#references.add(renewalReference);
    this.renewals += 1;
    this.#add(this.period, from, now);
    return { refusal: null, added: true };
  }

  /** EXP-4: naming a plan, a license with a period and no end begins. */
  #refusal(revoked: boolean, isOfPlan: boolean): Refusal | null {
    if (revoked) return { code: "license-revoked" };
    const begins = this.isRolling || this.#waits || isOfPlan;
    if (this.#end === null && !(begins && this.period !== null)) return { code: "license-perpetual" };
    return this.period === null ? { code: "no-period" } : null;
  }

  #add(period: Span, from: RenewCall["from"], now: number): void {
    if (this.isRolling) {
      for (const clock of this.#devices.values()) {
        clock.months += period.months;
        clock.seconds += period.seconds;
        settle(clock);
      }
    } else if (this.#end === null && this.#waits) {
      this.#pending.push(period);
    } else if (this.#end === null) {
      this.#end = later(moment(now), period);
    } else {
      const restarts = from === "now" || (from === "now-if-expired" && this.#end.at <= now);
      this.#end = later(restarts ? moment(now) : this.#end, period);
    }
  }
}

function settle(clock: DeviceClock): void {
  const monthsLater = later(clock.start, { months: clock.months, seconds: 0 }).at;
  clock.end = monthsLater + clock.seconds * 1000;
}
