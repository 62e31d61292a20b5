/**
 * An app as Cryptlex's own samples write one for their web API: it sends what they send, keeps the token, verifies it
 * with the product's pinned key as they do, and drops it where they would.
 */

import { compactVerify, importSPKI } from "jose";
import { createPublicKey } from "node:crypto";

export interface Said {
  readonly key: string;
  readonly productId: string;
  readonly fingerprint: string;
}

/** What the samples' status codes are called. */
export type Status = "LA_OK" | "LA_EXPIRED" | "LA_SUSPENDED" | "LA_GRACE_PERIOD_OVER" | "LA_FAIL" | "LA_E_TIME";

export type Claims = Readonly<Record<string, unknown>>;

export type Send = (method: string, path: string, body: object) => Promise<Response>;

/** After which an app forgets its token. */
const FORGETS: ReadonlySet<string> = new Set([
  ...["INVALID_ACTIVATION_FINGERPRINT", "VM_ACTIVATION_NOT_ALLOWED", "INVALID_PRODUCT_ID", "INVALID_LICENSE_KEY"],
  ...["AUTHENTICATION_FAILED", "COUNTRY_NOT_ALLOWED", "IP_ADDRESS_NOT_ALLOWED", "REVOKED_LICENSE"],
  ...["INVALID_LICENSE_TYPE"],
]);

/** Seconds that our `iat` is behind (TOK-2), which a limit on it has to allow over `aco`. */
const BACK_DATED = 300;

export class SampleClient {
  readonly #said: Said;
  readonly #pem: string;
  readonly #send: Send;
  token: string | null = null;
  /** Of the last call. */
  status = 0;
  code: string | null = null;

  constructor(said: Said, pem: string, send: Send) {
    this.#said = said;
    this.#pem = pem;
    this.#send = send;
  }

  /** As an app is now; `now` is its own clock (epoch ms). */
  async isGenuine(now: number): Promise<Status> {
    const claims = await this.claims();
    const at = Math.floor(now / 1000);
    const number = (name: string) => Number(claims?.[name]);
    if (claims === null) return "LA_FAIL";
    if (number("aco") !== -1 && number("iat") > at + number("aco")) return "LA_E_TIME";
    if (number("leat") !== 0 && number("leat") < at) {
      this.token = null;
      return "LA_FAIL";
    }
    if (number("ssi") !== 0 && number("ssgpeat") !== 0 && number("ssgpeat") < at) return "LA_GRACE_PERIOD_OVER";
    if (number("eat") !== 0 && number("eat") < at) return "LA_EXPIRED";
    return claims["suspended"] === true ? "LA_SUSPENDED" : "LA_OK";
  }

  /** Of the token in hand, if its signature, key, product and device are right. */
  async claims(): Promise<Claims | null> {
    if (this.token === null) return null;
    const { payload } = await compactVerify(this.token, await importSPKI(this.#pem, "RS256"));
    const claims = JSON.parse(new TextDecoder().decode(payload)) as Claims;
    const { key, productId, fingerprint } = this.#said;
    const isMine = claims["key"] === key && claims["pid"] === productId && claims["fp"] === fingerprint;
    return isMine ? claims : null;
  }

  async activate(more: object = {}): Promise<void> {
    await this.#take(await this.#send("POST", "/activations", { ...this.#body(), ...more }));
  }

  async sync(more: object = {}): Promise<void> {
    await this.#take(await this.#send("PATCH", `/activations/${await this.#id()}`, { ...this.#body(), ...more }));
  }

  async deactivate(): Promise<void> {
    const { productId, fingerprint } = this.#said;
    const body = { accountId: ACCOUNT, productId, fingerprint, userHash: USER_HASH, os: "linux" };
    const answer = await this.#send("POST", `/activations/${await this.#id()}/deactivate`, body);
    await this.#note(answer);
    if (answer.ok) this.token = null;
  }

  async #take(answer: Response): Promise<void> {
    const told = await this.#note(answer);
    if (answer.ok) this.token = String(told["activationToken"]);
    else if (answer.status === 404 || FORGETS.has(this.code ?? "")) this.token = null;
  }

  async #note(answer: Response): Promise<Claims> {
    const told = (await answer.json()) as Claims;
    this.status = answer.status;
    this.code = answer.ok ? null : String(told["code"]);
    return told;
  }

  async #id(): Promise<string> {
    return String((await this.claims())?.["aid"]);
  }

  /** LexActivator's fields, as far as the public pages tell them. */
  #body(): object {
    return {
      ...this.#said,
      ...{ accountId: ACCOUNT, os: "linux", osVersion: "6.1", hostname: "pc", vmName: "", container: false },
      ...{ userHash: USER_HASH, userId: "", appVersion: "1.2.3", clientVersion: "3.30.0", leaseDuration: -1 },
      ...{ metadata: [{ key: "computer", value: "Ada's" }], meterAttributes: [], deviceId: null },
    };
  }
}

const ACCOUNT = "f6a2a5fc-1111-4a4b-a1a1-a1a1a1a1a1a1";
const USER_HASH = "0e8c4a1d";

/** TOK-2: how much an app has to allow a server's clock over `aco` at least. */
export const ALLOWED_FOR_IAT = BACK_DATED;

/** The PEM that an app pins, of a JWK. */
export function pemOf(jwk: object): string {
  return createPublicKey({ key: { ...jwk }, format: "jwk" })
    .export({ type: "spki", format: "pem" })
    .toString();
}
