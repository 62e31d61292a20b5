/** docs/verify/vectors.json: the examples of a fixed key and a fixed day, for readers to try (TOK-2). */

import { createECDH, createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { base64url } from "jose";
import { openKeyIds } from "../../src/tokens/key-id.ts";
import type { Signer } from "../../src/tokens/key-ring.ts";
import { generateSigningKey, importPrivateKey, importPublicKey, spkiBase64 } from "../../src/tokens/signing-key.ts";
import { examplesOf, FINGERPRINT, PRODUCT, type Example } from "./examples.ts";

const FILE = "docs/verify/vectors.json";
const ISSUED_AT = Date.parse("2026-01-15T12:00:00Z");
/** No secret: who has read this can sign as the page does. */
const SEED = "the key of the examples in docs/tokens.md, which no deployment may use";

export interface Vectors {
  readonly publicKeyBase64: string;
  readonly product: string;
  readonly fingerprint: string;
  readonly tokens: readonly Example[];
}

export function storedVectors(): Vectors {
  return JSON.parse(readFileSync(FILE, "utf8")) as Vectors;
}

/** Signatures of ES256 differ each time, so these differ from the stored ones in them. */
export async function freshVectors(): Promise<Vectors> {
  return await vectorsOf(await fixedSigner(), ISSUED_AT);
}

/** Of keys that were never used before, at this moment. */
export async function todaysVectors(now: number): Promise<Vectors> {
  return await vectorsOf(await newSigner(), now);
}

export function writeVectors(vectors: Vectors): void {
  writeFileSync(FILE, `${JSON.stringify(vectors, null, 2)}\n`);
}

/** What two sets of vectors have in common unless a claim, a header or an example has changed. */
export function unsignedParts({ tokens, ...about }: Vectors): unknown {
  return [about, tokens.map(({ token, ...told }) => ({ ...told, signed: token.split(".").slice(0, 2) }))];
}

async function vectorsOf(signer: Signer, now: number): Promise<Vectors> {
  const { kid } = signer;
  const tokens = await examplesOf(signer, { ...(await newSigner()), kid }, now);
  return { publicKeyBase64: signer.publicKeyBase64, product: PRODUCT, fingerprint: FINGERPRINT, tokens };
}

async function fixedSigner(): Promise<Signer> {
  const d = createHash("sha256").update(SEED).digest();
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(d);
  const point = curve.getPublicKey();
  const jwk = {
    kty: "EC",
    crv: "P-256",
    x: base64url.encode(point.subarray(1, 33)),
    y: base64url.encode(point.subarray(33)),
  };
  const kid = await (await openKeyIds(SEED)).of(jwk);
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const privateKey = await crypto.subtle.importKey("jwk", { ...jwk, d: base64url.encode(d) }, algorithm, false, [
    "sign",
  ]);
  const publicKeyBase64 = await spkiBase64(await importPublicKey(jwk, "ES256"));
  return { kid, algorithm: "ES256", privateKey, publicKeyBase64 };
}

async function newSigner(): Promise<Signer> {
  const { kid, publicJwk, privateKey } = await generateSigningKey("ES256", await openKeyIds(crypto.randomUUID()));
  const publicKeyBase64 = await spkiBase64(await importPublicKey(publicJwk, "ES256"));
  return { kid, algorithm: "ES256", privateKey: await importPrivateKey(privateKey, "ES256"), publicKeyBase64 };
}
