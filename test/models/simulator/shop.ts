/** Sells licenses: new ones of every kind, under keys that are free. */

import { newTerms } from "../../../src/domain/license/creation.ts";
import type { License } from "../../../src/domain/terms/license.ts";
import { PRODUCT } from "./claims.ts";
import { newLicense, type Given } from "./given.ts";
import { Ids } from "../../support/ids.ts";
import { must } from "./invariants.ts";
import { given, mixOf, type Case, type Mix } from "./licenses.ts";
import { SimObject } from "./object.ts";
import { LicenseOracle } from "./oracle.ts";
import { DEVICES } from "./people.ts";
import { Trace } from "./trace.ts";
import type { World } from "./world.ts";

export class Shop {
  readonly #world: World;
  readonly #ids = new Ids();
  readonly #reusesKeys: boolean;
  readonly #mix: Mix;
  #keys = 0;
  #sold = 0;

  constructor(world: World, reusesKeys: boolean) {
    this.#world = world;
    this.#reusesKeys = reusesKeys;
    this.#mix = mixOf(world.random);
  }

  /** Null: D1 is down, the key is taken, or the rules refuse such terms. */
  sell(): Case | null {
    const { random, people, now, counts, d1, holders } = this.#world;
    if (d1.down) return null;
    const key = this.freeKey();
    const members = given(random, people, now, this.#mix);
    const terms = newTerms(newLicense(members, PRODUCT), now);
    counts.add("creation", terms.ok ? "yes" : terms.refusal.code);
    if (!terms.ok) return null;
    this.#sold += 1;
    const id = this.#ids.located(this.#sold.toString(16).padStart(15, "0"));
    const license: License = { id, key, revision: 1, terms: terms.value };
    if (!d1.create(license)) {
      counts.add("creation", "already-exists");
      return null;
    }
    must("KEY-2", !holders.has(key), () => `${key} is sold again, and is ${holders.get(key)?.oracle.id ?? ""}'s`);
    return this.#opened(license, members);
  }

  #opened({ id, key, revision }: License, members: Given): Case {
    const { random, people, now } = this.#world;
    const oracle = new LicenseOracle(id, key, members, now, revision);
    const { user, allowedActivations: limit } = members;
    const own = user === null ? [] : [people.personOf(user)];
    return {
      object: new SimObject(id, key, this.#ids, oracle),
      oracle,
      firstDevice: random.below(DEVICES),
      spread: Math.ceil((limit === 0 ? 30 : limit) * 1.4) + 1,
      people: [...own, ...own, ...own, ...Array.from({ length: 4 }, () => people.person(random))],
      sessions: [],
      formerKeys: [],
      closedAt: null,
      goneAt: null,
      trace: new Trace(),
    };
  }

  /** A fresh one; or one that somebody has or had, which D1 then refuses or gives away again. */
  freeKey(): string {
    const { random } = this.#world;
    if (this.#reusesKeys && this.#keys > 0 && random.chance(0.15)) return `KEY ${1 + random.below(this.#keys)}`;
    this.#keys += 1;
    return `KEY ${this.#keys}`;
  }
}
