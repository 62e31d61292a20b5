/**
 * Who calls /v3 (MGMT-5): the holder of an access token, a signed-in person by their role, or the holder of
 * `ROOT_SECRET`, which mints tokens and does nothing else. Comes before anything else is looked at, so that strangers
 * learn nothing.
 */

import type { Context, MiddlewareHandler } from "hono";
import { personActor, type Actor } from "../../../domain/license/calls.ts";
import { isUuid } from "../../../domain/terms/identifier.ts";
import type { Deployment } from "../../../operations/deployment.ts";
import { handOver } from "../../../operations/webhook/hand-over.ts";
import type { Question } from "../../../registry/db/question.ts";
import { inOneTrip, RoundTrip, type Asking } from "../../../registry/db/round-trip.ts";
import type { AccessToken } from "../../../registry/rows/access-tokens.ts";
import { notePrincipal } from "../../../log/about.ts";
import { isAccessToken } from "../../../tokens/access-token.ts";
import { sameText } from "../../../same-text.ts";
import { bearing, liveAccessToken } from "../../access-token.ts";
import { AUTHORIZATION_CHARACTERS } from "../../limits.ts";
import { Problem } from "../../problem.ts";
import { idInPath } from "../../path-ids.ts";
import { blockOf, chargeMiss } from "../../rate-limits.ts";
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
  return admitting(holdsScope(scope), scope);
}

function holdsScope(scope: Scope): (holder: Holder) => boolean {
  return (holder) => holder.actor.type !== "root" && covers(holder.scopes, scope);
}

/** What a call about one thing needs to show it, by its id (as in the path). It changes nothing. */
export type Look<Found> = (deployment: Deployment, id: string, asked: Asking, query: Queries) => Promise<Found>;
export type Queries = Readonly<Record<string, readonly string[]>>;
export interface Reading<Found> {
  readonly middleware: MiddlewareHandler<ManagementEnv>;
  /** In the handlers behind it. */
  found(c: object): Found;
}

/**
 * For calls about one thing: `holding` as `middleware`, and what `look` found. D1 is asked in one round trip for the
 * access token and for what `look` asks before it first waits, while an object that it asks has the call already
 * (0066-one-round-trip-to-d1.md). A stranger's call gets nothing out of D1 but that there is no such token, and its 401
 * does not wait for the object.
 */
export function reading<Found>(scope: Scope, look: Look<Found>): Reading<Found> {
  const isAllowed = holdsScope(scope);
  const found = new WeakMap<object, { readonly value: Found }>();
  const middleware: MiddlewareHandler<ManagementEnv> = async (c, next) => {
    const now = Date.now();
    const { deployment } = c.var;
    const looking = (asked: Asking) => look(deployment, idInPath(c), asked, c.req.queries());
    const token = tokenIn(c);
    if (typeof token === "string" && isAccessToken(token) && blockOf(c) === null) {
      const bearer = await bearing(token, now);
      const trip = new RoundTrip(deployment.db);
      const live = liveAccessToken(c, bearer, trip.asking());
      const admitted = admit(c, now, isAllowed, scope, () => live);
      const looked = looking(afterwards(trip.asking(bearer), admitted));
      // Who is not let in does not hear how it went.
      looked.catch(() => undefined);
      trip.send();
      await admitted;
      found.set(c, { value: await looked });
    } else {
      await admit(c, now, isAllowed, scope);
      found.set(c, { value: await inOneTrip(deployment.db, looking) });
    }
    c.set("sight", sightOf(c.get("scopes")));
    await next();
    handOverAfter(c, now);
  };
  TAKEN.set(middleware, scope);
  return {
    middleware,
    found: (c) => {
      const kept = found.get(c);
      if (kept === undefined) throw new Error("nothing was read for this call");
      return kept.value;
    },
  };
}

/** A row of the catalogue. ERR-3: what is no id is nobody's. */
export function byId<Row>(question: (id: string) => Question<Row | null>): Look<Row | null> {
  return async (_, id, asked) => (isUuid(id) ? await asked(question(id)) : null);
}

/** Asks at once, and gives no answer before the caller is let in: nothing goes on for a stranger. */
function afterwards(asked: Asking, admitted: Promise<unknown>): Asking {
  return async (question) => {
    const [answer] = await Promise.all([asked(question), admitted]);
    return answer;
  };
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
function handOverAfter(c: Context<ManagementEnv>, now: number): void {
  if (CHANGING.has(c.req.method) && c.res.ok) c.executionCtx.waitUntil(handOver(c.get("deployment"), now));
}

function admitting(
  isAllowed: (holder: Holder) => boolean,
  scope: Scope | null,
  sight = sightOf,
): MiddlewareHandler<ManagementEnv> {
  const middleware: MiddlewareHandler<ManagementEnv> = async (c, next) => {
    const now = Date.now();
    await admit(c, now, isAllowed, scope);
    c.set("sight", sight(c.get("scopes")));
    await next();
    handOverAfter(c, now);
  };
  if (scope !== null) TAKEN.set(middleware, scope);
  return middleware;
}

/** The scope that a route's middleware takes; undefined = it takes none. */
export function scopeOf(middleware: object): Scope | undefined {
  return TAKEN.get(middleware);
}

/** Who they are and what they may do is in the context afterwards. `now` (epoch ms) is the moment of the call. */
async function admit(
  c: Context<ManagementEnv>,
  now: number,
  isAllowed: (holder: Holder) => boolean,
  scope: Scope | null,
  lookUp: LookUp = async (token) => await liveAccessToken(c, await bearing(token, now)),
): Promise<void> {
  const holder = await holderOf(c, lookUp);
  if (holder.actor.type !== "system") notePrincipal(holder.actor.type);
  if (!isAllowed(holder)) throw forbidden(holder, scope);
  c.set("now", now);
  c.set("scopes", holder.scopes);
  c.set("principal", holder.principal);
  c.set("self", holder.self);
  c.set("caller", { actor: holder.actor, requestId: c.get("requestId") });
}

/** An access token, by its text, if it is live. */
type LookUp = (token: string) => Promise<AccessToken | null>;

/** Null: there is no header. Undefined: it is no bearer token. */
function tokenIn(c: Context<ManagementEnv>): string | null | undefined {
  const header = c.req.header("Authorization");
  if (header === undefined) return null;
  return header.length > AUTHORIZATION_CHARACTERS ? undefined : BEARER.exec(header.trim())?.[1];
}

/** For calls that nobody has to be known for: 403 where the bearer is `ROOT_SECRET`. */
export async function refuseRoot(c: Context<ManagementEnv>): Promise<void> {
  const token = tokenIn(c) ?? null;
  if (token === null || isAccessToken(token)) return;
  if (!sameText(token, c.get("deployment").config.rootSecret)) return;
  notePrincipal("root");
  throw forbidden(ROOT, null);
}

async function holderOf(c: Context<ManagementEnv>, lookUp: LookUp): Promise<Holder> {
  const token = tokenIn(c);
  if (token === null) throw unauthorized("Send an access token as a bearer token.", "Bearer");
  const holder = token === undefined ? null : await holderOfToken(c, token, lookUp);
  if (holder !== null) return holder;
  await chargeMiss(c);
  const detail =
    token === undefined
      ? "The Authorization header is not `Bearer` followed by a token."
      : "The access token is unknown, expired or revoked.";
  throw unauthorized(detail, 'Bearer error="invalid_token"');
}

async function holderOfToken(c: Context<ManagementEnv>, token: string, lookUp: LookUp): Promise<Holder | null> {
  if (!isAccessToken(token)) {
    const isRoot = sameText(token, c.get("deployment").config.rootSecret);
    return isRoot ? ROOT : await personOf(c, token);
  }
  const found = await lookUp(token);
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
