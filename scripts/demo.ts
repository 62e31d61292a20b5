/**
 * The demo data of `npm start`, made over the public HTTP API as a vendor's shop would, and found again by its
 * references.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Ignored by git; readable by its owner alone. */
export const TOKEN_FILE = ".leasehold/access-token";
const PRODUCT_NAME = "leasehold-demo";

export interface Demo {
  readonly accessToken: string;
  readonly floatingKey: string;
  readonly nodeLockedKey: string;
  readonly signInKey: string;
}

/** Finds or makes the access token, the product and three licenses. Calling it again changes nothing. */
export async function seed(url: string, rootSecret: string): Promise<Demo> {
  const accessToken = await findOrMintToken(url, rootSecret);
  const api = new Api(url, accessToken);
  const productId = await findOrCreateProduct(api);
  const license = (reference: string, terms: object): Promise<string> =>
    api.create("/v3/licenses", { productId, externalReference: reference, ...terms }).then((created) => created.key);
  return {
    accessToken,
    floatingKey: await license("demo-floating", {
      type: "hosted-floating",
      allowedActivations: 3,
      leaseDuration: 3600,
      allowClientLeaseDuration: true,
    }),
    nodeLockedKey: await license("demo-node-locked", { type: "node-locked", validity: 31_536_000 }),
    signInKey: await license("demo-sign-in", { type: "node-locked", requireAuthentication: true }),
  };
}

async function findOrMintToken(url: string, rootSecret: string): Promise<string> {
  const kept = existsSync(TOKEN_FILE) ? readFileSync(TOKEN_FILE, "utf8").trim() : null;
  if (kept !== null && (await new Api(url, kept).accepted())) return kept;
  const minted = await new Api(url, rootSecret).create("/v3/personal-access-tokens", { name: "demo", scopes: ["*"] });
  mkdirSync(dirname(TOKEN_FILE), { recursive: true, mode: 0o700 });
  writeFileSync(TOKEN_FILE, `${minted.token}\n`, { mode: 0o600 });
  return minted.token;
}

async function findOrCreateProduct(api: Api): Promise<string> {
  const products = await api.list("/v3/products?sort=createdAt&limit=100");
  const demo = products.find((product) => product.name === PRODUCT_NAME);
  if (demo !== undefined) return demo.id;
  const created = await api.create("/v3/products", {
    name: PRODUCT_NAME,
    displayName: "Demo",
    description: "A product to try Leasehold with.",
    legalNotice: "For evaluation.",
    copyright: "© Example Ltd.",
    providerUrl: "https://example.com",
    providerEmail: "licensing@example.com",
  });
  return created.id;
}

/** The members of `/v3` resources that the demo reads. */
interface Resource {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly token: string;
}

class Api {
  readonly #url: string;
  readonly #bearer: string;

  constructor(url: string, bearer: string) {
    this.#url = url;
    this.#bearer = bearer;
  }

  async accepted(): Promise<boolean> {
    return (await this.#call("GET", "/v3/products?limit=1")).status === 200;
  }

  async list(path: string): Promise<readonly Resource[]> {
    return this.#read(await this.#call("GET", path));
  }

  /** 201, or 200 and the existing one when its `externalReference` is known. */
  async create(path: string, body: object): Promise<Resource> {
    return this.#read(await this.#call("POST", path, body));
  }

  async #call(method: string, path: string, body?: object): Promise<Response> {
    return fetch(this.#url + path, {
      method,
      headers: { authorization: `Bearer ${this.#bearer}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async #read<T>(answer: Response): Promise<T> {
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}: ${text}`);
    return JSON.parse(text);
  }
}
