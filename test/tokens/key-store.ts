/** Keys in memory behind the key ring's port, which counts what is asked of it. */

import { openKeyIds } from "../../src/tokens/key-id.ts";
import type { KeySource, KeyRing, SigningKeyRecord } from "../../src/tokens/key-ring.ts";
import { openKeyRing, wrappingContext } from "../../src/tokens/key-ring.ts";
import type { Moment } from "../../src/tokens/fresh-map.ts";
import { generateSigningKey, type KeyStatus, type TokenAlgorithm } from "../../src/tokens/signing-key.ts";
import { openWrapping } from "../../src/tokens/wrapping.ts";

export const wrapping = await openWrapping("4f9c2b7e1d8a6035c2e7b9f4a1d60e83", null);

export const keyIds = await openKeyIds("bG9jYXRvci1rZXktb2YtdGhlLXRlc3RzLTAxMjM0NTY");

export class KeyStore implements KeySource {
  readonly rows: SigningKeyRecord[] = [];
  /** What was asked, in order. */
  readonly asked: string[] = [];
  broken = false;

  async ofProduct(productId: string): Promise<readonly SigningKeyRecord[]> {
    this.#ask(`product ${productId}`);
    return this.rows.filter((row) => row.productId === productId);
  }

  async byKid(kid: string): Promise<SigningKeyRecord | null> {
    this.#ask(`kid ${kid}`);
    return this.rows.find((row) => row.kid === kid) ?? null;
  }

  async published(limit: number): Promise<readonly SigningKeyRecord["publicJwk"][]> {
    this.#ask("published");
    return this.rows
      .filter((row) => row.status !== "compromised")
      .map((row) => row.publicJwk)
      .slice(0, limit);
  }

  async add(productId: string, algorithm: TokenAlgorithm, createdAt = 0): Promise<SigningKeyRecord> {
    const key = await generateSigningKey(algorithm, keyIds);
    const wrapped = await wrapping.encrypt(key.privateKey, wrappingContext(key.kid));
    const { kid, publicJwk } = key;
    const row: SigningKeyRecord = { kid, productId, algorithm, status: "active", publicJwk, createdAt, wrapped };
    this.rows.push(row);
    return row;
  }

  mark(kid: string, status: KeyStatus): void {
    const index = this.rows.findIndex((row) => row.kid === kid);
    const row = this.rows[index];
    if (row !== undefined) this.rows[index] = { ...row, status };
  }

  #ask(what: string): void {
    this.asked.push(what);
    if (this.broken) throw new Error("storage is down");
  }
}

const background: Promise<unknown>[] = [];

export function at(seconds: number): Moment {
  return { now: seconds * 1000, waitUntil: (work) => void background.push(work) };
}

/** Lets everything begun in the background end. */
export async function settle(): Promise<void> {
  await Promise.all(background.splice(0));
}

export function ringOf(store: KeyStore): KeyRing {
  return openKeyRing(store, wrapping, keyIds);
}
