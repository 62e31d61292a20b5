/** What a device that asked for its trial is answered: a token of v3's kind, signed with the product's key (TOK-3). */

import { v7 as uuidv7 } from "uuid";
import { yes, type Outcome } from "../../domain/outcome.ts";
import { inSpan } from "../../log/span.ts";
import type { Trial } from "../../registry/trials/trials.ts";
import type { Moment } from "../../tokens/fresh-map.ts";
import { signTrialToken } from "../../tokens/trial-token.ts";
import type { Deployment } from "../deployment.ts";
import type { ClientNames } from "./issue-to-client.ts";

type Facts = Pick<Deployment, "issuer" | "keyRing" | "productFacts">;

/**
 * Refuses `storage-unavailable` while no key of the product can be had, or nothing is known of it. The trial stands:
 * the same call gets it again.
 */
export async function issueTrialToken(
  { issuer, keyRing, productFacts }: Facts,
  trial: Trial,
  said: Pick<ClientNames, "productId"> & { readonly fingerprint: string },
  moment: Moment,
): Promise<Outcome<string>> {
  const [signer, product] = await Promise.all([
    keyRing.signer(trial.productId, moment),
    productFacts.of(trial.productId, moment),
  ]);
  if (!signer.ok) return signer;
  if (!product.ok) return product;
  const statement = {
    ...{ tokenId: uuidv7(), issuer, trialId: trial.id, productId: trial.productId, named: said.productId },
    ...{ fingerprint: said.fingerprint, os: trial.os ?? null, metadata: trial.deviceMetadata ?? [] },
    productMetadata: product.value?.metadata ?? [],
    expiresAt: trial.expiresAt,
    issuedAt: moment.now,
  };
  return yes(await inSpan("sign an activation token", () => signTrialToken(signer.value, statement)));
}
