/** What the vendor changes of a license, at random. */

import type { LicensePatch } from "../../../src/domain/license/calls.ts";
import type { LicenseUser } from "../../../src/domain/terms/license.ts";
import type { Random } from "../../support/random.ts";
import { swarm } from "../lives/weather.ts";
import { NO_RULES, policyOf, rulesOf } from "./claims.ts";
import { intervalText } from "./given.ts";
import {
  graceOf,
  leaseOf,
  leasingOf,
  limitOf,
  matchingOf,
  metersOf,
  overageOf,
  periodOf,
  type Case,
} from "./licenses.ts";
import type { People } from "./people.ts";
import { planFor } from "./plans.ts";
import { Lot, PATCHES } from "./weather.ts";

const FEATURES = ["export", "sync", "beta"] as const;

export class Patches {
  readonly #random: Random;
  readonly #people: People;
  readonly #freeKey: () => string;
  readonly #lot: Lot<keyof typeof PATCHES>;

  constructor(random: Random, people: People, freeKey: () => string) {
    this.#random = random;
    this.#people = people;
    this.#freeKey = freeKey;
    this.#lot = new Lot(swarm(random, PATCHES, ["limit"]));
  }

  next(to: Case, now: number): LicensePatch {
    const random = this.#random;
    const { given } = to.oracle;
    switch (this.#lot.draw(random)) {
      case "limit":
        return { allowedActivations: random.chance(0.3) ? Math.max(1, given.allowedActivations - 1) : limitOf(random) };
      case "deactivations":
        return { allowedDeactivations: random.below(40) - 1 };
      case "overage":
        return { allowedOverage: overageOf(random) };
      case "strategies":
        return {
          leasingStrategy: leasingOf(random, 0.6, given.leaseDuration),
          ...(random.chance(0.5) ? { fingerprintMatchingStrategy: matchingOf(random) } : {}),
        };
      case "features":
        return { featureEntitlements: this.#features(now) };
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
        return { subscriptionInterval: intervalOf(random) };
      case "plan":
        return planFor(random, to.oracle);
      case "rules":
        return random.chance(0.4) ? NO_RULES : rulesOf(random);
      case "maintenance":
        return { maintenance: random.chance(0.2) ? null : policyOf(random) };
      case "meters":
        return { meterAttributes: this.#meters(given.meterAttributes) };
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

  /** Others, or the same with other limits; one that floats would not, now and then. */
  #meters(known: Case["oracle"]["given"]["meterAttributes"]): Case["oracle"]["given"]["meterAttributes"] {
    const random = this.#random;
    const other = metersOf(random);
    const isTurned = random.chance(0.05);
    return isTurned ? known.map((meter) => ({ ...meter, floating: !meter.floating })) : other;
  }

  /** A few, each with an end that comes soon, or late, or has come. */
  #features(now: number): NonNullable<LicensePatch["featureEntitlements"]> {
    const random = this.#random;
    const expiresAt = () => (random.chance(0.3) ? null : now + random.below(7_200_000) - 600_000);
    const some = FEATURES.slice(0, random.below(FEATURES.length + 1));
    return some.map((featureName) => ({ featureName, value: random.below(1_000_000_000), expiresAt: expiresAt() }));
  }
}

export function intervalOf(random: Random) {
  const period = periodOf(random);
  if (period === null || period.months === 0) return { text: null, months: 0, seconds: 0 };
  return { text: intervalText(period), ...period };
}
