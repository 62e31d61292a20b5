/**
 * Terms as they are stored, in the object and in D1: without what is at its default, which is most of them. A default
 * is therefore for ever: to change one is to change licenses that were sold under it
 * (test/domain/stored-terms.test.ts).
 */

import type { LicenseView, MetadataItem, Terms } from "./license.ts";
import { DEFAULT_SETTINGS } from "./settings.ts";

/** What they may lack beside the settings. */
const REST = {
  user: null,
  subscriptionInterval: null,
  period: null,
  end: null,
  maintenance: null,
  entitlementSetId: null,
  licenseTemplateId: null,
  endsRememberedFrom: 0,
  pending: [],
  pendingRenewals: 0,
  pendingExtensionSeconds: 0,
  effectiveAt: null,
  activatedAt: null,
  endlessTokens: false,
  seatReleaseSwitches: [],
  metadata: [],
  featureEntitlements: [],
  requiredMetadataKeys: [],
  tags: [],
  meterAttributes: [],
} as const satisfies Partial<Terms>;

/** What stored terms may lack. */
export const DEFAULT_TERMS = { ...DEFAULT_SETTINGS, ...REST } as const satisfies Partial<Terms>;

/** The same with what may be lacking because another member says it, in the order in which terms are made. */
function unchanged({ createdAt, productId }: Pick<Terms, "createdAt" | "productId">): Terms {
  const implied = { createdAt, updatedAt: createdAt, productId, licensedProductIds: [productId] };
  return { ...DEFAULT_SETTINGS, ...implied, ...REST };
}

/** As JSON for a row. */
export function storedTerms(terms: Terms): string {
  return JSON.stringify(shortTerms(terms));
}

/** As the log keeps them, too. */
export function shortTerms(terms: Terms): object {
  const { createdAt: _, productId: _id, ...lacking } = unchanged(terms);
  const metadata = terms.metadata.map((item) => storedItem(item, terms));
  const kept = Object.entries({ ...terms, metadata }).filter(
    ([member, value]) => !isSame(value, Reflect.get(lacking, member)),
  );
  return Object.fromEntries(kept);
}

type StoredItem = Pick<MetadataItem, "id" | "key" | "value"> & Partial<MetadataItem>;

function storedItem(item: MetadataItem, { createdAt }: Terms): StoredItem {
  const { viewPermissions, createdAt: madeAt, updatedAt, ...rest } = item;
  return {
    ...rest,
    ...(viewPermissions.length === 0 ? {} : { viewPermissions }),
    ...(madeAt === createdAt ? {} : { createdAt: madeAt }),
    ...(updatedAt === madeAt ? {} : { updatedAt }),
  };
}

function readItem(
  { viewPermissions = [], ...item }: StoredItem,
  { createdAt }: Pick<Terms, "createdAt">,
): MetadataItem {
  const madeAt = item.createdAt ?? createdAt;
  return { ...item, viewPermissions, createdAt: madeAt, updatedAt: item.updatedAt ?? madeAt };
}

/** Of values without a default (`undefined`) none is at it. */
function isSame(value: unknown, byDefault: unknown): boolean {
  if (!Array.isArray(value) || !Array.isArray(byDefault)) return value === byDefault;
  return value.length === byDefault.length && value.every((one, at) => one === byDefault[at]);
}

/** From the JSON of a row. */
export function readTerms(json: string): Terms {
  return wholeTerms(JSON.parse(json) as ShortTerms);
}

type ShortTerms = Omit<Terms, "metadata"> & { readonly metadata?: readonly StoredItem[] };

function wholeTerms(stored: ShortTerms): Terms {
  const metadata = (stored.metadata ?? []).map((item) => readItem(item, stored));
  return { ...unchanged(stored), ...stored, metadata };
}

/** Of the log, which has them short, or of an answer, which another version may have written. */
export function completeTerms(terms: Terms): Terms {
  const isWhole = Object.keys(DEFAULT_TERMS).every((member) => Object.hasOwn(terms, member));
  return isWhole ? terms : wholeTerms(terms);
}

export function completeView(license: LicenseView): LicenseView {
  return { ...license, terms: completeTerms(license.terms) };
}
