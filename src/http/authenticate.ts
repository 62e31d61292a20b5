/**
 * Credentials of the activation API, as bearer: license tokens of ours, management tokens, and tokens of the vendor's
 * identity provider (AUTH-1, AUTH-2, AUTH-3, AUTH-5). `ROOT_SECRET` is none. Anything else is 401, also where nobody
 * had to be known.
 */

import type { Context } from "hono";
import type { Principal } from "../domain/license/calls.ts";
import { isAccessToken } from "../tokens/access-token.ts";
import { claimsToBeLicenseToken, readLicenseToken } from "../tokens/license-token.ts";
import { bearing, liveAccessToken } from "./access-token.ts";
import { bearerOf } from "./bearer.ts";
import type { AppEnv } from "./context.ts";
import { momentOf } from "./moment.ts";
import { Problem } from "./problem.ts";
import { chargeMiss } from "./rate-limits.ts";
import { covers, scopesOfRole, sightOf } from "./scopes.ts";
import { signedInUser } from "./sign-in.ts";
import { notePrincipal, type PrincipalKind } from "../log/about.ts";
import { say } from "../log/line.ts";

/** What is asked of a context, whatever else a surface keeps in it. */
type Asked = Pick<Context<AppEnv>, "env" | "executionCtx" | "req" | "get">;

export interface Known {
  readonly principal: Principal;
  /** MGMT-7: the device's own client, and a person, whose role reads all, may know whose license it is. */
  readonly withholdsUser: boolean;
  /** By scopes or role: how many seats a license has in use is `license:read`'s. */
  readonly mayReadLicense: boolean;
}

/** Who calls. Throws 401 `credentials-invalid` (a miss, unless only expired), 503 where it could not be checked. */
export async function whoCalls(c: Asked): Promise<Known> {
  const bearer = bearerOf(c.req.header("Authorization"));
  const known = bearer.kind === "token" ? await holderOf(c, bearer.token) : null;
  if (bearer.kind === "none" || known !== null) return noted(known ?? seeing({ kind: "anonymous" }));
  await chargeMiss(c);
  throw new Problem(
    "credentials-invalid",
    "The Authorization header has no valid credentials. Sign in again, or leave it out if nobody has to.",
    {
      headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' },
    },
  );
}

/** The same, where nobody may be anonymous (AUTH-3): 401 `credentials-required` without a header. */
export async function somebodyCalls(c: Asked): Promise<Known> {
  const known = await whoCalls(c);
  if (known.principal.kind !== "anonymous") return known;
  throw new Problem(
    "credentials-required",
    "Send the session's license token, or the user's access token, as a bearer token.",
  );
}

/** OBS-1: by kind alone. */
function noted(known: Known): Known {
  notePrincipal(kindOf(known.principal));
  return known;
}

function kindOf(principal: Principal): PrincipalKind {
  switch (principal.kind) {
    case "anonymous":
      return "anonymous";
    case "license-token":
      return "device";
    case "management":
      return "token";
    case "user":
      return principal.role === null ? "customer" : "user";
  }
}

/** Each kind of token says by its form or its `typ` which one it is, so that none passes for another. */
async function holderOf(c: Asked, token: string): Promise<Known | null> {
  if (isAccessToken(token)) return await managerOf(c, token);
  if (claimsToBeLicenseToken(token)) return await deviceOf(c, token);
  const person = await signedInUser(c, token);
  return person === null ? null : seeing(person);
}

function seeing(principal: Principal): Known {
  const scopes = principal.kind === "user" ? scopesOfRole(principal.role) : [];
  return { principal, withholdsUser: false, mayReadLicense: covers(scopes, "license:read") };
}

async function deviceOf(c: Asked, token: string): Promise<Known | null> {
  const read = await readLicenseToken(c.get("deployment").keyRing, token, momentOf(c));
  if (!read.ok) throw uncheckable();
  if (read.value === null) return null;
  const { sessionId, withholdsUser } = read.value;
  return { ...seeing({ kind: "license-token", activationId: sessionId }), withholdsUser };
}

async function managerOf(c: Asked, token: string): Promise<Known | null> {
  const found = await liveAccessToken(c, await bearing(token, Date.now())).catch((error: unknown) => {
    if (error instanceof Problem) throw error;
    say("an access token could not be looked up", {}, error);
    throw uncheckable();
  });
  if (found === null) return null;
  const mayWriteActivations = covers(found.scopes, "activation:write");
  return {
    principal: { kind: "management", tokenId: found.id, mayWriteActivations },
    withholdsUser: !sightOf(found.scopes).people,
    mayReadLicense: covers(found.scopes, "license:read"),
  };
}

function uncheckable(): Problem {
  return new Problem("storage-unavailable", "The credentials cannot be checked at the moment. Try again.");
}
