/** What signs a webhook's deliveries (HOOK-1), between D1's ciphertext and plain. */

import type { WebhookSecrets } from "../../domain/license/webhook.ts";
import type { SealedSecrets } from "../../registry/rows/webhooks.ts";
import type { Wrapping } from "../../tokens/wrapping.ts";

/** How long a replaced token signs beside the new one (ms). */
const OVERLAP = 86_400_000;

/** Ciphertext of one webhook does not open as another's. */
export function webhookContext(id: string): string {
  return `webhook:${id}`;
}

export async function sealSecrets(wrapping: Wrapping, id: string, secrets: WebhookSecrets): Promise<SealedSecrets> {
  const plain = new TextEncoder().encode(JSON.stringify(secrets));
  const { ciphertext, wrappingKey } = await wrapping.encrypt(plain, webhookContext(id));
  return { secrets: ciphertext, wrappingKey };
}

/** Null: neither root secret opens it. */
export async function openSecrets(
  wrapping: Wrapping,
  id: string,
  { secrets, wrappingKey }: SealedSecrets,
): Promise<WebhookSecrets | null> {
  const plain = await wrapping.decrypt({ ciphertext: secrets, wrappingKey }, webhookContext(id));
  return plain === null ? null : (JSON.parse(new TextDecoder().decode(plain)) as WebhookSecrets);
}

/** The secrets after a change of the token at `now`; the old one stays valid for a day. `before` null: it was lost. */
export function rotated(before: WebhookSecrets | null, token: string, now: number): WebhookSecrets {
  return { token, previous: before === null ? null : { token: before.token, endsAt: now + OVERLAP } };
}
