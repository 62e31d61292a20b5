/**
 * Who calls /v3 (MGMT-5): the holder of an access token, a signed-in person by their role, or the holder of
 * `ROOT_SECRET`, which mints tokens and does nothing else. Comes before anything else is looked at, so that strangers
 * learn nothing.
 */

import type { Context, MiddlewareHandler } from "hono";
import { personActor, type Actor } from "../../../domain/license/calls.ts";
import { handOver } from "../../../operations/webhook/hand-over.ts";
import { notePrincipal } from "../../../log/about.ts";
import { isAccessToken } from "../../../tokens/access-token.ts";
import { isSameSecret } from "../../../tokens/same-secret.ts";
import { liveAccessToken } from "../../access-token.ts";
import { AUTHORIZATION_CHARACTERS } from "../../limits.ts";
import { Problem } from "../../problem.ts";
import { chargeMiss } from "../../rate-limits.ts";
import { signedInUser } from "../../sign-in.ts";
import type { ManagementEnv, Self } from "./context.ts";
import { covers, scopesOfRole, sightOf, WHOLE, type Scope } from "../../scopes.ts";

/** Wider than RFC 6750, because `ROOT_SECRET` is whatever its owner chose. */
const BEARER = /^Bearer +(\S.*)$/i;

interface Holder {
  readonly self: Self | null;
  readonly actor: Actor;
  readonly principal: readonly string[];
  readonly scopes: readonly string[];
}

const ROOT: Holder = { self: null, actor: { type: "root" }, principal: ["root"], scopes: ["*"] };

const TAKEN = new WeakMap<object, Scope>();

/** Middleware: 401 without a valid access token, 403 if it lacks the scope or is `ROOT_SECRET`. */
export function holding(scope: Scope): MiddlewareHandler<ManagementEnv> {
  return admitting((holder) => holder.actor.type !== "root" && covers(holder.scopes, scope), scope);
}

/** Middleware: the one call that `ROOT_SECRET` may make. */
export const minting = admitting(
  (holder) => covers(holder.scopes, "personalAccessToken:write"),
  "personalAccessToken:write",
);

/** Middleware of /v3/me, which takes no scope: whoever has a credential of their own sees their own. */
export const known = admitting(
  ({ self }) => self !== null,
  null,
  () => WHOLE,
);

const CHANGING: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/**
 * EVT-3: what an admitted change left in the outbox goes to the log right after the answer; the cron takes what is
 * left.
 */
function admitting(
  isAllowed: (holder: Holder) => boolean,
  scope: Scope | null,
  sight = sightOf,
): MiddlewareHandler<ManagementEnv> {
  const middleware: MiddlewareHandler<ManagementEnv> = async (c, next) => {
    const { now, scopes } = await admit(c, isAllowed, scope);
    c.set("sight", sight(scopes));
    await next();
    if (CHANGING.has(c.req.method) && c.res.ok) c.executionCtx.waitUntil(handOver(c.var.deployment, now));
  };
  if (scope !== null) TAKEN.set(middleware, scope);
  return middleware;
}

/** The scope that a route's middleware takes; undefined = it takes none. */
export function scopeOf(middleware: object): Scope | undefined {
  return TAKEN.get(middleware);
}

/** The moment of the call (epoch ms), which nobody has who was not let in, and what the holder may do. */
async function admit(
  c: Context<ManagementEnv>,
  isAllowed: (holder: Holder) => boolean,
  scope: Scope | null,
): Promise<{ readonly now: number; readonly scopes: readonly string[] }> {
  const now = Date.now();
  const holder = await holderOf(c, now);
  if (holder.actor.type !== "system") notePrincipal(holder.actor.type);
  if (!isAllowed(holder)) throw forbidden(holder, scope);
  c.set("now", now);
  c.set("scopes", holder.scopes);
  c.set("principal", holder.principal);
  c.set("self", holder.self);
  c.set("caller", { actor: holder.actor, requestId: c.var.requestId });
  return { now, scopes: holder.scopes };
}

async function holderOf(c: Context<ManagementEnv>, now: number): Promise<Holder> {
  const header = c.req.header("Authorization");
  if (header === undefined) throw unauthorized("Send an access token as a bearer token.", "Bearer");
  const token = header.length > AUTHORIZATION_CHARACTERS ? undefined : BEARER.exec(header.trim())?.[1];
  const holder = token === undefined ? null : await holderOfToken(c, token, now);
  if (holder !== null) return holder;
  await chargeMiss(c);
  const detail =
    token === undefined
      ? "The Authorization header is not `Bearer` followed by a token."
      : "The access token is unknown, expired or revoked.";
  throw unauthorized(detail, 'Bearer error="invalid_token"');
}

async function holderOfToken(c: Context<ManagementEnv>, token: string, now: number): Promise<Holder | null> {
  if (!isAccessToken(token)) {
    const isRoot = await isSameSecret(token, c.var.deployment.config.rootSecret);
    return isRoot ? ROOT : await personOf(c, token);
  }
  const found = await liveAccessToken(c, token, now);
  if (found === null) return null;
  const self = { kind: "token", token: found } as const;
  return { self, actor: { type: "token", id: found.id }, principal: ["token", found.id], scopes: found.scopes };
}

/** MGMT-5: a person has the scopes of their role, without one none. */
async function personOf(c: Context<ManagementEnv>, token: string): Promise<Holder | null> {
  const user = await signedInUser(c, token);
  if (user === null) return null;
  const principal = ["user", user.issuer, user.subject];
  return { self: user, actor: personActor(user), principal, scopes: scopesOfRole(user.role) };
}

function unauthorized(detail: string, challenge: string): Problem {
  return new Problem("credentials-invalid", detail, { headers: { "WWW-Authenticate": challenge } });
}

function forbidden(holder: Holder, scope: Scope | null): Problem {
  return new Problem("FORBIDDEN", reasonOf(holder.actor.type, scope));
}

function reasonOf(type: Actor["type"], scope: Scope | null): string {
  if (type === "customer") return `You are signed in, but without a role that has the scope ${scope}.`;
  if (type === "user") return `You are signed in, but your role lacks the scope ${scope}.`;
  if (type !== "root") return `The access token lacks the scope ${scope}.`;
  return "ROOT_SECRET may only mint access tokens (POST /v3/personal-access-tokens). Mint one and use it here.";
}
