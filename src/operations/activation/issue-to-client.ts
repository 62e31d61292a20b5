/** What v3's client calls answer: a token of their own kind, signed after the object has answered (TOK-3). */

import { v7 as uuidv7 } from "uuid";
import type { Grant } from "../../domain/license/calls.ts";
import type { ClientStatement } from "../../domain/license/client-statement.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { inSpan } from "../../log/span.ts";
import { NO_USER, signActivationToken, type TokenUser } from "../../tokens/activation-token.ts";
import type { Moment } from "../../tokens/fresh-map.ts";
import type { Deployment } from "../deployment.ts";
import { featuresOf, type Recipient } from "./issue.ts";

type Facts = Pick<Deployment, "issuer" | "keyRing" | "productFacts" | "userFacts" | "entitlementFacts">;

/** What the call said of itself, as it said it: its app compares the token with it. */
export interface ClientNames {
  readonly key: string;
  readonly productId: string;
}

export interface ClientRecipient extends Recipient {
  /** MGMT-7: may not see license keys. */
  readonly withholdsKey: boolean;
}

/**
 * Refuses `storage-unavailable` while no key of the product can be had, while nothing is known of the product or of the
 * license's user, and where the object is of another version. The grant stands until withdrawn.
 */
export async function issueActivationToken(
  facts: Facts,
  grant: Grant,
  { key, productId }: ClientNames,
  { withholdsUser, withholdsKey }: ClientRecipient,
  moment: Moment,
): Promise<Outcome<string>> {
  const { statement } = grant;
  if (statement === undefined) return no({ code: "storage-unavailable" });
  // Beside each other: where none is at hand, the answer waits for D1 once. None rejects.
  const [signer, product, user, features] = await Promise.all([
    facts.keyRing.signer(grant.license.productId, moment),
    facts.productFacts.of(grant.license.productId, moment),
    withholdsUser ? yes(NO_USER) : userOf(facts, statement, moment),
    featuresOf(facts, grant, moment),
  ]);
  if (!signer.ok) return signer;
  if (!product.ok) return product;
  if (!user.ok) return user;
  if (!features.ok) return features;
  const said = {
    tokenId: uuidv7(),
    issuer: facts.issuer,
    features: features.value,
    productId,
    key: withholdsKey ? "" : key,
    productMetadata: product.value?.metadata ?? [],
    user: user.value,
  };
  const signed = () => signActivationToken(signer.value, { ...grant, statement }, said);
  return yes(await inSpan("sign an activation token", signed));
}

async function userOf(
  { userFacts }: Facts,
  { userId, email }: ClientStatement,
  moment: Moment,
): Promise<Outcome<TokenUser>> {
  if (userId === null) return yes({ ...NO_USER, email: email ?? "" });
  const told = await userFacts.of(userId, moment);
  return told.ok ? yes({ ...NO_USER, ...told.value, email: email ?? "" }) : told;
}
