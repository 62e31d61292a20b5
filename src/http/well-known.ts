/** What anybody may read: the state of the deployment (CFG-2) and the keys that verify its tokens (TOK-5, TOK-7). */

import type { Context } from "hono";
import { isUuid } from "../domain/terms/identifier.ts";
import type { OpenDeployment } from "../operations/deployment.ts";
import { healthReader } from "../operations/upkeep/health.ts";
import type { PublishedKeys } from "../tokens/key-ring.ts";
import { vouchedKeySet } from "../tokens/key-set.ts";
import type { AppEnv } from "./context.ts";
import { momentOf } from "./moment.ts";
import { Problem } from "./problem.ts";
import { limitByAddress, limitHealth } from "./rate-limits.ts";
import { Hono } from "./hono.ts";
import { idInPath } from "./path-ids.ts";

/**
 * `GET /health`, which clients of /v3 know as `GET /v3/status`: 200 or 503 `{status, configuration, database}`. Needs
 * no open deployment; mount it before that.
 */
export function health(open: OpenDeployment): Hono<AppEnv> {
  const read = healthReader(open);
  const answer = async (c: Context<AppEnv>) => {
    const state = await read(c.env, momentOf(c));
    return c.json(state, state.status === "ok" ? 200 : 503, { "Cache-Control": "no-store" });
  };
  return new Hono<AppEnv>().get("/health", limitHealth, answer).get("/v3/status", limitHealth, answer);
}

/** The JWKS (RFC 7517) of all products and of one. */
export const publicKeys = new Hono<AppEnv>()
  .get("/.well-known/jwks.json", limitByAddress, async (c) => jwks(c, await publishedKeys(c, null)))
  .get("/v3/products/:id/jwks", limitByAddress, async (c) => {
    const id = idInPath(c);
    const published = isUuid(id) ? await publishedKeys(c, id) : null;
    // Every product has a key from its creation on.
    if (published === null || published.keys.length === 0) throw new Problem("NOT_FOUND", "There is no such product.");
    return jwks(c, published);
  })
  .get("/v3/products/:id/jwks.jwt", limitByAddress, async (c) => {
    const id = idInPath(c);
    const { keyRing, issuer } = c.get("deployment");
    const moment = momentOf(c);
    const found = isUuid(id) ? await keyRing.voucher(id, c.req.query("by") ?? null, moment) : NOBODY;
    if (!found.ok) throw unreadable();
    if (found.value === null) throw new Problem("NOT_FOUND", "There is no such product, or it never had this key.");
    const caching = cachingOf(found.value);
    return c.body(await vouchedKeySet(found.value, id, issuer, moment), 200, { "Content-Type": JWT, ...caching });
  });

const NOBODY = { ok: true, value: null } as const;
/** RFC 7519 10.3.1. */
const JWT = "application/jwt";

async function publishedKeys(c: Context<AppEnv>, productId: string | null): Promise<PublishedKeys> {
  const published = await c.get("deployment").keyRing.published(productId, momentOf(c));
  if (published.ok) return published.value;
  throw unreadable();
}

function unreadable(): Problem {
  return new Problem("storage-unavailable", "The keys cannot be read at the moment. Try again.");
}

/** TOK-4: our own copy's age and a client's make no more than 60 s together. */
function cachingOf({ maxAgeSeconds }: Pick<PublishedKeys, "maxAgeSeconds">) {
  return { "Cache-Control": `public, max-age=${maxAgeSeconds}` };
}

/**
 * `application/json`, as identity providers serve theirs: some libraries read nothing else, and none insists on
 * `application/jwk-set+json`.
 */
function jwks(c: Context<AppEnv>, published: PublishedKeys): Response {
  return c.json({ keys: published.keys }, 200, cachingOf(published));
}
