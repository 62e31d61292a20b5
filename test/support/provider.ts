/** A test's own identity provider: a real one, over loopback. */

import { inject } from "vitest";
import type { ForgeryWish, ProviderCounts, ProviderState, ProviderWish } from "./identity-provider.ts";

export interface Tokens {
  /** `typ: at+jwt` (RFC 9068). */
  readonly access_token: string;
  readonly id_token: string;
}

type Algorithm = ForgeryWish["algorithm"];

export interface TestProvider {
  readonly issuer: string;
  /** Signs a person in. The access token is for `audience`, the ID token for `app-<algorithm>`. */
  tokens(name: string, wanted?: { readonly algorithm?: Algorithm; readonly audience?: string }): Promise<Tokens>;
  /** A token with the provider's signature that the provider would not give. */
  forge(claims: ForgeryWish["claims"], header?: ForgeryWish["header"]): Promise<string>;
  rotate(): Promise<void>;
  become(state: ProviderState): Promise<void>;
  counts(): Promise<ProviderCounts>;
}

/** The audience of access tokens, unless a test asks for another. */
export const AUDIENCE = "https://licenses.acme.test";

/** By name of the person, the claims beside `sub`. */
export type People = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export async function newProvider(
  people: People,
  algorithms: ProviderWish["algorithms"] = ["ES256"],
): Promise<TestProvider> {
  const named = Object.entries(people).map(([name, claims]) => ({ name, claims }));
  const wish: ProviderWish = { people: named, algorithms };
  const { issuer } = (await order(`${inject("identityProviders")}/new`, wish)) as { issuer: string };
  const [first = "ES256"] = algorithms;
  return {
    issuer,
    tokens: async (name, { algorithm = first, audience = AUDIENCE } = {}) =>
      (await post(`${issuer}/token`, {
        body: new URLSearchParams({
          ...{ grant_type: "password", client_id: `app-${algorithm}`, resource: `urn:api:${algorithm}:${audience}` },
          ...{ username: name, password: "password" },
        }),
      })) as Tokens,
    forge: async (claims, header = {}) =>
      (await order(`${issuer}/-/forge`, { algorithm: first, header, claims })) as string,
    rotate: async () => void (await order(`${issuer}/-/rotate`)),
    become: async (state) => void (await order(`${issuer}/-/${state}`)),
    counts: async () => (await order(`${issuer}/-/counts`)) as ProviderCounts,
  };
}

async function order(url: string, body: unknown = {}): Promise<unknown> {
  return await post(url, { body: JSON.stringify(body) });
}

async function post(url: string, init: { readonly body: BodyInit }): Promise<unknown> {
  const answer = await fetch(url, { method: "POST", ...init });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`);
  return JSON.parse(text);
}
