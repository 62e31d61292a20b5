/** A verifier's copy of a product's public keys: asked for again only when its max-age is over (TOK-5). */

import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from "jose";
import type { Calls, Reply } from "./calls.ts";

/** Of the product, of the whole deployment, and of the product as signed by a key that was pinned (TOK-7). */
export const SOURCES = ["jwks", "all", "jwks.jwt"] as const;
export type Source = (typeof SOURCES)[number];

export interface Published {
  readonly keys: JSONWebKeySet["keys"];
  /** Epoch ms: how long it may be kept. Counted from the question, as RFC 9111 4.2.3 does. */
  readonly freshUntil: number;
  readonly sentAt: number;
  /** Of `jwks.jwt`: the JWT. */
  readonly jwt: string | null;
}

/** `pinned`: the key id that shall sign a `jwks.jwt`. */
export async function publishedBy(
  calls: Calls,
  isolate: number,
  source: Source,
  { productId, pinned }: { readonly productId: string; readonly pinned: string },
): Promise<Published> {
  const path = {
    all: "/.well-known/jwks.json",
    jwks: `/v3/products/${productId}/jwks`,
    "jwks.jwt": `/v3/products/${productId}/jwks.jwt?by=${pinned}`,
  }[source];
  const reply = await calls.send(`read ${source}`, isolate, { method: "GET", path });
  const jwt = source === "jwks.jwt" ? reply.text : null;
  const { keys } = (jwt === null ? JSON.parse(reply.text) : decodeJwt(jwt)) as JSONWebKeySet;
  return { keys, jwt, sentAt: reply.sentAt, freshUntil: reply.sentAt + maxAgeOf(reply) * 1000 };
}

function maxAgeOf({ headers }: Reply): number {
  const [, seconds] = /max-age=(\d+)/.exec(headers.get("cache-control") ?? "") ?? [];
  if (seconds === undefined) throw new Error("a key set says no max-age");
  return Number(seconds);
}

export interface Signed {
  readonly token: string;
  readonly typ: string;
}

export interface About {
  readonly productId: string;
  readonly issuer: string;
  /** What an app was shipped with: the id of the key that signed then, and both public keys. */
  readonly pinned: string;
  readonly shipped: JSONWebKeySet;
}

export class KeyCopy {
  readonly name: string;
  /** How often the keys were asked for. */
  reads = 0;
  readonly #calls: Calls;
  readonly #isolate: number;
  readonly #source: Source;
  readonly #about: About;
  #keys: ReturnType<typeof createLocalJWKSet>;
  #freshUntil = 0;
  #reading: Promise<void> | null = null;

  constructor(calls: Calls, isolate: number, source: Source, about: About) {
    this.name = `${source} of isolate ${isolate}`;
    this.#calls = calls;
    this.#isolate = isolate;
    this.#source = source;
    this.#about = about;
    this.#keys = createLocalJWKSet(about.shipped);
  }

  /** Null = it verifies; else why not. */
  async fault({ token, typ }: Signed): Promise<string | null> {
    if (Date.now() >= this.#freshUntil) await (this.#reading ??= this.#read().finally(() => (this.#reading = null)));
    const { productId, issuer } = this.#about;
    return await faultOf(jwtVerify(token, this.#keys, { typ, issuer, audience: productId, algorithms: ["ES256"] }));
  }

  async #read(): Promise<void> {
    const { productId, issuer } = this.#about;
    const { keys, jwt, freshUntil } = await publishedBy(this.#calls, this.#isolate, this.#source, this.#about);
    this.reads += 1;
    const wish = { typ: "jwk-set+jwt", issuer, subject: productId, algorithms: ["ES256"] };
    const fault = jwt === null ? null : await faultOf(jwtVerify(jwt, this.#keys, wish));
    if (fault !== null) this.#calls.faults.push(`${this.name} is signed by nobody known: ${fault}`);
    this.#keys = createLocalJWKSet({ keys });
    this.#freshUntil = freshUntil;
  }
}

async function faultOf(verified: Promise<unknown>): Promise<string | null> {
  try {
    await verified;
    return null;
  } catch (error) {
    return String(error);
  }
}
