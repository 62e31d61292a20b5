/**
 * Creations that only write D1, with an `Idempotency-Key` (MGMT-4): the answer is kept, encrypted, in the batch of the
 * creation, and a unique scope makes a parallel copy fail and read it.
 */

import type { Idempotency } from "../domain/license/calls.ts";
import { no, yes, type Outcome } from "../domain/outcome.ts";
import {
  findRecord,
  forgetRecords,
  isKeptAlready,
  keptBy,
  type Kept,
  type IdempotencyRow,
} from "../registry/rows/idempotency-records.ts";
import type { Wrapping } from "../tokens/wrapping.ts";
import type { Deployment } from "./deployment.ts";
import { say } from "../log/line.ts";

type Stores = Pick<Deployment, "db" | "wrapping">;

/** What is kept with a creation that will answer this value: its statements go into the creation's batch. */
export type Keep<T> = (value: T) => Promise<Kept>;

/** For a creation without a key. */
export const keepNothing: Keep<unknown> = async () => () => [];

/** How long an answer is kept (ms). */
const KEPT = 86_400_000;
/** Rows of one statement, and statements of one run of the cron. */
const STEP = 1_000;
const STEPS = 10;

/** Ciphertext of one call's answer does not open as another's. */
export function recordContext(scope: string): string {
  return `idempotency:${scope}`;
}

/**
 * `create`'s outcome, or the one kept of the same call less than 24 hours ago; only a yes is kept. `idempotency` null =
 * the call came without a key. Refusals: `create`'s, `idempotency-key-reused`, and `storage-unavailable` for an answer
 * that does not open.
 */
export async function createOnce<T>(
  stores: Stores,
  idempotency: Idempotency | null,
  now: number,
  create: (keep: Keep<T>) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  if (idempotency === null) return await create(keepNothing);
  const kept = await keptOutcome<T>(stores, idempotency, now);
  if (kept !== null) return kept;
  const outcome = await attempt(() => create(keepIn(stores, idempotency, now)));
  if (outcome?.ok === true) return outcome;
  // A parallel copy may have been first: it has taken the scope, or the name that this one was refused.
  return (
    (await keptOutcome<T>(stores, idempotency, now)) ?? outcome ?? no({ code: "overloaded", what: "idempotency key" })
  );
}

/** Null: the batch failed at the scope. */
async function attempt<T>(create: () => Promise<Outcome<T>>): Promise<Outcome<T> | null> {
  try {
    return await create();
  } catch (error) {
    if (!isKeptAlready(error)) throw error;
    return null;
  }
}

async function keptOutcome<T>(
  { db, wrapping }: Stores,
  { key, bodyHash }: Idempotency,
  now: number,
): Promise<Outcome<T> | null> {
  const row = await findRecord(db, key, now - KEPT);
  if (row === null) return null;
  if (row.bodyHash !== bodyHash) return no({ code: "idempotency-key-reused" });
  const plain = await wrapping.decrypt({ ciphertext: row.answer, wrappingKey: row.wrappingKey }, recordContext(key));
  if (plain !== null) return yes(JSON.parse(new TextDecoder().decode(plain)) as T);
  // The call is refused rather than made twice.
  say("a kept answer does not open");
  return no({ code: "storage-unavailable" });
}

function keepIn<T>({ db, wrapping }: Stores, idempotency: Idempotency, now: number): Keep<T> {
  return async (value) => keptBy(db, await rowOf(wrapping, idempotency, value, now), now - KEPT);
}

async function rowOf(
  wrapping: Wrapping,
  { key, bodyHash }: Idempotency,
  value: unknown,
  now: number,
): Promise<IdempotencyRow> {
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const { ciphertext, wrappingKey } = await wrapping.encrypt(plain, recordContext(key));
  return { scope: key, bodyHash, answer: ciphertext, wrappingKey, createdAt: now };
}

/** Bounded work for the cron. Never rejects: what is left waits for the next run. */
export async function forgetAnswers({ db }: Pick<Deployment, "db">, now: number): Promise<void> {
  try {
    for (let step = 0; step < STEPS; step += 1) {
      if ((await forgetRecords(db, now - KEPT, STEP)) < STEP) return;
    }
  } catch (error) {
    say("kept answers wait to be forgotten", {}, error);
  }
}
