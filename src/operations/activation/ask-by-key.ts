/**
 * From a key to the object that holds it (ID-4), by way of D1 only where the key's own object does not know it.
 */

import type { Reached } from "../../domain/license/calls.ts";
import { locatorOf } from "../../domain/terms/identifier.ts";
import { no, type Outcome } from "../../domain/outcome.ts";
import { findLicenseByKey } from "../../registry/rows/license-keys.ts";
import type { Deployment } from "../deployment.ts";
import type { LocatorHints } from "../license/locator-hints.ts";
import { say } from "../../log/line.ts";

export type Stores = Pick<Deployment, "db" | "licenses" | "locator">;

/** The call itself, to the object of a locator. */
export interface Asking<T> {
  /** Whether it holds the key. */
  byKey(locator: string): Promise<Reached<T>>;
  /** D1 says that it holds this license, under this key. `unborn`: D1 has the answer, and no object. */
  byName(locator: string, licenseId: string): Promise<Reached<T> | Unborn<T>>;
}

export interface Unborn<T> {
  readonly reached: "unborn";
  readonly outcome: Outcome<T>;
}

/**
 * `key` is as it was read (KEY-3). Refusals: the object's; `license-unknown` where no license has the key; and
 * `storage-unavailable` or `overloaded` where the answer could not be had. An unknown key writes nothing anywhere.
 */
export async function askByKey<T>(
  stores: Stores,
  hints: LocatorHints,
  key: string,
  asking: Asking<T>,
): Promise<Outcome<T>> {
  const own = await stores.locator(key);
  const hinted = hints.of(own);
  if (hinted !== null) {
    const answer = await asking.byKey(hinted);
    if (isFound(answer)) return answer.outcome;
    hints.drop(own);
  }
  const answer = await asking.byKey(own);
  if (answer.reached === "license") return answer.outcome;
  return await lookUp(stores, hints, { key, own, isEmpty: answer.reached === "empty" }, asking);
}

interface Sought {
  readonly key: string;
  /** The key's own locator. */
  readonly own: string;
  /** Whether the object there holds no license. */
  readonly isEmpty: boolean;
}

/** D1's primary names the license, by either spelling of the key (KEY-3); its object has the last word. */
async function lookUp<T>(stores: Stores, hints: LocatorHints, sought: Sought, asking: Asking<T>): Promise<Outcome<T>> {
  const found = await askedOfD1(() => findLicenseByKey(stores.db, sought.key));
  if (!found.ok) return found;
  const licenseId = found.value;
  const locator = licenseId === null ? null : locatorOf(licenseId);
  if (licenseId === null || locator === null) return no({ code: "license-unknown" });
  if (locator === sought.own && !sought.isEmpty) return no({ code: "license-unknown" });

  const answer = await asking.byName(locator, licenseId);
  if (answer.reached === "unborn") return answer.outcome;
  if (answer.reached !== "license") return no({ code: "license-unknown" });
  if (locator !== sought.own && isFound(answer)) hints.remember(sought.own, locator);
  return answer.outcome;
}

/** Refuses `storage-unavailable` where D1 fails. */
export async function askedOfD1<T>(ask: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await ask() };
  } catch (error) {
    say("a look-up in D1 failed", {}, error);
    return no({ code: "storage-unavailable" });
  }
}

/** An object that remembers only a deleted license knows no key: a hint that leads there is wrong. */
function isFound<T>(answer: Reached<T>): answer is Extract<Reached<T>, { reached: "license" }> {
  return answer.reached === "license" && (answer.outcome.ok || answer.outcome.refusal.code !== "license-unknown");
}
