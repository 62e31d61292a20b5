/**
 * Wraps private keys, the secrets of webhooks and kept answers again that are still under the previous wrapping key,
 * while ROOT_SECRET rotates (CFG-3): bounded work for the cron.
 */

import { replaceWrappingCheck } from "../../registry/upkeep/deployment.ts";
import {
  saveWrapped,
  wrappedUnder,
  type RewrappedRow,
  type WrappedKind,
  type WrappedRow,
} from "../../registry/upkeep/wrapped.ts";
import { wrappingContext } from "../../tokens/key-ring.ts";
import type { Wrapping } from "../../tokens/wrapping.ts";
import { recordContext } from "../create-once.ts";
import type { Deployment } from "../deployment.ts";
import { webhookContext } from "../webhook/webhook-secrets.ts";
import { say } from "../../log/line.ts";

type Stores = Pick<Deployment, "db" | "wrapping">;

/** Ciphertexts of one batch: each is a statement of its own. */
const BATCH = 50;
/** Batches of one run, of each kind; the cron comes again. */
const BATCHES = 20;

const CONTEXTS: Readonly<Record<WrappedKind, (id: string) => string>> = {
  "signing-key": wrappingContext,
  webhook: webhookContext,
  "idempotency-record": recordContext,
};

/**
 * The previous root secret stays needed until this has come to an end. Never rejects: what is left waits for the next
 * run.
 */
export async function rewrapAll(stores: Stores): Promise<void> {
  const { keyId, previousKeyId } = stores.wrapping;
  if (previousKeyId === null || previousKeyId === keyId) return;
  try {
    const areDone = [
      await rewrapKind(stores, "signing-key", previousKeyId),
      await rewrapKind(stores, "webhook", previousKeyId),
      await rewrapKind(stores, "idempotency-record", previousKeyId),
    ];
    if (areDone.every((isDone) => isDone)) await replaceWrappingCheck(stores.db, previousKeyId, keyId);
  } catch (error) {
    say("private keys wait to be wrapped again", {}, error);
  }
}

/** False: there are more than one run takes. */
async function rewrapKind({ db, wrapping }: Stores, kind: WrappedKind, previousKeyId: string): Promise<boolean> {
  let after = "";
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const rows = await wrappedUnder(db, kind, previousKeyId, after, BATCH);
    const wrapped = await Promise.all(rows.map(async (row) => await wrapAgain(wrapping, kind, row)));
    await saveWrapped(
      db,
      kind,
      wrapped.filter((row) => row !== null),
    );
    const last = rows.at(-1);
    if (last === undefined) return true;
    after = last.id;
  }
  return false;
}

/** Null: it does not open. It stays as it is, and health goes on counting it. */
async function wrapAgain(
  wrapping: Wrapping,
  kind: WrappedKind,
  { id, ...wrapped }: WrappedRow,
): Promise<RewrappedRow | null> {
  const context = CONTEXTS[kind](id);
  const plain = await wrapping.decrypt(wrapped, context);
  if (plain === null) {
    say("a secret does not open and cannot be wrapped again", { kind, key: id });
    return null;
  }
  return { id, was: wrapped.ciphertext, ...(await wrapping.encrypt(plain, context)) };
}
