/** Idempotency keys of one license, said naively: what was answered to which of them, and when (MGMT-4). */

import type { Idempotency } from "../../../src/domain/license/calls.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import { granted, refused } from "./answers.ts";
import { same } from "./invariants.ts";

const KEPT = 86_400_000;

interface Kept<T> {
  readonly bodyHash: string;
  readonly at: number;
  readonly value: T;
}

/** `T`: what of an answer is kept. */
export class OnceOracle<T> {
  readonly #kept = new Map<string, Kept<T>>();

  /** The same call was answered a yes that is kept, or another with its key. */
  known({ key }: Idempotency, now: number): Kept<T> | null {
    const kept = this.#kept.get(key);
    return kept === undefined || now - kept.at >= KEPT ? null : kept;
  }

  keep({ key, bodyHash }: Idempotency, value: T, now: number): void {
    this.#kept.set(key, { bodyHash, at: now, value });
  }

  drop(key: string): void {
    this.#kept.delete(key);
  }
}

/** What an activation's key answers for: whose tokens may be with a device that has repeated its call. */
export interface KeptActivation {
  readonly activationId: string;
  isRepeated: boolean;
}

/** The first time, or again, or refused: another body, or the call's own outcome. */
export function onceBy<T, A>(
  once: OnceOracle<T>,
  { idempotency, now }: { readonly idempotency: Idempotency | null; readonly now: number },
  outcome: Outcome<A>,
  call: {
    readonly first: () => void;
    readonly again: (kept: T, answer: Outcome<A>) => void;
    readonly kept: (answer: A) => T;
  },
): void {
  if (idempotency === null) return call.first();
  const kept = once.known(idempotency, now);
  if (kept !== null && kept.bodyHash !== idempotency.bodyHash)
    return refused(outcome, { code: "idempotency-key-reused" });
  if (kept !== null) return call.again(kept.value, outcome);
  call.first();
  if (outcome.ok) once.keep(idempotency, call.kept(outcome.value), now);
}

/** For a change of the vendor's: what was answered then, to the letter. */
export function asAnswered<A>(
  once: OnceOracle<string>,
  call: { readonly idempotency: Idempotency | null; readonly now: number },
  outcome: Outcome<A>,
  first: () => void,
): void {
  onceBy(once, call, outcome, {
    first,
    again: (kept, answer) => same("MGMT-4", "a repeated answer", JSON.stringify(granted(answer, "MGMT-4")), kept),
    kept: (answer) => JSON.stringify(answer),
  });
}
