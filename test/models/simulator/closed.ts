/** STAND-2, from outside: when it is known to clients that a license admits nobody. */

import type { Call, Message } from "./calls.ts";
import { Violation } from "./invariants.ts";
import type { Case } from "./licenses.ts";

const ADMITTING: ReadonlySet<string> = new Set<Call["kind"]>(["activate", "renew", "check-in", "sync", "count"]);

/** STAND-1: v3's client calls, which pass a suspended license. */
function isV3({ kind, ...call }: Call): boolean {
  return kind === "sync" || kind === "count" || ("call" in call && "admitsEnded" in call.call && call.call.admitsEnded);
}

/** What was asked after a license was known to be closed is not granted. */
export function closed(to: Case, { call, sentAt }: Message, step: number): void {
  const admits = ADMITTING.has(call.kind);
  const closedAt = isV3(call) ? to.goneAt : to.closedAt;
  if (admits && closedAt !== null && sentAt > closedAt) {
    throw new Violation("STAND-2", `${call.kind} was asked at step ${sentAt}, closed at ${closedAt}, and granted`);
  }
  const { revoked = false, suspended = false } = call.kind === "patch" ? call.patch : {};
  if (call.kind === "delete" || revoked) to.goneAt = step;
  if (call.kind === "delete" || revoked || suspended) to.closedAt = step;
}
