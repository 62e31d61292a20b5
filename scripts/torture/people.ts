/**
 * People who sign in at a provider on loopback, which ends with this process: what the Worker is told of it, and a
 * token of each.
 */

import { startIdentityProviders } from "../../test/support/identity-provider.ts";

export const PEOPLE = ["una", "vic", "wes"] as const;
const AUDIENCE = "https://licenses.torture.test";

export interface SignedIn {
  /** The Worker's configuration. */
  readonly vars: Readonly<Record<string, string>>;
  /** An access token by the person's name, good for an hour. */
  readonly tokens: ReadonlyMap<string, string>;
}

export async function signIn(): Promise<SignedIn> {
  const { url } = await startIdentityProviders();
  const wish = { people: PEOPLE.map((name) => ({ name, claims: {} })), algorithms: ["ES256"] };
  const issuer = await posted(`${url}/new`, JSON.stringify(wish), "issuer");
  const tokens = new Map<string, string>();
  for (const username of PEOPLE) {
    const body = new URLSearchParams({
      ...{ grant_type: "password", client_id: "app-ES256", resource: `urn:api:ES256:${AUDIENCE}` },
      ...{ username, password: "password" },
    });
    tokens.set(username, await posted(`${issuer}/token`, body, "access_token"));
  }
  return { vars: { OIDC_ISSUER: issuer, OIDC_AUDIENCE: AUDIENCE }, tokens };
}

async function posted(url: string, body: BodyInit, member: string): Promise<string> {
  const answer = await fetch(url, { method: "POST", body });
  const said = await answer.text();
  if (!answer.ok) throw new Error(`the provider answered ${answer.status}: ${said}`);
  const { [member]: text } = JSON.parse(said) as Readonly<Record<string, string>>;
  if (text === undefined) throw new Error(`the provider said no ${member}: ${said}`);
  return text;
}
