/** Creates licenses in D1 alone; their objects take them over at the first activation or change (ID-5). */

import type { Caller } from "../../domain/license/calls.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { upperKey } from "../../domain/terms/license-key.ts";
import type { LicenseView, Terms } from "../../domain/terms/license.ts";
import { say } from "../../log/line.ts";
import { ask } from "../../registry/db/question.ts";
import { inOneTrip } from "../../registry/db/round-trip.ts";
import { keepAlone } from "../../registry/rows/idempotency-records.ts";
import { holderOf, insertLicenses, type CreationResult } from "../../registry/rows/licenses.ts";
import { unknownProducts } from "../../registry/rows/products.ts";
import { ATTEMPTS, pauseAfter } from "../attempts.ts";
import { keepNothing, type Keep } from "../create-once.ts";
import type { Deployment } from "../deployment.ts";
import { UNKNOWN_POLICY, UNKNOWN_SET } from "./named-policy.ts";
import {
  lookedUpOnce,
  newRow,
  planOf,
  UNKNOWN_USER,
  type Plan,
  type PlannedRow,
  type WantedLicense,
} from "./plan-license.ts";
import { readLicense } from "./read-license.ts";

/** LIM-2: of the licenses of one batch, as they are created. D1 takes values of 2,000,000, kept answers too. */
export const BATCH_BYTES = 1_000_000;

export interface CreatedLicense {
  readonly license: LicenseView;
  /** False: the external reference is that of a license which exists already, and this is it. */
  readonly isNew: boolean;
}

/**
 * Refusals: those of `domain/creation`, `invalid-member` for unknown products and tags, an unknown user or template,
 * `already-exists` at `/key` (taken, or its locator is) and at `/externalReference` (its license was deleted).
 */
export async function createLicense(
  deployment: Deployment,
  wanted: WantedLicense,
  caller: Caller,
  now: number,
  keep: Keep<CreatedLicense> = keepNothing,
): Promise<Outcome<CreatedLicense>> {
  const all = await createAll({ deployment, wanted: [wanted], within: null }, caller, now, async (created) => {
    return await keep(only(created));
  });
  return all.ok ? yes(only(all.value)) : all;
}

/**
 * LIC-3: all of them or none, in the order of `wanted`, each as a creation alone would be; one whose external reference
 * is known is the license that has it. The first refusal is told, and points into `/licenses`
 * (0078-licenses-in-batches.md).
 */
export async function createLicenses(
  deployment: Deployment,
  wanted: readonly WantedLicense[],
  caller: Caller,
  now: number,
  keep: Keep<readonly CreatedLicense[]> = keepNothing,
): Promise<Outcome<readonly CreatedLicense[]>> {
  const twice = sameTwice(wanted);
  if (twice !== null) return no(twice);
  return await createAll({ deployment, wanted, within: "/licenses" }, caller, now, keep);
}

/** The first key or external reference that a license before it has too. */
function sameTwice(wanted: readonly WantedLicense[]): Refusal | null {
  const seen = new Map<string, number>();
  for (const [at, { key, externalReference = null }] of wanted.entries()) {
    // KEY-3: keys that differ by case alone lead to one license.
    const names = [
      ["key", key === null ? null : upperKey(key)],
      ["externalReference", externalReference],
    ] as const;
    for (const [member, value] of names) {
      if (value === null) continue;
      const before = seen.get(`${member} ${value}`);
      const pointer = `/licenses/${at}/${member}`;
      if (before !== undefined)
        return { code: "invalid-member", pointer, detail: `is that of /licenses/${before}, too` };
      seen.set(`${member} ${value}`, at);
    }
  }
  return null;
}

/** What is to be created. `within`: what a pointer begins with, before the number; null = the body is the license. */
interface Order {
  readonly deployment: Deployment;
  readonly wanted: readonly WantedLicense[];
  readonly within: string | null;
}

function placed({ within }: Order, number: number, refusal: Refusal): Refusal {
  const isPlaced = within !== null && "pointer" in refusal;
  return isPlaced ? { ...refusal, pointer: `${within}/${number}${refusal.pointer}` } : refusal;
}

async function createAll(
  order: Order,
  caller: Caller,
  now: number,
  keep: Keep<readonly CreatedLicense[]>,
): Promise<Outcome<readonly CreatedLicense[]>> {
  const { deployment, wanted } = order;
  const sold = new Map<number, CreatedLicense>();
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const planned = await planAll(order, sold, now);
    if (!planned.ok) return planned;
    const rows = await Promise.all(planned.value.map((plan) => newRow(deployment, plan, caller, now)));
    if (rows.length > 1 && isTooLarge(rows)) return no(TOO_LARGE);
    const created = new Map(rows.map(({ number, license }) => [number, { license, isNew: true }]));
    const answer = wanted.flatMap((_, number) => sold.get(number) ?? created.get(number) ?? []);
    const kept = await keep(answer);
    const [first, ...others] = rows;
    if (first === undefined) {
      await keepAlone(deployment.db, kept);
      return yes(answer);
    }
    const results = await insertLicenses(deployment.db, [first, ...others], kept);
    if (results.every((result) => result.created)) {
      await Promise.all(rows.map(({ license }) => settle(deployment, license)));
      return yes(answer);
    }
    const refusal = await learnt(order, rows, results, sold);
    if (refusal !== null) return no(refusal);
    await deployment.pause(pauseAfter(attempt));
  }
  return no({ code: "overloaded", what: "user" });
}

/** What goes to D1 as one parameter, and what is kept for who sends the call again. */
function isTooLarge(rows: readonly PlannedRow[]): boolean {
  return new TextEncoder().encode(JSON.stringify(rows.map(({ license }) => license))).length > BATCH_BYTES;
}

const TOO_LARGE = {
  code: "invalid-member",
  pointer: "/licenses",
  detail: `with all that they get by default and from templates, they must have at most ${BATCH_BYTES} bytes together`,
} as const;

/**
 * Of those that are not sold already. A creation that is sent again finds its license also where the user, tag or
 * template that it names has gone since.
 */
async function planAll(
  order: Order,
  sold: Map<number, CreatedLicense>,
  now: number,
): Promise<Outcome<readonly Plan[]>> {
  const { deployment, wanted } = order;
  const open = [...wanted.entries()].filter(([number]) => !sold.has(number));
  // Each attempt reads anew: a user's e-mail may have changed since the last (SNAP-1).
  const planned = await inOneTrip(deployment.db, (asked) => {
    const once = lookedUpOnce();
    return Promise.all(open.map(async ([number, one]) => ({ number, one, plan: await planOf(asked, once, one, now) })));
  });
  const plans: Plan[] = [];
  for (const { number, one, plan } of planned) {
    if (plan.ok) plans.push({ number, wanted: one, ...plan.value });
    else {
      const holder = one.externalReference ? await holderOf(deployment.db, one.externalReference) : null;
      const found = holder === null ? plan : await existing(deployment, holder);
      if (!found.ok) return no(placed(order, number, found.refusal));
      sold.set(number, found.value);
    }
  }
  return yes(plans);
}

/**
 * What the answer of D1 says: the first refusal, or null if another attempt is worth it. LIC-3: creating again with an
 * external reference answers the license that has it, which is `sold` from now on; a deleted one keeps it taken.
 */
async function learnt(
  order: Order,
  rows: readonly PlannedRow[],
  results: readonly CreationResult[],
  sold: Map<number, CreatedLicense>,
): Promise<Refusal | null> {
  const { deployment, wanted } = order;
  for (const [row, { number, license }] of rows.entries()) {
    const result = results[row];
    if (result === undefined || result.created) continue;
    if (result.why === "reference-taken") {
      const found = await existing(deployment, result.licenseId);
      if (!found.ok) return placed(order, number, found.refusal);
      sold.set(number, found.value);
    } else if (!isWorthAnother(result, wanted[number]?.key ?? null)) {
      return placed(order, number, await refusalOf(deployment, license.terms, result));
    }
  }
  return null;
}

type Why = Exclude<CreationResult, { readonly created: true }>;

function isWorthAnother({ why }: Why, key: string | null): boolean {
  return why === "user-changed" || (key === null && (why === "key-taken" || why === "locator-taken"));
}

async function refusalOf(deployment: Deployment, terms: Terms, { why }: Why): Promise<Refusal> {
  switch (why) {
    case "user-unknown":
      return UNKNOWN_USER;
    case "policy-unknown":
      return UNKNOWN_POLICY;
    case "set-unknown":
      return UNKNOWN_SET;
    case "product-unknown":
      return await productRefusal(deployment, terms);
    case "key-taken":
    case "locator-taken":
      return { code: "already-exists", pointer: "/key" };
    case "reference-taken":
    case "user-changed":
      return { code: "overloaded", what: "user" };
  }
}

async function existing(deployment: Deployment, licenseId: string): Promise<Outcome<CreatedLicense>> {
  const found = await readLicense(deployment, licenseId);
  if (found.ok) return yes({ license: found.value.license, isNew: false });
  const isDeleted = found.refusal.code === "license-unknown";
  return isDeleted ? no({ code: "already-exists", pointer: "/externalReference" }) : found;
}

async function productRefusal({ db }: Deployment, { productId, licensedProductIds }: Terms) {
  const [unknown] = await ask(db, unknownProducts([productId, ...licensedProductIds]));
  const isOwn = unknown === undefined || unknown === productId;
  const pointer = isOwn ? "/productId" : `/licensedProductIds/${licensedProductIds.indexOf(unknown)}`;
  return { code: "invalid-member", pointer, detail: "there is no such product" } as const;
}

/** ID-5: a license with a region is born now, near its users, as well as that can be had; else it is born later. */
async function settle(deployment: Deployment, license: LicenseView): Promise<void> {
  const { region } = license.terms;
  if (region === null) return;
  const born = await deployment.licenses.at(await deployment.locator(license.key), region).bear(license.id);
  const isBorn = born.reached === "license" && born.outcome.ok;
  if (!isBorn) say("a license was not born in its region", { license: license.id });
}

function only<T>(list: readonly T[]): T {
  const [one] = list;
  if (one === undefined) throw new Error("a license was asked for");
  return one;
}
