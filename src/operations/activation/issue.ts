/**
 * What goes out with a grant: the signed token, the key that verifies it, and the product's texts (DOC-1). After the
 * object answered, never before.
 */

import { v7 as uuidv7 } from "uuid";
import type { Grant, GrantLicense } from "../../domain/license/calls.ts";
import type { EffectiveFeature } from "../../domain/license/entitlements.ts";
import { yes, type Outcome } from "../../domain/outcome.ts";
import { inSpan } from "../../log/span.ts";
import type { Moment } from "../../tokens/fresh-map.ts";
import { signLicenseToken } from "../../tokens/license-token.ts";
import type { Deployment } from "../deployment.ts";
import type { ProductTexts } from "../product-facts.ts";

type Facts = Pick<Deployment, "issuer" | "keyRing" | "productFacts" | "entitlementFacts">;

export interface Issued {
  /** Compact JWS (TOK-2). */
  readonly token: string;
  /** SPKI DER of the key that signed, padded standard base64. */
  readonly publicKeyBase64: string;
}

export interface Accompaniment {
  /** Of the product's signing key as it is now. */
  readonly publicKeyBase64: string;
  readonly texts: ProductTexts;
}

const NO_TEXTS: ProductTexts = { description: "", legalNotice: "", copyright: "", providerUrl: "", providerEmail: "" };

/** For whom something is signed. */
export interface Recipient {
  /** MGMT-7: may not see who the license's user is. */
  readonly withholdsUser: boolean;
}

/**
 * Refuses `storage-unavailable` while no key of the product, or nothing of the license's set, can be had. The grant
 * stands until withdrawn.
 */
export async function issueToken(
  facts: Facts,
  grant: Grant,
  { withholdsUser }: Recipient,
  moment: Moment,
): Promise<Outcome<Issued>> {
  const [signer, features] = await Promise.all([
    facts.keyRing.signer(grant.license.productId, moment),
    featuresOf(facts, grant, moment),
  ]);
  if (!signer.ok) return signer;
  if (!features.ok) return features;
  const statement = {
    tokenId: uuidv7(),
    issuer: facts.issuer,
    features: features.value,
    user: grant.user ?? null,
    withholdsUser,
  };
  const token = await inSpan("sign a license token", () => signLicenseToken(signer.value, grant, statement));
  return yes({ token, publicKeyBase64: signer.value.publicKeyBase64 });
}

/** FEAT-2. */
export async function featuresOf(
  { entitlementFacts }: Pick<Facts, "entitlementFacts">,
  { license: { entitlementSetId }, features }: Pick<Grant, "license" | "features">,
  moment: Moment,
): Promise<Outcome<readonly EffectiveFeature[]>> {
  return await entitlementFacts.of({ features, entitlementSetId }, moment);
}

/**
 * The token, and the texts beside it. Refusal: `storage-unavailable`, as `issueToken`'s or while nothing is known of
 * the product.
 */
export async function issueDocument(
  facts: Facts,
  grant: Grant,
  recipient: Recipient,
  moment: Moment,
): Promise<Outcome<Issued & Accompaniment>> {
  // Beside each other: where neither is at hand, the answer waits for D1 once. Neither rejects.
  const [issued, texts] = await Promise.all([
    issueToken(facts, grant, recipient, moment),
    productTexts(facts, grant.license, moment),
  ]);
  if (!issued.ok) return issued;
  return texts.ok ? yes({ ...issued.value, texts: texts.value }) : texts;
}

async function productTexts(facts: Facts, license: GrantLicense, moment: Moment): Promise<Outcome<ProductTexts>> {
  const texts = await facts.productFacts.of(license.productId, moment);
  return texts.ok ? yes(texts.value ?? NO_TEXTS) : texts;
}

/** What a document shows without a token. Refusal: `storage-unavailable`. */
export async function accompany(facts: Facts, license: GrantLicense, moment: Moment): Promise<Outcome<Accompaniment>> {
  const [signer, texts] = await Promise.all([
    facts.keyRing.signer(license.productId, moment),
    productTexts(facts, license, moment),
  ]);
  if (!signer.ok) return signer;
  return texts.ok ? yes({ publicKeyBase64: signer.value.publicKeyBase64, texts: texts.value }) : texts;
}
