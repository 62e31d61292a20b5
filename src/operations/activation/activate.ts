/**
 * Activating a key (ID-4): from the key to the object that holds it, by way of D1 only where the key's own object does
 * not know it.
 */

import type { ActivateCall, Grant, Reached } from "../../domain/license/calls.ts";
import { locatorOf } from "../../domain/terms/identifier.ts";
import { no, type Outcome } from "../../domain/outcome.ts";
import { findLicenseByKey } from "../../registry/rows/license-keys.ts";
import type { Deployment } from "../deployment.ts";
import type { LocatorHints } from "../license/locator-hints.ts";
import { say } from "../../log/line.ts";

type Stores = Pick<Deployment, "db" | "licenses" | "locator">;

/**
 * `key` is as it was read (KEY-3). Refusals: the object's;
 * `license-unknown` where no license has the key; and `storage-unavailable` or `overloaded` where the answer could not
 * be had. An unknown key writes nothing anywhere.
 */
export async function activate(
  stores: Stores,
  hints: LocatorHints,
  key: string,
  call: ActivateCall,
): Promise<Outcome<Grant>> {
  const ask: Ask = (locator, address) => stores.licenses.at(locator).activate(address, call);
  const own = await stores.locator(key);
  const hinted = hints.of(own);
  if (hinted !== null) {
    const answer = await ask(hinted, { key });
    if (isFound(answer)) return answer.outcome;
    hints.drop(own);
  }
  const answer = await ask(own, { key });
  if (answer.reached === "license") return answer.outcome;
  return await lookUp(stores, hints, { key, own, isEmpty: answer.reached === "empty" }, ask);
}

/** The call itself, to the object of a locator. */
type Ask = (locator: string, address: { readonly key: string; readonly licenseId?: string }) => Promise<Reached<Grant>>;

interface Sought {
  readonly key: string;
  /** The key's own locator. */
  readonly own: string;
  /** Whether the object there holds no license. */
  readonly isEmpty: boolean;
}

/** D1's primary names the license, by either spelling of the key (KEY-3); its object has the last word. */
async function lookUp(stores: Stores, hints: LocatorHints, sought: Sought, ask: Ask): Promise<Outcome<Grant>> {
  const found = await licenseOf(stores.db, sought.key);
  if (!found.ok) return found;
  const licenseId = found.value;
  const locator = licenseId === null ? null : locatorOf(licenseId);
  if (licenseId === null || locator === null) return no({ code: "license-unknown" });
  if (locator === sought.own && !sought.isEmpty) return no({ code: "license-unknown" });

  const answer = await ask(locator, { key: sought.key, licenseId });
  if (answer.reached !== "license") return no({ code: "license-unknown" });
  if (locator !== sought.own && isFound(answer)) hints.remember(sought.own, locator);
  return answer.outcome;
}

async function licenseOf(db: D1Database, key: string): Promise<Outcome<string | null>> {
  try {
    return { ok: true, value: await findLicenseByKey(db, key) };
  } catch (error) {
    say("a look-up in D1 failed", {}, error);
    return no({ code: "storage-unavailable" });
  }
}

/** An object that remembers only a deleted license knows no key: a hint that leads there is wrong. */
function isFound(answer: Reached<Grant>): answer is Extract<Reached<Grant>, { reached: "license" }> {
  return answer.reached === "license" && (answer.outcome.ok || answer.outcome.refusal.code !== "license-unknown");
}
