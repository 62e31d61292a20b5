/**
 * LIM-1: bursts per address (renew, check-in and sync: per session there, or credential), all calls of an address, and
 * misses per address. Nothing about guesses is stored: the bindings count, and an isolate remembers for at most a
 * minute which addresses it was told are over.
 */

import type { Context, MiddlewareHandler } from "hono";
import { readConfig } from "../config/config.ts";
import type { AppEnv } from "./context.ts";
import { addressText, rangeText } from "../domain/terms/addresses.ts";
import { locatorOf } from "../domain/terms/identifier.ts";
import { accessTokenHash } from "../tokens/access-token.ts";
import { claimedSession, claimsToBeLicenseToken } from "../tokens/license-token.ts";
import { bearerOf } from "./bearer.ts";
import { BLOCKED_ADDRESSES, BURST, MISSES, TRAFFIC, TRIALS, type RateLimited } from "./limits.ts";
import { Problem } from "./problem.ts";
import { endOfWindow } from "./problems/retry-after.ts";
import { idInPath } from "./path-ids.ts";

/** What counting needs of a context, whatever else a surface keeps in it. */
type Asked = Pick<Context<AppEnv>, "env" | "req" | "get">;

/** Address (as counted) to the end of its block in epoch ms; oldest first. */
const blocked = new Map<string, number>();

/** 429 for an address that this isolate knows to be guessing; null = it does not. Charges nothing. */
export function blockOf(c: Asked): Problem | null {
  if (!c.get("deployment").config.rateLimits) return null;
  const until = blocked.get(addressOf(c));
  return until !== undefined && Date.now() < until ? tooMany(MISSES, Date.now()) : null;
}

/** Middleware of every path, known or not: all calls of an address, beside any burst that something else counts. */
export const limitTraffic: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.get("deployment").config.rateLimits) await countTraffic(c);
  await next();
};

/** Middleware: a burst of calls from one address. */
export const limitByAddress: MiddlewareHandler<AppEnv> = async (c, next) => {
  await chargeBurst(c, `address:${addressOf(c)}`);
  await next();
};

/** Middleware: the same for health, which comes before the deployment is open. */
export const limitHealth: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (await limitUnopened(c)) await countBurst(c, `address:${addressOf(c)}`);
  await next();
};

/**
 * A call of an address, of what is answered before the deployment is open. A faulty configuration switches no limit
 * off. True: there are limits.
 */
export async function limitUnopened(c: Pick<Asked, "env" | "req">): Promise<boolean> {
  const read = readConfig(c.env);
  const isLimited = !read.ok || read.config.rateLimits;
  if (isLimited) await countTraffic(c);
  return isLimited;
}

/**
 * Middleware: a burst of calls for one session from one address, since offices share an address: where a license token
 * says that the session is its own. It is not verified here, so that somebody else's word for it must not count against
 * the device, which is elsewhere; one that is not ours is a miss. Other credentials count for themselves, and what has
 * none, or those of another session, by address.
 */
export const limitBySession: MiddlewareHandler<AppEnv> = async (c, next) => {
  await chargeBurst(c, await counterOf(c, idInPath(c, "sessionId")));
  await next();
};

/**
 * Middleware of /v3: a burst of calls from one address, but for the syncs of a device, each of which keeps its lease:
 * they count by activation there, like renewals. An id that leads nowhere, and a wrong key, are misses.
 */
export const limitManagement: MiddlewareHandler<AppEnv> = async (c, next) => {
  const activationId = c.req.method === "PATCH" ? (SYNC.exec(c.req.path)?.[1]?.toLowerCase() ?? null) : null;
  const isSync = activationId !== null && locatorOf(activationId) !== null;
  await chargeBurst(c, isSync ? `session:${activationId}:${addressOf(c)}` : `address:${addressOf(c)}`);
  await next();
};

const SYNC = /^\/v3\/activations\/([^/]+)\/?$/u;

async function counterOf(c: Asked, sessionId: string): Promise<string> {
  const bearer = bearerOf(c.req.header("Authorization"));
  if (bearer.kind === "token" && locatorOf(sessionId) !== null) {
    if (!claimsToBeLicenseToken(bearer.token)) return `bearer:${await accessTokenHash(bearer.token)}`;
    if (claimedSession(bearer.token) === sessionId) return `session:${sessionId}:${addressOf(c)}`;
  }
  return `address:${addressOf(c)}`;
}

/**
 * A miss: a key that D1 does not know; a bearer that is malformed, unknown, revoked, forged or of another session. None
 * is a genuine one that has only expired, nor one that nobody can judge. 429 from the call on that goes over the limit.
 */
export async function chargeMiss(c: Asked): Promise<void> {
  if (!c.get("deployment").config.rateLimits) return;
  const address = addressOf(c);
  const { success } = await c.env.MISS_LIMIT.limit({ key: address });
  if (success) return;
  const now = Date.now();
  block(address, now);
  throw tooMany(MISSES, now);
}

/**
 * TRIAL-1: a trial that is about to begin, beside the address's own burst: whoever invents fingerprints fills D1 no
 * faster. Counted by the binding of misses under another name, so that no office is taken for a guesser.
 */
export async function chargeTrial(c: Asked): Promise<void> {
  if (!c.get("deployment").config.rateLimits) return;
  const { success } = await c.env.MISS_LIMIT.limit({ key: `trial:${addressOf(c)}` });
  if (!success) throw tooMany(TRIALS, Date.now());
}

async function chargeBurst(c: Asked, key: string): Promise<void> {
  if (c.get("deployment").config.rateLimits) await countBurst(c, key);
}

async function countTraffic(c: Pick<Asked, "env" | "req">): Promise<void> {
  const { success } = await c.env.ADDRESS_LIMIT.limit({ key: addressOf(c) });
  if (!success) throw tooMany(TRAFFIC, Date.now());
}

async function countBurst(c: Pick<Asked, "env">, key: string): Promise<void> {
  const { success } = await c.env.BURST_LIMIT.limit({ key });
  if (!success) throw tooMany(BURST, Date.now());
}

/** For the rest of the minute, as the binding's own windows go. */
function block(address: string, now: number): void {
  blocked.delete(address);
  blocked.set(address, endOfWindow(now, MISSES.periodSeconds));
  const [oldest] = blocked.keys();
  if (blocked.size > BLOCKED_ADDRESSES && oldest !== undefined) blocked.delete(oldest);
}

/**
 * `X-Rate-Limit-*`: the limit is told as its period ("10s"), the reset as a UTC instant (0009-what-the-wire-takes.md).
 * Beside it in the words of draft-ietf-httpapi-ratelimit-headers: the bindings tell nothing of what is left but that it
 * is nothing, so that no other answer has these (0079-what-is-told-of-rate-limits.md).
 */
function tooMany({ name, limit, periodSeconds }: RateLimited, now: number): Problem {
  const end = endOfWindow(now, periodSeconds);
  const leftSeconds = Math.ceil((end - now) / 1000);
  const detail =
    "This address, session or token has sent more requests than a short time allows. Wait, then try again.";
  return new Problem("too-many-requests", detail, {
    window: { leftSeconds, periodSeconds },
    headers: {
      "X-Rate-Limit-Limit": periodSeconds % 60 === 0 ? `${periodSeconds / 60}m` : `${periodSeconds}s`,
      "X-Rate-Limit-Remaining": "0",
      "X-Rate-Limit-Reset": new Date(end).toISOString(),
      "RateLimit-Policy": `"${name}";q=${limit};w=${periodSeconds}`,
      RateLimit: `"${name}";r=0;t=${leftSeconds}`,
    },
  });
}

/** By request: what counts it, for each limit that asks. */
const COUNTED = new WeakMap<Asked["req"], string>();

/** NET-1: the address is `CF-Connecting-IP`. */
function addressOf({ req }: Pick<Asked, "req">): string {
  const known = COUNTED.get(req);
  if (known !== undefined) return known;
  const counted = network64(req.header("CF-Connecting-IP") ?? "unknown");
  COUNTED.set(req, counted);
  return counted;
}

/** IPv6 counts by /64, the least that one customer of a provider holds; an IPv4-mapped address as itself. */
export function network64(text: string): string {
  // IPv4 has no /64, and one spelling.
  if (!text.includes(":")) return text;
  return rangeText(`${text}/64`) ?? addressText(text) ?? text;
}
