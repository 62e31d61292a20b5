/**
 * Real OIDC providers on one loopback port, each under a path of its own, made and moved over HTTP, so that tests in
 * Node and in workerd use them alike. Runs in Node. What a broken provider answers is made here; tokens are its own.
 */

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from "jose";
import { passwordProvider, type Person, type ProviderAlgorithm } from "../../scripts/password-provider.ts";

/** `up` as a provider is; the others are ways to be broken. `foreign`: the discovery document of somebody else. */
export type ProviderState =
  | "up"
  | "down"
  | "silent"
  | "failing"
  | "redirecting"
  | "oversized"
  | "foreign"
  | "keyless"
  | "not-json";

/** What a new provider is made of. Everybody's password is `password`. */
export interface ProviderWish {
  readonly people: readonly Omit<Person, "password">[];
  readonly algorithms: readonly ProviderAlgorithm[];
}

/** Requests that reached the provider, answered or not. */
export interface ProviderCounts {
  readonly discovery: number;
  readonly keys: number;
}

/** A token that no provider would give, signed with the provider's own key. */
export interface ForgeryWish {
  readonly algorithm: ProviderAlgorithm;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

const TOKEN_SECONDS = 3_600;
const OVERSIZED = JSON.stringify({ padding: "x".repeat(300_000) });

class Tenant {
  readonly #issuer: string;
  readonly #wish: ProviderWish;
  readonly #counts = { discovery: 0, keys: 0 };
  #keys: readonly JWK[] = [];
  #handle: (request: IncomingMessage, response: ServerResponse) => unknown = () => undefined;
  #rotations = 0;
  state: ProviderState = "up";

  constructor(issuer: string, wish: ProviderWish) {
    this.#issuer = issuer;
    this.#wish = wish;
  }

  get counts(): ProviderCounts {
    return this.#counts;
  }

  /** New keys under new ids; the old ones are gone at once. */
  async rotate(): Promise<void> {
    this.#rotations += 1;
    this.#keys = await Promise.all(this.#wish.algorithms.map((algorithm) => newKey(algorithm, this.#rotations)));
    const provider = passwordProvider({
      issuer: this.#issuer,
      keys: this.#keys,
      people: this.#wish.people.map((person) => ({ ...person, password: "password" })),
      apps: this.#wish.algorithms.map((algorithm) => ({ id: `app-${algorithm}`, idTokenAlgorithm: algorithm })),
      apiOf,
      tokenSeconds: TOKEN_SECONDS,
    });
    this.#handle = provider.callback();
  }

  async forge({ algorithm, header, claims }: ForgeryWish): Promise<string> {
    const key = this.#keys.find((one) => one.alg === algorithm);
    if (key === undefined) throw new Error(`the provider has no key for ${algorithm}`);
    return await new SignJWT({ iss: this.#issuer, ...claims })
      .setProtectedHeader({ alg: algorithm, ...(key.kid === undefined ? {} : { kid: key.kid }), ...header })
      .sign(await importJWK(key, algorithm));
  }

  answer(request: IncomingMessage, response: ServerResponse, path: string): unknown {
    if (path === "/.well-known/openid-configuration") this.#counts.discovery += 1;
    if (path === "/jwks") this.#counts.keys += 1;
    // Tokens can be had in every state: it is the documents that fail.
    if (this.state === "up" || path === "/token") return this.#handle(request, response);
    return this.#fail(response, path);
  }

  #fail(response: ServerResponse, path: string): unknown {
    switch (this.state) {
      case "down":
        return response.destroy();
      case "silent":
        return undefined;
      case "failing":
        return response.writeHead(500).end();
      case "redirecting":
        return response.writeHead(302, { Location: `${this.#issuer}${path}/moved` }).end();
      case "oversized":
        return response.end(OVERSIZED);
      case "not-json":
        return response.end("<html>");
      case "foreign":
        return response.end(JSON.stringify({ issuer: `${this.#issuer}/`, jwks_uri: `${this.#issuer}/jwks` }));
      default: {
        const document = { issuer: this.#issuer, jwks_uri: `${this.#issuer}/jwks` };
        return response.end(JSON.stringify(path === "/jwks" ? { keys: [] } : document));
      }
    }
  }
}

/** `urn:api:<algorithm>:<audience>`. */
function apiOf(resource: string) {
  const [, , algorithm = "", ...audience] = resource.split(":");
  return { audience: audience.join(":"), accessTokenAlgorithm: algorithm as ProviderAlgorithm };
}

async function newKey(algorithm: ProviderAlgorithm, rotation: number): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: `${algorithm}-${rotation}`, alg: algorithm, use: "sig" };
}

export interface RunningProviders {
  /** Of the whole server. */
  readonly url: string;
  stop(): Promise<void>;
}

/** `POST /new` makes a provider; `POST /<id>/-/<order>` moves it; everything else under `/<id>` is the provider's. */
export async function startIdentityProviders(): Promise<RunningProviders> {
  const tenants = new Map<string, Tenant>();
  const server = createServer((request, response) => {
    route(tenants, request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { url: `http://127.0.0.1:${address.port}`, stop };
}

async function route(tenants: Map<string, Tenant>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, id = "", ...rest] = (request.url ?? "").split("/");
  if (id === "new") {
    const name = `provider-${tenants.size + 1}`;
    const issuer = `http://${request.headers.host ?? ""}/${name}`;
    const tenant = new Tenant(issuer, JSON.parse(await bodyOf(request)) as ProviderWish);
    tenants.set(name, tenant);
    await tenant.rotate();
    response.end(JSON.stringify({ issuer }));
    return;
  }
  const tenant = tenants.get(id);
  if (tenant === undefined) {
    response.writeHead(404).end();
  } else if (rest[0] === "-") {
    response.end(JSON.stringify((await obey(tenant, rest[1] ?? "", await bodyOf(request))) ?? null));
  } else {
    // As a framework that mounts the provider under a path leaves it.
    Object.assign(request, { originalUrl: request.url, url: `/${rest.join("/")}` });
    tenant.answer(request, response, request.url ?? "");
  }
}

async function obey(tenant: Tenant, order: string, body: string): Promise<unknown> {
  switch (order) {
    case "rotate":
      return await tenant.rotate();
    case "counts":
      return tenant.counts;
    case "forge":
      return await tenant.forge(JSON.parse(body) as ForgeryWish);
    default:
      tenant.state = order as ProviderState;
      return null;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}
