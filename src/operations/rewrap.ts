/** Wraps private keys again that are still under the previous wrapping key, while ROOT_SECRET rotates (CFG-3): bounded work for the cron. */

import { replaceWrappingCheck } from "../registry/deployment.ts";
import { keysWrappedUnder, saveWrappedKeys, type WrappedKeyRow } from "../registry/signing-keys.ts";
import { causeOf } from "../tokens/cause.ts";
import { wrappingContext } from "../tokens/key-ring.ts";
import type { Wrapping } from "../tokens/wrapping.ts";
import type { Deployment } from "./deployment.ts";

/** Keys of one batch: each is a statement of its own. */
const BATCH = 50;
/** Batches of one run; the cron comes again. */
const BATCHES = 20;

/** The previous root secret stays needed until this has come to an end. Never rejects: what is left waits for the next run. */
export async function rewrapKeys({ db, wrapping }: Pick<Deployment, "db" | "wrapping">): Promise<void> {
  const { keyId, previousKeyId } = wrapping;
  if (previousKeyId === null || previousKeyId === keyId) return;
  try {
    let after = "";
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const rows = await keysWrappedUnder(db, previousKeyId, after, BATCH);
      const wrapped = await Promise.all(rows.map(async (row) => await wrapAgain(wrapping, row)));
      await saveWrappedKeys(
        db,
        previousKeyId,
        wrapped.filter((row) => row !== null),
      );
      const last = rows.at(-1);
      if (last === undefined) return await replaceWrappingCheck(db, previousKeyId, keyId);
      after = last.kid;
    }
  } catch (error) {
    console.warn("private keys wait to be wrapped again", causeOf(error));
  }
}

/** Null: it does not open. It stays as it is, and health goes on counting it. */
async function wrapAgain(
  wrapping: Wrapping,
  { kid, privateKey, wrappingKey }: WrappedKeyRow,
): Promise<WrappedKeyRow | null> {
  const context = wrappingContext(kid);
  const pkcs8 = await wrapping.decrypt({ wrappingKey, ciphertext: privateKey }, context);
  if (pkcs8 === null) {
    console.error(`signing key ${kid} does not open and cannot be wrapped again`);
    return null;
  }
  const { ciphertext, ...named } = await wrapping.encrypt(pkcs8, context);
  return { kid, privateKey: ciphertext, ...named };
}
