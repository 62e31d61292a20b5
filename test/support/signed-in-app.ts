/** A fresh isolate of the Worker whose vendor has an identity provider; licenses, objects and D1 are the file's own. */

import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { createApp } from "../../src/app.ts";
import type { Vars } from "../../src/config/config.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { bindingsWith, ROOT_SECRET } from "./bindings.ts";
import { AUDIENCE } from "./provider.ts";
import { documentOf, type Document } from "./shop.ts";

export interface Sent {
  /** As bearer; absent = none. */
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SignedInApp {
  /** `path` from the root. Ends when the background work has too. */
  call(method: string, path: string, sent?: Sent): Promise<Response>;
  activate(key: string, token?: string, more?: object): Promise<Response>;
  /** The document of an activation that must succeed, on the device `device` unless named otherwise. */
  activated(key: string, token?: string, more?: object): Promise<Document>;
}

const ACTIVATIONS = "/api/v1/activations";

/** `vars` over issuer and the usual audience; `db` instead of the real D1. */
export function appWith(issuer: string, vars: Vars = {}, db?: D1Database): SignedInApp {
  const open = deploymentOpener();
  const app = createApp(open);
  const provided = { ROOT_SECRET, ENVIRONMENT: "development", OIDC_ISSUER: issuer, OIDC_AUDIENCE: AUDIENCE };
  const bindings = bindingsWith({ ...provided, ...vars }, db);
  const call: SignedInApp["call"] = async (method, path, { token, body, headers } = {}) => {
    const context = createExecutionContext();
    const request = new Request(`http://leasehold.test${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await app.fetch(request, bindings, context);
    await waitOnExecutionContext(context);
    return answer;
  };
  const activate: SignedInApp["activate"] = async (key, token, more) =>
    await call("POST", `${ACTIVATIONS}/license`, {
      token,
      body: { activationCode: key, fingerprint: "device", ...more },
    });
  return { call, activate, activated: async (...given) => await documentOf(await activate(...given)) };
}

/** The calls that go on with a session, by name; the one that ends it comes last. */
export const SESSION_CALLS = ["GET", "renew", "check-in", "check-out"] as const;
export type SessionCall = (typeof SESSION_CALLS)[number];

export async function onSession(
  app: SignedInApp,
  call: SessionCall,
  sessionId: string,
  token?: string,
): Promise<Response> {
  const path = `${ACTIVATIONS}/${sessionId}`;
  return call === "GET" ? await app.call("GET", path, { token }) : await app.call("POST", `${path}/${call}`, { token });
}

/** The claims of a token, as anybody reads them. */
export function claimsOf(token: string): Record<string, unknown> {
  const [, payload = ""] = token.split(".");
  return JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as Record<string, unknown>;
}
