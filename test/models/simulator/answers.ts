/** Compares what a call was answered with what it should have been. */

import type { Outcome } from "../../../src/domain/outcome.ts";
import type { Refusal, RefusalCode } from "../../../src/domain/refusal.ts";
import { must, Violation, type Rule } from "./invariants.ts";

/** Which promise a refusal keeps. */
const KEPT_BY: Partial<Record<RefusalCode, Rule>> = {
  "license-revoked": "STAND-2",
  "license-suspended": "STAND-2",
  "license-unknown": "DEL-1",
  "license-expired": "EXP-9",
  "seats-exhausted": "SEAT-1",
  "device-already-activated": "SEAT-3",
  "session-unknown": "LEASE-5",
  "not-session-owner": "AUTH-3",
  "deactivation-limit-reached": "CNT-1",
  "product-mismatch": "NET-1",
  "country-not-allowed": "NET-1",
  "ip-address-not-allowed": "NET-1",
  "vm-not-allowed": "NET-1",
  "container-not-allowed": "NET-1",
  "version-not-allowed": "REL-1",
  "meter-unknown": "METER-1",
  "uses-exhausted": "METER-1",
  "idempotency-key-reused": "MGMT-4",
  "activation-ended": "MGMT-4",
};

/** The outcome must be this refusal, evidence included; a `seats-exhausted` is compared by the caller. */
export function refused(outcome: Outcome<unknown>, expected: Refusal): void {
  const rule = KEPT_BY[expected.code] ?? "STAND-4";
  if (outcome.ok) throw new Violation(rule, `granted, and should be refused: ${JSON.stringify(expected)}`);
  const { refusal } = outcome;
  if (refusal.code !== expected.code) throw new Violation("STAND-4", differs(refusal, expected));
  if (expected.code === "seats-exhausted") return;
  const told: Readonly<Record<string, unknown>> = { ...refusal };
  const isTold = (member: string, value: unknown) => told[member] === value || isText(told[member], value);
  const alike = Object.entries(expected).every(([member, value]) => isTold(member, value));
  must(rule, alike, () => differs(refusal, expected));
}

/** The outcome must be a yes; `rule` is broken if it is a no. */
export function granted<T>(outcome: Outcome<T>, rule: Rule): T {
  if (outcome.ok) return outcome.value;
  const { refusal } = outcome;
  const broken = refusal.code === "seats-exhausted" ? "SEAT-1" : refusal.code === "session-unknown" ? "LEASE-4" : rule;
  throw new Violation(broken, `refused, and should be granted: ${JSON.stringify(refusal)}`);
}

/** Evidence with members of its own. */
function isText(told: unknown, value: unknown): boolean {
  return typeof value === "object" && JSON.stringify(told) === JSON.stringify(value);
}

function differs(refusal: Refusal, expected: Refusal): string {
  return `refused with ${JSON.stringify(refusal)}, and should be with ${JSON.stringify(expected)}`;
}
