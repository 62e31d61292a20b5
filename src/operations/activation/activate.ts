/** Activating a key (ID-4). */

import type { ActivateCall, Grant } from "../../domain/license/calls.ts";
import type { Outcome } from "../../domain/outcome.ts";
import type { LocatorHints } from "../license/locator-hints.ts";
import { askByKey, type Stores } from "./ask-by-key.ts";

/** `key` is as it was read (KEY-3). Refusals: the object's, and those of `askByKey`. An unborn license's object
 * takes it over by itself where the key is spelt as it was created; else D1 names whom to bear. */
export async function activate(
  stores: Stores,
  hints: LocatorHints,
  key: string,
  call: ActivateCall,
): Promise<Outcome<Grant>> {
  return await askByKey<Grant>(stores, hints, key, {
    byKey: (locator, isOwn) => stores.licenses.at(locator).activate({ key, ...(isOwn ? { isOwn } : {}) }, call),
    byName: (locator, licenseId) => stores.licenses.at(locator).activate({ key, licenseId }, call),
  });
}
