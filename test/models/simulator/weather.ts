/** What happens how often. Each seed has weather of its own (test/models/lives/weather.ts): rare things meet. */

import type { Random } from "../../support/random.ts";

export const HAPPENINGS = {
  call: 80,
  deliver: 9,
  alarm: 5,
  relay: 9,
  email: 1,
  create: 1,
  evict: 0.6,
  jump: 0.4,
  exact: 1.5,
  leap: 0.03,
  loseAlarm: 0.15,
  doubleAlarm: 0.3,
  lateBatch: 1.5,
  d1: 0.04,
  snapshot: 0.06,
  setBack: 0.04,
};

/** A turn commits and is answered; its writes vanish, with the memory or without; it commits and the memory is lost. */
export const ENDINGS = { kept: 96, "crash-before": 1.2, throw: 0.6, "crash-after": 1.2 };

export const NETWORK = { well: 85, twice: 4, late: 5, "reply-lost": 4, lost: 1.5 };

/**
 * Of D1: `flying` answers later; `before`, `after`: it failed before or after it applied; `late`: it failed, and
 * applies later.
 */
export const ANSWERS = { well: 80, flying: 10, before: 4, after: 4, late: 3 };

export const CALLS = {
  activate: 36,
  renew: 18,
  "check-in": 10,
  "check-out": 9,
  sync: 9,
  deactivate: 4,
  look: 4,
  view: 3,
  patch: 9,
  "renew-license": 3,
  delete: 0.15,
  end: 3,
  "end-time": 0.4,
  count: 7,
  reset: 0.5,
  maintain: 1,
};

export const PATCHES = {
  limit: 10,
  deactivations: 3,
  overage: 3,
  strategies: 3,
  features: 3,
  lease: 3,
  "client-lease": 3,
  grace: 2,
  sync: 4,
  release: 6,
  duplicate: 2,
  authentication: 2,
  effective: 1,
  user: 8,
  leave: 1,
  notes: 2,
  interval: 4,
  plan: 5,
  rules: 3,
  maintenance: 3,
  meters: 2,
  revoke: 2,
  suspend: 2,
  key: 3,
};

/** Names drawn by weight, faster than adding the weights up each time. */
export class Lot<N extends string> {
  readonly #names: readonly N[];
  readonly #upto: readonly number[];
  readonly #sum: number;

  constructor(weights: Readonly<Record<N, number>>) {
    this.#names = Object.keys(weights) as N[];
    let sum = 0;
    this.#upto = this.#names.map((name) => (sum += weights[name]));
    this.#sum = sum;
  }

  draw(random: Random): N {
    const at = random.next() * this.#sum;
    const found = this.#upto.findIndex((upto) => at < upto);
    return this.#names[found] ?? (this.#names[0] as N);
  }
}
