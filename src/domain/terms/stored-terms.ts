/** Terms as they are read: over the defaults, so that terms which were written before a member came have one. */

import type { LicenseView, Terms } from "./license.ts";
import { DEFAULT_SETTINGS } from "./settings.ts";

/** What terms may lack, because it came after they were written. */
const DEFAULTS = {
  ...DEFAULT_SETTINGS,
  user: null,
  licenseTemplateId: null,
  endsRememberedFrom: 0,
  endlessTokens: false,
  seatReleaseSwitches: [],
  requiredMetadataKeys: [],
  tags: [],
  featureEntitlements: [],
} as const satisfies Partial<Terms>;

/** From the JSON of a row. */
export function readTerms(json: string): Terms {
  return completeTerms(JSON.parse(json) as Terms);
}

/** Of an event or of an answer, which another version may have written. */
export function completeTerms(terms: Terms): Terms {
  const missing = Object.entries(DEFAULTS).filter(([member]) => !Object.hasOwn(terms, member));
  return missing.length === 0 ? terms : { ...terms, ...Object.fromEntries(missing) };
}

export function completeView(license: LicenseView): LicenseView {
  return { ...license, terms: completeTerms(license.terms) };
}
