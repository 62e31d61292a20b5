/** The product resource of /v3 and its bodies (PROD-1). */

import * as z from "zod/mini";
import type { ProductPatch } from "../../../operations/catalogue/change-product.ts";
import type { NewProduct } from "../../../operations/catalogue/create-product.ts";
import type { Product } from "../../../registry/rows/products.ts";
import {
  EMAIL_CHARACTERS,
  LEGAL_NOTICE_CHARACTERS,
  NAME_CHARACTERS,
  PRODUCT_TEXT_CHARACTERS,
  URL_CHARACTERS,
} from "../../limits.ts";
import { text } from "../../validate.ts";
import { instant, instantText } from "../resource/instant.ts";
import { metadata, metadataResource, sent, uuid, uuidOrNone } from "../resource/members.ts";

const tokenAlgorithm = z.enum(["ES256", "Ed25519", "RS256"]);

/** What the activation document shows: `""` when void, since the document's members are never null. */
const TEXTS = {
  description: z.nullish(text(0, PRODUCT_TEXT_CHARACTERS)),
  legalNotice: z.nullish(text(0, LEGAL_NOTICE_CHARACTERS)),
  copyright: z.nullish(text(0, PRODUCT_TEXT_CHARACTERS)),
  providerUrl: z.nullish(text(0, URL_CHARACTERS)),
  providerEmail: z.nullish(text(0, EMAIL_CHARACTERS)),
} as const;

const COMMON = {
  ...TEXTS,
  displayName: z.nullish(text(0, NAME_CHARACTERS)),
  metadata: z.nullish(metadata),
  licenseTemplateId: z.nullish(uuidOrNone),
  trialPolicyId: z.nullish(uuidOrNone),
  tokenAlgorithm: z.nullish(tokenAlgorithm),
} as const;

export const productCreation = z.object({ ...COMMON, name: text(1, NAME_CHARACTERS) });

/** IN-2: `id`, `createdAt` and `tokenAlgorithm` may be named with the value that they have. */
export const productPatch = z.object({
  ...COMMON,
  name: z.nullish(text(1, NAME_CHARACTERS)),
  id: z.nullish(uuid),
  createdAt: z.nullish(instantText),
});

export function newProduct(body: z.output<typeof productCreation>): NewProduct {
  return {
    name: body.name,
    displayName: body.displayName ?? body.name,
    description: body.description ?? "",
    legalNotice: body.legalNotice ?? "",
    copyright: body.copyright ?? "",
    providerUrl: body.providerUrl ?? "",
    providerEmail: body.providerEmail ?? "",
    licenseTemplateId: body.licenseTemplateId ?? null,
    trialPolicyId: body.trialPolicyId ?? null,
    tokenAlgorithm: body.tokenAlgorithm ?? "ES256",
    metadata: body.metadata ?? [],
  };
}

export function productChange(body: z.output<typeof productPatch>): ProductPatch {
  const { id, createdAt, tokenAlgorithm: algorithm, metadata: items, name, displayName } = body;
  const { description, legalNotice, copyright, providerUrl, providerEmail } = body;
  const { licenseTemplateId, trialPolicyId } = body;
  return {
    ...sent({ name, displayName, description, legalNotice, copyright, providerUrl, providerEmail, metadata: items }),
    ...(licenseTemplateId === undefined ? {} : { licenseTemplateId }),
    ...(trialPolicyId === undefined ? {} : { trialPolicyId }),
    fixed: sent({ id, createdAt, tokenAlgorithm: algorithm }),
  };
}

export function productResource(product: Product) {
  const { id, name, displayName, description, legalNotice, copyright, providerUrl, providerEmail } = product;
  return {
    id,
    createdAt: instant(product.createdAt),
    updatedAt: instant(product.updatedAt),
    name,
    displayName,
    description,
    licenseTemplateId: product.licenseTemplateId ?? null,
    trialPolicyId: product.trialPolicyId ?? null,
    tokenAlgorithm: product.tokenAlgorithm,
    metadata: metadataResource(product.metadata),
    legalNotice,
    copyright,
    providerUrl,
    providerEmail,
  };
}
