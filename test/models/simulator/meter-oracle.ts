/** Meter attributes of a license, said naively: who has used how much is added up each time (METER-1). */

import type { UsesWish } from "../../../src/domain/license/device.ts";
import type { GivenMeter } from "../../../src/domain/license/meters.ts";
import type { LicenseView } from "../../../src/domain/terms/license.ts";
import type { Refusal } from "../../../src/domain/refusal.ts";
import { isLive } from "../../support/seat-oracle.ts";
import { must, same } from "./invariants.ts";
import type { LicenseOracle } from "./oracle.ts";
import type { SessionSeat } from "./session-seat.ts";

interface Meter extends GivenMeter {
  readonly id: string;
  /** Of one that does not float: what is used, by whomever. */
  spent: number;
  gross: number;
}

export class MeterOracle {
  readonly #license: Pick<LicenseOracle, "seats" | "now">;
  #meters: Meter[];
  /** Every id that there ever was. */
  readonly #ids: Set<string>;

  constructor(
    license: Pick<LicenseOracle, "seats" | "now">,
    meters: readonly (GivenMeter & { readonly id: string })[],
  ) {
    this.#license = license;
    this.#meters = meters.map((meter) => ({ ...meter, spent: 0, gross: 0 }));
    this.#ids = new Set(meters.map(({ id }) => id));
  }

  byId(id: string): Meter | undefined {
    return this.#meters.find((meter) => meter.id === id);
  }

  /** IN-2: what keeps its name keeps its id and its uses, and whatever comes anew begins at 0. */
  replaced(given: readonly GivenMeter[], { terms }: LicenseView): void {
    const before = this.#meters;
    this.#meters = given.map((meter, at) => {
      const id = terms.meterAttributes[at]?.id ?? "";
      const old = before.find(({ name }) => name === meter.name);
      const isItsOwn = old === undefined ? !this.#ids.has(id) : old.id === id;
      must("METER-1", isItsOwn && id !== "", () => `${meter.name} has the id ${id}`);
      must("METER-1", old === undefined || old.floating === meter.floating, () => `${meter.name} floats, or not`);
      this.#ids.add(id);
      return { ...meter, id, spent: old?.spent ?? 0, gross: old?.gross ?? 0 };
    });
  }

  /** Uses by the clock. */
  #total({ id, floating, spent }: Meter): number {
    if (!floating) return spent;
    const { seats, now } = this.#license;
    return seats.all().reduce((sum, seat) => sum + (isLive(seat, now) ? (seat.uses.get(id) ?? 0) : 0), 0);
  }

  /** All of them, or why not. */
  refusal(wishes: readonly UsesWish[]): Refusal | null {
    for (const [at, { name, increment }] of wishes.entries()) {
      const meter = this.#meters.find((item) => item.name === name);
      const pointer = `/meterAttributes/${at}/name`;
      if (meter === undefined)
        return { code: "invalid-member", pointer, detail: "is no meter attribute of the license" };
      const { allowedUses: limit } = meter;
      const used = this.#total(meter);
      if (increment > 0 && limit >= 0 && used + increment > limit) return { code: "uses-exhausted", name, limit, used };
    }
    return null;
  }

  /** True if anything moved. A device gives back no more than it has used. */
  count({ uses }: SessionSeat, wishes: readonly UsesWish[]): boolean {
    const steps = wishes.map(({ name, increment }) => {
      const meter = this.#meters.find((item) => item.name === name);
      if (meter === undefined) return 0;
      const before = uses.get(meter.id) ?? 0;
      const step = Math.max(increment, -before);
      uses.set(meter.id, before + step);
      meter.spent += step;
      meter.gross += Math.max(0, step);
      return step;
    });
    return steps.some((step) => step !== 0);
  }

  /** Of a grant that nobody heard of. */
  withdrawn(seat: SessionSeat): void {
    this.count(
      seat,
      this.#meters.map(({ name }) => ({ name, increment: Number.NEGATIVE_INFINITY })),
    );
  }

  /** By the vendor. True if anything was used. */
  reset(meter: Meter): boolean {
    const isUsed = this.#total(meter) > 0;
    meter.spent = 0;
    for (const { uses } of this.#license.seats.all()) uses.delete(meter.id);
    return isUsed;
  }

  /** What a management call shows. */
  shown({ meterUses = [] }: Pick<LicenseView, "meterUses">): void {
    for (const meter of this.#meters) {
      const { total = 0, gross = 0 } = meterUses.find(({ id }) => id === meter.id) ?? {};
      same("METER-1", `uses of ${meter.name}`, total, this.#total(meter));
      same("METER-1", `gross uses of ${meter.name}`, gross, meter.gross);
    }
  }

  /** TOK-3: what a token tells of those that a device may see. */
  told({ uses }: SessionSeat): {
    readonly licenseMeters: readonly unknown[];
    readonly activationMeters: readonly unknown[];
  } {
    const seen = this.#meters.filter(({ viewPermissions }) => viewPermissions.length > 0);
    return {
      licenseMeters: seen.map((meter) => {
        const { id, name, allowedUses, gross } = meter;
        return { id, name, allowedUses, totalUses: this.#total(meter), grossUses: gross };
      }),
      activationMeters: seen.map(({ id, name }) => ({ name, uses: uses.get(id) ?? 0 })),
    };
  }
}
