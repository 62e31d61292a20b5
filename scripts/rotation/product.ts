/** A product with one license, whose every token is shown to all verifiers. */

import { decodeProtectedHeader } from "jose";
import { type Calls, textIn } from "./calls.ts";
import { KeyCopy, publishedBy, type Signed, SOURCES } from "./key-copy.ts";

export interface Token extends Signed {
  readonly kid: string;
}

/** A key that was marked compromised. */
interface Doom {
  readonly kid: string;
  /** Epoch ms: from then on nothing of the key may be left (TOK-4). Infinity = the call is under way. */
  readonly outBy: number;
}

const SEATS = 50;
const LEASE_SECONDS = 600;

export class Product {
  readonly id: string;
  readonly licenseId: string;
  /** License key. */
  readonly key: string;
  /** The id of the key that signed at the beginning. */
  readonly pinned: string;
  readonly copies: readonly KeyCopy[];
  readonly tokens = new Map<string, Token>();
  doom: Doom | null = null;
  /** Tokens that a verifier took, each counted once a verifier. */
  verified = 0;
  /** Tokens of the compromised key that a verifier did not take. */
  outcast = 0;
  readonly #calls: Calls;

  static async create(calls: Calls, bearer: string, name: string, issuer: string): Promise<Product> {
    const post = (kind: string, path: string, body: object) =>
      calls.send(kind, 0, { method: "POST", path, bearer, body });
    const id = textIn(await post("create a product", "/v3/products", { name, displayName: name }), "id");
    const terms = { type: "hosted-floating", leaseDuration: LEASE_SECONDS, allowedActivations: SEATS };
    const license = await post("create a license", "/v3/licenses", { productId: id, ...terms });
    const { keys } = await publishedBy(calls, 0, "jwks", { productId: id, pinned: "" });
    const reply = await calls.send("read keys", 0, { method: "GET", path: `/v3/products/${id}/keys`, bearer });
    const pinned = keysIn(reply.text).find(({ status }) => status === "active")?.kid ?? "";
    const about = { productId: id, issuer, pinned, shipped: { keys } };
    const copies = calls.runtime.urls.flatMap((_, isolate) =>
      SOURCES.map((source) => new KeyCopy(calls, isolate, source, about)),
    );
    return new Product(calls, { id, pinned, copies, licenseId: textIn(license, "id"), key: textIn(license, "key") });
  }

  private constructor(calls: Calls, made: Pick<Product, "id" | "licenseId" | "key" | "pinned" | "copies">) {
    this.#calls = calls;
    this.id = made.id;
    this.licenseId = made.licenseId;
    this.key = made.key;
    this.pinned = made.pinned;
    this.copies = made.copies;
  }

  /** Shows a token that was handed out to every verifier. `sentAt`: of the call that it answered. */
  async judge(text: string, typ: string, sentAt: number): Promise<Token> {
    const token = { token: text, typ, kid: String(decodeProtectedHeader(text).kid) };
    this.tokens.set(text, token);
    if (this.#isOut(token, sentAt)) this.#calls.faults.push(`a token is signed by the compromised key ${token.kid}`);
    await this.show(token);
    return token;
  }

  async show(token: Token): Promise<void> {
    for (const copy of this.copies) {
      const lookedAt = Date.now();
      const fault = await copy.fault(token);
      if (fault === null) {
        this.verified += 1;
        if (this.#isOut(token, lookedAt)) this.#calls.faults.push(`${copy.name} takes a token of a compromised key`);
      } else if (this.isDoomed(token)) this.outcast += 1;
      else this.#calls.faults.push(`${copy.name} refuses a token of ${token.kid}: ${fault}`);
    }
  }

  /** Its key is being marked compromised, or is. */
  isDoomed({ kid }: Token): boolean {
    return this.doom?.kid === kid;
  }

  #isOut(token: Token, at: number): boolean {
    return this.isDoomed(token) && at > (this.doom?.outBy ?? Infinity);
  }
}

interface ListedKey {
  readonly kid: string;
  readonly status: string;
}

export function keysIn(text: string): readonly ListedKey[] {
  return JSON.parse(text) as readonly ListedKey[];
}
