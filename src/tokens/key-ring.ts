/**
 * Which key signs and which verify (TOK-4): the newest active key of a product signs, every key that is not
 * compromised verifies and is published. Key status is never served staler than 60 s.
 */

import type { Outcome } from "../domain/outcome.ts";
import { FreshMap, type Freshness, type Moment } from "./fresh-map.ts";
import type { KeyIds } from "./key-id.ts";
import {
  importPrivateKey,
  importPublicKey,
  spkiBase64,
  type KeyStatus,
  type PublicJwk,
  type TokenAlgorithm,
} from "./signing-key.ts";
import type { Wrapped, Wrapping } from "./wrapping.ts";
import { say } from "../log/line.ts";

export interface PublicKeyRecord {
  readonly kid: string;
  readonly productId: string;
  readonly algorithm: TokenAlgorithm;
  readonly status: KeyStatus;
  readonly publicJwk: PublicJwk;
  /** Epoch ms. */
  readonly createdAt: number;
}

export interface SigningKeyRecord extends PublicKeyRecord {
  readonly wrapped: Wrapped;
}

/** Where keys are kept. Every method rejects when the storage fails. */
export interface KeySource {
  /** All keys of one product, of any status. */
  ofProduct(productId: string): Promise<readonly SigningKeyRecord[]>;
  byKid(kid: string): Promise<PublicKeyRecord | null>;
  /** Public keys of all products that are not compromised: the newest `limit`. */
  published(limit: number): Promise<readonly PublicJwk[]>;
}

/** What was read when the isolate began, so that its first calls need not ask: all keys of some products. */
export interface KeysAtHand {
  /** Epoch ms, before the read. */
  readonly readAt: number;
  readonly ofProducts: ReadonlyMap<string, readonly SigningKeyRecord[]>;
}

const NO_KEYS_AT_HAND: KeysAtHand = { readAt: 0, ofProducts: new Map() };

/** The key that signs now. */
export interface Signer {
  readonly kid: string;
  readonly algorithm: TokenAlgorithm;
  readonly privateKey: CryptoKey;
  /** DOC-1: SPKI DER in padded standard base64. */
  readonly publicKeyBase64: string;
}

/** A key that may verify, with the only algorithm that it verifies. */
export interface Verifier {
  readonly kid: string;
  readonly algorithm: TokenAlgorithm;
  readonly publicKey: CryptoKey;
}

export interface PublishedKeys {
  readonly keys: readonly PublicJwk[];
  /** How long others may keep the answer, so that with our own copy's age it makes no more than 60 s (TOK-4). */
  readonly maxAgeSeconds: number;
}

export interface Voucher extends PublishedKeys {
  readonly signer: Signer;
  /** What was made for this copy and signer before, to be kept with it. */
  readonly made: Map<string, string>;
}

/** Refusal: `storage-unavailable` (D1 has not answered for 60 s, or the product has no key that opens). */
export interface KeyRing {
  signer(productId: string, moment: Moment): Promise<Outcome<Signer>>;
  /** Null: no such key, or it is compromised. */
  verifier(kid: string, moment: Moment): Promise<Outcome<Verifier | null>>;
  /** Of one product (empty: no such product), or of all (null). */
  published(productId: string | null, moment: Moment): Promise<Outcome<PublishedKeys>>;
  /**
   * TOK-7: who vouches for a product's keys, from the same copy as the keys. `by` = a key id, or null for the key that
   * signs. Null: no such product, or it never had that key.
   */
  voucher(productId: string, by: string | null, moment: Moment): Promise<Outcome<Voucher | null>>;
}

/** What a private key's ciphertext is bound to: it opens for no other key's row. */
export function wrappingContext(kid: string): string {
  return `signing-key:${kid}`;
}

const STALEST_MS = 60_000;
const KEY_FRESHNESS: Omit<Freshness, "limit"> = {
  refreshFromMs: 30_000,
  reloadFromMs: STALEST_MS,
  servedUntilMs: STALEST_MS,
};
const PRODUCT_LIMIT = 1_000;
/** A new product's first token must find its key published: the list of all keys is read again after so long. */
const PUBLISHED_MS = 2_000;
const KID_LIMIT = 2_000;
/** One JWKS of everything: about 1 MB of RSA keys. Beyond it, verifiers use their product's own JWKS. */
const PUBLISHED_LIMIT = 2_000;

const UNAVAILABLE = { ok: false, refusal: { code: "storage-unavailable" } } as const;

interface ProductKeys {
  /** Null: no active key, or none that opens. */
  readonly signer: Signer | null;
  readonly published: readonly PublicJwk[];
  readonly all: readonly SigningKeyRecord[];
  /** By key id. */
  readonly made: Map<string, string>;
}

export function openKeyRing(
  source: KeySource,
  wrapping: Wrapping,
  keyIds: KeyIds,
  atHand: KeysAtHand = NO_KEYS_AT_HAND,
): KeyRing {
  const importOnce = signerImporter(wrapping);
  const productKeys = async (keys: readonly SigningKeyRecord[]): Promise<ProductKeys> => ({
    signer: await importOnce(newestActive(keys)),
    published: notCompromised(keys).map((key) => key.publicJwk),
    all: keys,
    made: new Map(),
  });
  const products = new FreshMap<ProductKeys>(
    { ...KEY_FRESHNESS, limit: PRODUCT_LIMIT },
    async (productId) => await productKeys(await source.ofProduct(productId)),
    // Anybody may ask for any product's keys: ids that no product has must not push out those that sign.
    ({ published }) => published.length > 0,
  );
  const verifiers = new FreshMap<Verifier | null>(
    { ...KEY_FRESHNESS, limit: KID_LIMIT },
    async (kid) => await goodVerifier(await source.byKid(kid)),
    // The ids of keys that are gone must not push out keys that exist.
    (verifier) => verifier !== null,
  );
  const everything = new FreshMap<readonly PublicJwk[]>(
    { ...KEY_FRESHNESS, refreshFromMs: PUBLISHED_MS, reloadFromMs: PUBLISHED_MS, limit: 1 },
    async () => await source.published(PUBLISHED_LIMIT),
  );
  for (const [productId, keys] of atHand.ofProducts) {
    products.seed(productId, atHand.readAt, () => productKeys(keys));
    for (const key of keys) verifiers.seed(key.kid, atHand.readAt, () => goodVerifier(key));
  }
  return {
    async signer(productId, moment) {
      const found = await products.get(productId, moment);
      return found.ok && found.value.signer !== null ? { ok: true, value: found.value.signer } : UNAVAILABLE;
    },
    async verifier(kid, moment) {
      // AUTH-5: what strangers make up is told from our own before anybody is asked, and is never counted.
      if (!verifiers.has(kid) && !(await keyIds.isOurs(kid))) return { ok: true, value: null };
      const found = await verifiers.get(kid, moment);
      return found.ok ? { ok: true, value: found.value } : UNAVAILABLE;
    },
    async published(productId, moment) {
      const found = productId === null ? await everything.get("", moment) : await products.get(productId, moment);
      if (!found.ok) return UNAVAILABLE;
      const keys = "published" in found.value ? found.value.published : found.value;
      return { ok: true, value: { keys, maxAgeSeconds: maxAgeOf(found.loadedAt, moment) } };
    },
    async voucher(productId, by, moment) {
      const found = await products.get(productId, moment);
      if (!found.ok) return UNAVAILABLE;
      const { all, signer, published, made } = found.value;
      const named = by === null ? null : all.find(({ kid }) => kid === by);
      if (all.length === 0 || named === undefined) return { ok: true, value: null };
      const isGood = named !== null && named.status !== "compromised";
      const vouching = isGood ? await importOnce(named) : signer;
      if (vouching === null) return UNAVAILABLE;
      const maxAgeSeconds = maxAgeOf(found.loadedAt, moment);
      return { ok: true, value: { signer: vouching, keys: published, maxAgeSeconds, made } };
    },
  };
}

/** With our own copy's age it makes no more than 60 s (TOK-4). */
function maxAgeOf(loadedAt: number, { now }: Moment): number {
  return Math.max(0, Math.floor((loadedAt + STALEST_MS - now) / 1000));
}

/** The key that signs; of two made in the same instant the greater kid, so that every isolate takes the same one. */
export function newestActive<K extends PublicKeyRecord>(keys: readonly K[]): K | null {
  const isNewer = (one: K, other: K) =>
    one.createdAt !== other.createdAt ? one.createdAt > other.createdAt : one.kid > other.kid;
  return keys
    .filter((key) => key.status === "active")
    .reduce<K | null>((newest, key) => (newest === null || isNewer(key, newest) ? key : newest), null);
}

function notCompromised<K extends PublicKeyRecord>(keys: readonly K[]): readonly K[] {
  return keys.filter((key) => key.status !== "compromised");
}

/** Null: there is no such key, or it is compromised. */
async function goodVerifier(key: PublicKeyRecord | null): Promise<Verifier | null> {
  return key === null || key.status === "compromised" ? null : await verifierOf(key);
}

async function verifierOf(key: PublicKeyRecord): Promise<Verifier> {
  return { kid: key.kid, algorithm: key.algorithm, publicKey: await importPublicKey(key.publicJwk, key.algorithm) };
}

/** Decrypts and imports a private key once per isolate, however often its row is read again. */
function signerImporter(wrapping: Wrapping): (key: SigningKeyRecord | null) => Promise<Signer | null> {
  const imported = new Map<string, Signer>();
  return async (key) => {
    if (key === null) return null;
    const known = imported.get(key.kid);
    if (known !== undefined) return known;
    const pkcs8 = await wrapping.decrypt(key.wrapped, wrappingContext(key.kid));
    if (pkcs8 === null) {
      say("a signing key does not open", { key: key.kid, wrappingKey: key.wrapped.wrappingKey });
      return null;
    }
    const signer = {
      kid: key.kid,
      algorithm: key.algorithm,
      privateKey: await importPrivateKey(pkcs8, key.algorithm),
      publicKeyBase64: await spkiBase64((await verifierOf(key)).publicKey),
    };
    if (imported.size >= PRODUCT_LIMIT) imported.clear();
    imported.set(key.kid, signer);
    return signer;
  };
}
