/** Calls to a webhook's object on behalf of a management call: an object that does not answer is a refusal (ERR-2). */

import { no, yes, type Outcome } from "../domain/outcome.ts";
import { causeOf } from "../tokens/cause.ts";
import type { WebhookRpc } from "../webhooks/rpc.ts";
import type { Deployment } from "./deployment.ts";

/** Refuses `overloaded` and `storage-unavailable`. A bug of the object's is a bug here too. */
export async function askWebhook<T>(
  { webhooks }: Pick<Deployment, "webhooks">,
  id: string,
  call: (object: WebhookRpc) => Promise<T>,
): Promise<Outcome<T>> {
  try {
    return yes(await call(webhooks.at(id)));
  } catch (error) {
    if (isBug(error)) throw error;
    console.warn("a webhook's object did not answer", causeOf(error));
    return no({ code: isMarked(error, "overloaded") ? "overloaded" : "storage-unavailable" });
  }
}

/** The runtime's marks, as for the license objects: `remote` alone stands for an exception of the object's own code. */
function isBug(error: unknown): boolean {
  const isPassing = ["overloaded", "retryable", "durableObjectReset"].some((mark) => isMarked(error, mark));
  const isOtherVersion = error instanceof Error && error.message.startsWith("The RPC receiver does not implement ");
  return isMarked(error, "remote") && !isPassing && !isOtherVersion;
}

function isMarked(error: unknown, mark: string): boolean {
  return typeof error === "object" && error !== null && Reflect.get(error, mark) === true;
}
