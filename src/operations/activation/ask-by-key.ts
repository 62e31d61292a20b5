/**
 * From a key to the object that holds it (ID-4), by way of D1 only where the key's own object does not know it.
 */

import type { Reached } from "../../domain/license/calls.ts";
import { locatorOf } from "../../domain/terms/identifier.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { findLicenseByKey } from "../../registry/rows/license-keys.ts";
import type { Deployment } from "../deployment.ts";
import type { LocatorHints } from "../license/locator-hints.ts";
import { say } from "../../log/line.ts";

export type Stores = Pick<Deployment, "db" | "licenses" | "locator">;

/** The call itself, to the object of a locator. */
export interface Asking<T> {
  /** Whether it holds the key. `isOwn`: the locator is the key's own, and no hint. */
  byKey(locator: string, isOwn: boolean): Promise<Reached<T>>;
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
    const answer = await asking.byKey(hinted, false);
    if (isFound(answer)) return answer.outcome;
    hints.drop(own);
  }
  const answer = await asking.byKey(own, true);
  if (answer.reached === "license") return answer.outcome;
  const named = answer.reached === "empty" ? answer.named : undefined;
  const found = named === undefined ? await askedOfD1(() => findLicenseByKey(stores.db, key)) : yes(named);
  if (!found.ok) return found;
  return await askNamed(hints, { own, licenseId: found.value, isEmpty: answer.reached === "empty" }, asking);
}

interface Sought {
  /** The key's own locator. */
  readonly own: string;
  /** D1's primary names it, by either spelling of the key (KEY-3). */
  readonly licenseId: string | null;
  /** Whether the object there holds no license. */
  readonly isEmpty: boolean;
}

/** The object of the license that D1 names has the last word. */
async function askNamed<T>(
  hints: LocatorHints,
  { own, licenseId, isEmpty }: Sought,
  asking: Asking<T>,
): Promise<Outcome<T>> {
  const locator = licenseId === null ? null : locatorOf(licenseId);
  if (licenseId === null || locator === null) return no({ code: "license-unknown" });
  if (locator === own && !isEmpty) return no({ code: "license-unknown" });

  const answer = await asking.byName(locator, licenseId);
  if (answer.reached === "unborn") return answer.outcome;
  if (answer.reached !== "license") return no({ code: "license-unknown" });
  if (locator !== own && isFound(answer)) hints.remember(own, locator);
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
