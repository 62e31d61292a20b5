/**
 * MGMT-4's measure: 1,000 renewals of subscriptions, each with a key of its own and sent up to five times at once and
 * later, across births, kills, evictions and failures of D1, add exactly 1,000 periods. scripts/torture does the same
 * to the whole runtime with SIGKILL.
 */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { storedTerms } from "../../src/domain/terms/stored-terms.ts";
import type { LicenseView } from "../../src/domain/terms/license.ts";
import { locatorOf } from "../../src/domain/terms/identifier.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { renewLicense } from "../../src/operations/license/change-license.ts";
import { Random } from "../support/random.ts";
import { insertUnborn, licenseOf } from "../support/license-fixture.ts";
import { MortalKeeper } from "../support/mortal-keeper.ts";
import { deployment, newLicense, newProduct } from "../support/shop.ts";
import { keyed, VENDOR } from "../support/world.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

/** 50 licenses with 10 renewals each, twice: half of the renewals meet a license that is being born. */
const LICENSES = 50;
const RENEWALS = 10;
const MOST_COPIES = 5;
const AT_ONCE = 8;

const MONTHLY = { subscriptionInterval: { text: "P1M", months: 1, seconds: 0 } };
const CALL = { ...VENDOR, from: "expiry", renewalReference: null } as const;

interface Shop {
  /** The license as it was answered; null = no answer. */
  renew(key: string): Promise<LicenseView | null>;
  /** Something dreadful, in the middle of what is under way. */
  strike(): Promise<void>;
}

/** Every renewal is sent up to five times, in any order, and until it is answered; then once more. */
async function renewAll(random: Random, shop: Shop): Promise<void> {
  const keys = Array.from({ length: RENEWALS }, (_, n) => `invoice ${n}`);
  const answers = new Map<string, string>();
  const send = async (key: string): Promise<void> => {
    const license = await shop.renew(key);
    if (license === null) return;
    const told = JSON.stringify(license);
    expect(told).toBe(answers.get(key) ?? told);
    answers.set(key, told);
  };
  let waiting = shuffled(
    random,
    keys.flatMap((key) => Array<string>(1 + random.below(MOST_COPIES)).fill(key)),
  );
  while (waiting.length > 0) {
    const wave = waiting.splice(0, AT_ONCE).map(send);
    if (random.chance(0.5)) await shop.strike();
    await Promise.all(wave);
    if (waiting.length === 0) waiting = keys.filter((key) => !answers.has(key));
  }
  await Promise.all(keys.map(send));
  expect(new Set(answers.values()).size).toBe(RENEWALS);
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, at: random.next() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ item }) => item);
}

/** One period from the beginning, and one per renewal: neither more nor fewer. */
function isLengthenedOnceEach({ terms, revision }: LicenseView): void {
  expect({ months: terms.end?.months, revision }).toEqual({ months: 1 + RENEWALS, revision: 1 + RENEWALS });
}

it("MGMT-4: 500 renewals across births and evictions of the objects add 500 periods", async () => {
  const productId = (await newProduct()).id;
  const opened = await deployment();
  await Promise.all(
    Array.from({ length: LICENSES }, async (_, seed) => {
      const random = new Random(seed);
      const license = await newLicense({ productId, ...MONTHLY });
      const stub = env.LICENSES.get(env.LICENSES.idFromName(locatorOf(license.id) ?? ""));
      await renewAll(random, {
        renew: async (key) => valueOf(await renewLicense(opened, license.id, { ...CALL, idempotency: keyed(key) })),
        strike: async () => await evictDurableObject(stub).catch(() => undefined),
      });
      const seen = await stub.describe(license.id);
      if (seen.reached !== "license" || !seen.outcome.ok) throw new Error("the license is not there");
      isLengthenedOnceEach(seen.outcome.value);
    }),
  );
});

it("MGMT-4: 500 renewals across births, kills at any await and a failing D1 add 500 periods, in D1 too", async () => {
  for (let seed = 0; seed < LICENSES; seed += 1) {
    const random = new Random(1000 + seed);
    const locator = (0xacc_e900 + seed).toString(16).padStart(15, "0");
    const license = licenseOf(MONTHLY, locator, `ACCEPTED-${seed}`, Date.now());
    await insertUnborn(env.DB, license);
    const stub = env.LICENSES.get(env.LICENSES.idFromName(locator));
    await runInDurableObject(stub, async (_, state) => {
      const weather = { isBad: true };
      const mortal = new MortalKeeper(state, random, () => weather.isBad);
      await renewAll(random, {
        renew: async (key) => {
          const answer = await mortal.call((keeper) =>
            keeper.renewLicense(license.id, { ...CALL, idempotency: keyed(key) }),
          );
          if (answer === null) return null;
          if (answer.reached !== "license") throw new Error(`reached ${answer.reached}`);
          const { outcome } = answer;
          return valueOf(outcome.ok ? { ok: true, value: outcome.value.license } : outcome);
        },
        strike: async () => {
          // Up to five answers of D1 later.
          for (let wait = random.below(6); wait > 0; wait -= 1) await env.DB.prepare("SELECT 1").run();
          mortal.kill();
        },
      });
      weather.isBad = false;
      for (let run = 0; run < 3; run += 1) await mortal.call((keeper) => keeper.alarm());
      const seen = await mortal.call((keeper) => keeper.describe(license.id));
      if (seen?.reached !== "license" || !seen.outcome.ok) throw new Error("the license is not there");
      isLengthenedOnceEach(seen.outcome.value);
      const row = await env.DB.prepare("SELECT terms, revision FROM licenses WHERE id = ?").bind(license.id).first();
      expect(row).toEqual({ terms: storedTerms(seen.outcome.value.terms), revision: 1 + RENEWALS });
      const events = await env.DB.prepare(`SELECT count(*) AS n FROM ${EVENTS} WHERE subject_id = ? AND type = ?`)
        .bind(license.id, "license.renewed")
        .first("n");
      expect(events).toBe(RENEWALS);
    });
  }
});

/** D1 that failed and an object that went away are no answer; any other refusal is a fault. */
function valueOf(outcome: Outcome<LicenseView>): LicenseView | null {
  if (outcome.ok) return outcome.value;
  expect(["storage-unavailable", "overloaded"]).toContain(outcome.refusal.code);
  return null;
}
