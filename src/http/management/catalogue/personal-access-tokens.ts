/** `/v3/personal-access-tokens` (MGMT-5). Reading them takes the scope that mints them: there is no other. */

import type { Context } from "hono";
import {
  accessTokenEntityTag,
  changeAccessToken,
  removeAccessToken,
} from "../../../operations/catalogue/change-access-token.ts";
import { createAccessToken } from "../../../operations/catalogue/create-access-token.ts";
import { deleteMinted, hasMinted, revokeMinted } from "../../../operations/catalogue/end-minted-tokens.ts";
import { accessTokenList } from "../../../registry/rows/catalogue-fields.ts";
import { accessTokenById, listAccessTokens, type AccessToken } from "../../../registry/rows/access-tokens.ts";
import { jsonBody } from "../../body.ts";
import { MANAGEMENT_BODY_BYTES } from "../../limits.ts";
import { invalidRequest, Problem } from "../../problem.ts";
import { validBody, validQuery } from "../../validate.ts";
import {
  accessTokenChange,
  accessTokenCreation,
  accessTokenPatch,
  accessTokenResource,
  mintedToo,
  newAccessToken,
} from "./access-token-wire.ts";
import { byId, holding, minting, reading } from "../resource/authentication.ts";
import type { ManagementEnv, Self } from "../resource/context.ts";
import { answerOne, conditionalCaller } from "../resource/entity-tag-headers.ts";
import { instant } from "../resource/instant.ts";
import { withoutIdempotencyKey } from "../resource/idempotency.ts";
import { answerFound, listQuery, validList } from "../list/paging.ts";
import { notFound, there, uuidInPath, valueOf } from "../resource/refusals.ts";
import { covers, type Scope } from "../../scopes.ts";
import { Hono } from "../../hono.ts";

/** MGMT-5: a person by role mints for a year, a leap year's included. */
const PERSON_MINTS_MS = 366 * 86_400_000;
const SCOPE = "personalAccessToken:write";

const body = jsonBody(MANAGEMENT_BODY_BYTES);
const query = listQuery(["createdAt", "updatedAt", "name"], { list: accessTokenList });
const one = reading(SCOPE, byId(accessTokenById));

export const personalAccessTokens = new Hono<ManagementEnv>()
  .post("/", minting, withoutIdempotencyKey, body, validBody(accessTokenCreation), async (c) => {
    const { deployment, caller, now, scopes, self } = c.var;
    const wanted = newAccessToken(c.req.valid("json"));
    refuseMore(scopes, c.req.valid("json").scopes);
    refuseLonger(latestEnd(self, now), wanted.expiresAt);
    const minted = valueOf(await createAccessToken(deployment, wanted, caller, now));
    const { accessToken, token } = minted;
    const resource = { ...accessTokenResource(accessToken), token };
    const headers = { Location: `/v3/personal-access-tokens/${accessToken.id}` };
    return answerOne(c, "personalAccessToken", resource, await accessTokenEntityTag(accessToken), {
      status: 201,
      headers,
    });
  })
  .get("/", holding(SCOPE), validList("personalAccessToken", query), async (c) => {
    const asked = c.req.valid("query");
    const found = await listAccessTokens(c.var.deployment.db, asked, asked.wanted, c.var.now);
    return answerFound(c, "personalAccessToken", asked, found, accessTokenResource);
  })
  .get("/:id", one.middleware, async (c) => {
    return await answer(c, there(one.found(c)));
  })
  .patch("/:id", holding(SCOPE), body, validQuery(mintedToo), validBody(accessTokenPatch), async (c) => {
    const id = uuidInPath(c);
    const change = accessTokenChange(c.req.valid("json"));
    const { deployment, caller, now } = c.var;
    const isWhole = c.req.valid("query").minted === "true";
    if (isWhole && change.revoked !== true)
      throw invalidRequest({ pointer: "/minted", detail: "must be left out, except in a PATCH that sets `revoked`" });
    const token = there(valueOf(await changeAccessToken(deployment, id, change, await conditionalCaller(c), now)));
    if (isWhole) valueOf(await revokeMinted(deployment, id, caller, now));
    return await answer(c, token);
  })
  .delete("/:id", holding(SCOPE), validQuery(mintedToo), async (c) => {
    const { deployment, caller, now } = c.var;
    const id = uuidInPath(c);
    const call = await conditionalCaller(c);
    if (c.req.valid("query").minted === "true") {
      const token = valueOf(await changeAccessToken(deployment, id, { revoked: true, fixed: {} }, call, now));
      // Who deletes their own token does not save what they minted with it.
      if (token === null && (call.ifMatch !== undefined || !(await hasMinted(deployment, id)))) throw notFound();
      valueOf(await revokeMinted(deployment, id, caller, now));
      valueOf(await deleteMinted(deployment, id, caller, now));
      if (token !== null) there(valueOf(await removeAccessToken(deployment, id, caller, now)));
    } else there(valueOf(await removeAccessToken(deployment, id, call, now)));
    return c.body(null, 204);
  });

async function answer(c: Context<ManagementEnv>, token: AccessToken): Promise<Response> {
  return answerOne(c, "personalAccessToken", accessTokenResource(token), await accessTokenEntityTag(token));
}

/** MGMT-5: a token mints only scopes that it holds. */
function refuseMore(held: readonly string[], wanted: readonly Scope[]): void {
  const missing = wanted.filter((scope) => !covers(held, scope));
  if (missing.length === 0) return;
  throw new Problem(
    "FORBIDDEN",
    `The access token does not have ${missing.join(", ")} itself, so it cannot give it to another.`,
  );
}

/** MGMT-5: up to when it may mint (epoch ms); null = for as long as it likes. */
function latestEnd(self: Self | null, now: number): number | null {
  if (self === null) return null;
  return self.kind === "token" ? self.token.expiresAt : now + PERSON_MINTS_MS;
}

function refuseLonger(latest: number | null, expiresAt: number | null): void {
  if (latest === null || (expiresAt !== null && expiresAt <= latest)) return;
  const detail = `is required here and at most ${instant(latest)}: what you mint does not outlive what you hold`;
  throw invalidRequest({ pointer: "/expiresAt", detail });
}
