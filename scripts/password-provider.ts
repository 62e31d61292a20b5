/**
 * A real OIDC provider that gives tokens for a user name and a password in one call: RFC 6749's password grant. For
 * this machine alone, in development and in tests: people's passwords belong on their provider's own page, not in an
 * app.
 */

import { randomUUID, timingSafeEqual } from "node:crypto";
import { errors, Provider, type Adapter, type JWK, type TokenEndpointGrantContext } from "oidc-provider";

export type ProviderAlgorithm = "RS256" | "ES256" | "Ed25519";

/** What the provider says of a person, by the name of the claim; `sub` is the user name. */
export type PersonClaims = Readonly<Record<string, unknown>>;

export interface Person {
  readonly name: string;
  readonly password: string;
  readonly claims: PersonClaims;
}

/** An app that people sign in to; public, as desktop apps are. Its ID tokens carry its id as `aud`. */
export interface App {
  readonly id: string;
  readonly idTokenAlgorithm: ProviderAlgorithm;
}

/** Whom access tokens are for: `aud`, and the algorithm of their signature. */
export interface Api {
  readonly audience: string;
  readonly accessTokenAlgorithm: ProviderAlgorithm;
}

export interface PasswordProviderSettings {
  readonly issuer: string;
  /** Private keys with `kid`, `alg` and `use`; the first of an algorithm signs. */
  readonly keys: readonly JWK[];
  readonly people: readonly Person[];
  readonly apps: readonly App[];
  /** The API that a call's `resource` names; absent = "". */
  readonly apiOf: (resource: string) => Api;
  readonly tokenSeconds: number;
}

interface PasswordGrant {
  readonly username?: string;
  readonly password?: string;
  readonly scope?: string;
  readonly resource?: string;
}

type Context = TokenEndpointGrantContext<PasswordGrant>;

/** The scopes that MonetizeIt's pages name, and `openid`, without which there is no ID token. */
const SCOPE = "openid email profile roles";
const API_SCOPE = "email profile roles";
const DEFAULT_API = "urn:leasehold:api";

export function passwordProvider(settings: PasswordProviderSettings): Provider {
  const claims = [...new Set(settings.people.flatMap((person) => Object.keys(person.claims)))];
  const provider = new Provider(settings.issuer, {
    adapter: () => NOTHING_KEPT,
    jwks: { keys: [...settings.keys] },
    clients: settings.apps.map((app) => ({
      client_id: app.id,
      token_endpoint_auth_method: "none",
      grant_types: ["password"],
      response_types: [],
      redirect_uris: [],
      id_token_signed_response_alg: app.idTokenAlgorithm,
    })),
    enabledJWA: { idTokenSigningAlgValues: ["RS256", "ES256", "Ed25519"] },
    // Apps read the e-mail and the roles from the ID token, as those of most providers do.
    conformIdTokenClaims: false,
    claims: { openid: ["sub"], email: ["email", "email_verified"], roles: claims },
    scopes: SCOPE.split(" "),
    ttl: { AccessToken: settings.tokenSeconds, IdToken: settings.tokenSeconds },
    features: { devInteractions: { enabled: false }, resourceIndicators: { enabled: true } },
    findAccount: (_ctx, id) => accountOf(settings.people, id),
    extraTokenClaims: (_ctx, token) =>
      "accountId" in token ? claimsOf(settings.people, String(token.accountId)) : undefined,
    cookies: { keys: ["nobody gets a cookie here"] },
  });
  provider.registerGrantType<PasswordGrant>("password", grantTo(provider, settings), [
    ...["username", "password", "scope", "resource"],
  ]);
  return provider;
}

/** Its tokens are JWTs, and its apps are in its settings: there is nothing to look up. */
const NOTHING_KEPT: Adapter = {
  upsert: async () => undefined,
  find: async () => undefined,
  findByUserCode: async () => undefined,
  findByUid: async () => undefined,
  consume: async () => undefined,
  destroy: async () => undefined,
  revokeByGrantId: async () => undefined,
};

/**
 * Answers as the token endpoint does: `access_token` (RFC 9068), `id_token`, `expires_in`. Wrong password:
 * `invalid_grant`.
 */
function grantTo(provider: Provider, settings: PasswordProviderSettings): (ctx: Context) => Promise<void> {
  return async (ctx) => {
    const { client, params } = ctx.oidc;
    const person = settings.people.find((one) => one.name === params.username);
    if (person === undefined || !isSame(params.password ?? "", person.password)) {
      throw new errors.InvalidGrant("there is nobody of this name and password");
    }
    const accessToken = new provider.AccessToken({
      client,
      accountId: person.name,
      grantId: randomUUID(),
      gty: "password",
      scope: API_SCOPE,
      resourceServer: apiServer(provider, settings.apiOf(params.resource ?? "")),
    });
    const idToken = new provider.IdToken({ sub: person.name, ...person.claims }, { ctx });
    // Not in its published type, and what its own grants set: which claims go in.
    Object.assign(idToken, { scope: SCOPE });
    ctx.body = {
      access_token: await accessToken.save(),
      id_token: await idToken.issue({ use: "idtoken" }),
      token_type: "Bearer",
      expires_in: settings.tokenSeconds,
      scope: SCOPE,
    };
  };
}

function apiServer(provider: Provider, api: Api) {
  return new provider.ResourceServer(DEFAULT_API, {
    audience: api.audience,
    scope: API_SCOPE,
    accessTokenFormat: "jwt",
    jwt: { sign: { alg: api.accessTokenAlgorithm } },
  });
}

function claimsOf(people: readonly Person[], name: string): PersonClaims | undefined {
  return people.find((person) => person.name === name)?.claims;
}

function accountOf(people: readonly Person[], name: string) {
  const claims = claimsOf(people, name);
  return claims === undefined ? undefined : { accountId: name, claims: () => ({ sub: name, ...claims }) };
}

function isSame(sent: string, secret: string): boolean {
  const [one, other] = [Buffer.from(sent), Buffer.from(secret)];
  return one.length === other.length && timingSafeEqual(one, other);
}
