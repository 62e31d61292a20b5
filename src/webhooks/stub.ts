/** The way to a webhook's object: its id to a typed stub. */

import type { WebhookRpc } from "./rpc.ts";

export interface WebhookDirectory {
  at(webhookId: string): WebhookRpc;
}

/** `jurisdiction` is CFG-1's; null = none. Calls throw as the runtime throws: who hands over tries again. */
export function webhookDirectory(namespace: DurableObjectNamespace, jurisdiction: string | null): WebhookDirectory {
  const objects = jurisdiction === null ? namespace : namespace.jurisdiction(jurisdiction as DurableObjectJurisdiction);
  return { at: (webhookId) => objects.get(objects.idFromName(webhookId)) as unknown as WebhookRpc };
}

/**
 * How a call of an object failed. `other-version`: it runs code that has not this method, for the minutes of a deploy
 * (0011-migrations-before-the-worker.md).
 */
export type CallFailure = "overloaded" | "no-answer" | "other-version" | "bug";

/** Reads the marks that the runtime puts on errors: `remote` alone stands for an exception of the object's own code. */
export function callFailure(error: unknown): CallFailure {
  if (isMarked(error, "overloaded")) return "overloaded";
  if (isMarked(error, "retryable") || isMarked(error, "durableObjectReset")) return "no-answer";
  if (error instanceof Error && MISSING_METHOD.test(error.message)) return "other-version";
  return isMarked(error, "remote") ? "bug" : "no-answer";
}

/** The runtime's own words; there is no mark for it. */
const MISSING_METHOD = /^The RPC receiver does not implement /;

function isMarked(error: unknown, mark: string): boolean {
  return typeof error === "object" && error !== null && Reflect.get(error, mark) === true;
}
