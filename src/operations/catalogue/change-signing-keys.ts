/**
 * A product's signing keys (TOK-4): made, imported, activated, retired, compromised. Isolates go by a change at most
 * 60 s later. Events tell of the product: `signingKeys`, of those that changed.
 */

import type { Caller } from "../../domain/license/calls.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import type { RefusalOf } from "../../domain/refusal.ts";
import { askTogether } from "../../registry/db/question.ts";
import { productById, updateSigningKeys, type Product } from "../../registry/rows/products.ts";
import { KEYS_PER_PRODUCT, signingKeysOf, type SigningKeyRow } from "../../registry/rows/signing-keys.ts";
import { keysAfter, type KeyAct } from "../../tokens/key-life.ts";
import { wrappingContext } from "../../tokens/key-ring.ts";
import { generateSigningKey, importedSigningKey, type KeyStatus, type PrivateJwk } from "../../tokens/signing-key.ts";
import { keepNothing, type Keep } from "../create-once.ts";
import type { Deployment } from "../deployment.ts";
import { newSigningKey, wrappedRow } from "../keys.ts";
import { eventOf, laterThan } from "../record.ts";
import { changeRow, settled } from "./change-row.ts";
import { productEntityTag } from "./change-product.ts";

/** Without what is secret. `publicJwk` is JSON, instants epoch ms. */
export type SigningKey = Omit<SigningKeyRow, "privateKey" | "wrappingKey">;

interface Keys {
  readonly product: Product;
  readonly keys: readonly SigningKeyRow[];
}

/** Newest first. Null: there is no such product. */
export async function readSigningKeys({ db }: Deployment, productId: string): Promise<readonly SigningKey[] | null> {
  const found = await read(db, productId);
  return found === null ? null : found.keys.map(shown);
}

/**
 * A key that is published and signs nothing yet: `given` (PKCS#8 as PEM, or a JWK), or a new one. Null: there is no
 * such product. Refusals: `invalid-member` for what is no private key of the product's algorithm, and for one key more
 * than a product may have; `already-exists`.
 */
export async function addSigningKey(
  deployment: Deployment,
  productId: string,
  given: string | PrivateJwk | null,
  caller: Caller,
  now: number,
  keep: Keep<SigningKey> = keepNothing,
): Promise<Outcome<SigningKey | null>> {
  return await changing(deployment, productId, caller, async ({ product, keys }) => {
    if (keys.length >= KEYS_PER_PRODUCT) return no(TOO_MANY);
    const { tokenAlgorithm: algorithm } = product;
    const key =
      given === null
        ? await generateSigningKey(algorithm, deployment.keyIds)
        : await importedSigningKey(given, algorithm, deployment.keyIds);
    if (key === null) return no({ ...NO_KEY, detail: `is no private key for ${algorithm}` });
    const about = { productId, status: "published", createdAt: now, updatedAt: now } as const;
    const row = await wrappedRow(deployment, key, about);
    const told = [{ kid: row.kid, before: null, after: row.status }];
    const { event, updatedAt } = changed(product, told, caller, now);
    const written = { rows: [row], added: row, updatedAt };
    const answer = await updateSigningKeys(deployment.db, product, written, event, await keep(shown(row)));
    return settled(answer, shown(row), { "key-taken": { code: "already-exists", pointer: "/privateKey" } });
  });
}

/**
 * Null: there is no such product, or no such key of it. Refusals: `keysAfter`'s. A compromised key's private half is
 * deleted.
 */
export async function turnSigningKey(
  deployment: Deployment,
  productId: string,
  kid: string,
  act: KeyAct,
  caller: Caller,
  now: number,
): Promise<Outcome<SigningKey | null>> {
  return await changing(deployment, productId, caller, async ({ product, keys }) => {
    const after = keysAfter(keys, kid, act, now);
    if (!after.ok) return after;
    if (after.value === null) return yes(null);
    const { statuses, made } = after.value;
    const turned = await Promise.all(
      keys.flatMap((row) => {
        const status = statuses.get(row.kid);
        return status === undefined ? [] : [withStatus(deployment, row, status, now)];
      }),
    );
    const fresh = await Promise.all(
      made.map((status) => newSigningKey(deployment, productId, product.tokenAlgorithm, now, status)),
    );
    const rows = [...turned, ...fresh];
    const key = [...rows, ...keys].find((row) => row.kid === kid);
    if (key === undefined || rows.length === 0) return yes(key === undefined ? null : shown(key));
    const before = new Map(keys.map((row) => [row.kid, row.status]));
    const told = rows.map((row) => ({ kid: row.kid, before: before.get(row.kid) ?? null, after: row.status }));
    const { event, updatedAt } = changed(product, told, caller, now);
    const answer = await updateSigningKeys(deployment.db, product, { rows, added: null, updatedAt }, event);
    return settled<SigningKey, "key-taken">(answer, shown(key), { "key-taken": { ...NO_KEY, detail: "is taken" } });
  });
}

const NO_KEY = { code: "invalid-member", pointer: "/privateKey" } as const;
const TOO_MANY: RefusalOf<"invalid-member"> = {
  code: "invalid-member",
  pointer: "",
  detail: `a product has at most ${KEYS_PER_PRODUCT} signing keys, those that are retired or compromised among them`,
};

/** Each is written while the product and its keys are as they were read. */
async function changing<T>(
  { db, pause }: Deployment,
  productId: string,
  caller: Caller,
  write: (found: Keys) => Promise<Outcome<T | null> | "outrun">,
): Promise<Outcome<T | null>> {
  return await changeRow<Keys, T | null>(caller, {
    ...{ pause, what: "product", write },
    read: () => read(db, productId),
    entityTag: ({ product }) => productEntityTag(product),
  });
}

async function read(db: D1Database, productId: string): Promise<Keys | null> {
  const [product, keys] = await askTogether(db, [productById(productId), signingKeysOf(productId)]);
  return product === null ? null : { product, keys };
}

interface ToldKey {
  readonly kid: string;
  /** Null: it is new. */
  readonly before: KeyStatus | null;
  readonly after: KeyStatus;
}

function changed(product: Product, keys: readonly ToldKey[], caller: Caller, now: number) {
  const updatedAt = laterThan(product.updatedAt, now);
  const before = keys.flatMap(({ kid, before: status }) => (status === null ? [] : [{ kid, status }]));
  const after = keys.map(({ kid, after: status }) => ({ kid, status }));
  const data = { ...product, updatedAt };
  const changes = { signingKeys: { before, after } };
  const event = eventOf({ type: "product.updated", subjectId: product.id, changes, data }, caller, now);
  return { event, updatedAt };
}

async function withStatus(
  { wrapping }: Deployment,
  row: SigningKeyRow,
  status: KeyStatus,
  now: number,
): Promise<SigningKeyRow> {
  const turned = { ...row, status, updatedAt: laterThan(row.updatedAt, now) };
  if (status !== "compromised") return turned;
  const nothing = await wrapping.encrypt(new Uint8Array(0), wrappingContext(row.kid));
  return { ...turned, privateKey: nothing.ciphertext, wrappingKey: nothing.wrappingKey };
}

function shown(row: SigningKeyRow): SigningKey {
  const { kid, productId, algorithm, status, publicJwk, createdAt, updatedAt } = row;
  return { kid, productId, algorithm, status, publicJwk, createdAt, updatedAt };
}
