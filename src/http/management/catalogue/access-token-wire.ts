/** The access token resource of /v3 and its bodies (MGMT-5). */

import * as z from "zod/mini";
import type { AccessTokenPatch } from "../../../operations/catalogue/change-access-token.ts";
import type { NewAccessToken } from "../../../operations/catalogue/create-access-token.ts";
import type { AccessToken } from "../../../registry/rows/access-tokens.ts";
import { NAME_CHARACTERS, SCOPES_PER_TOKEN } from "../../limits.ts";
import { text } from "../../validate.ts";
import { instant, instantOrNull, instantText } from "../resource/instant.ts";
import { sent, uuid } from "../resource/members.ts";
import { SCOPES } from "../../scopes.ts";

const scopes = z.array(z.enum(SCOPES)).check(z.minLength(1), z.maxLength(SCOPES_PER_TOKEN));

export const accessTokenCreation = z.object({
  name: text(1, NAME_CHARACTERS),
  scopes,
  expiresAt: z.nullish(instantText),
});

/** IN-2: the members after `revoked` may be named with the value that they have; the last use moves by itself. */
export const accessTokenPatch = z.object({
  name: z.nullish(text(1, NAME_CHARACTERS)),
  revoked: z.nullish(z.boolean()),
  id: z.nullish(uuid),
  scopes: z.nullish(scopes),
  createdAt: z.nullish(instantText),
  expiresAt: z.nullish(instantText),
  mintedBy: z.nullish(uuid),
});

/** MGMT-5: with what the token has minted, and what that has. */
export const mintedToo = z.strictObject({ minted: z.optional(z.enum(["true", "false"])) });

export function newAccessToken(body: z.output<typeof accessTokenCreation>): NewAccessToken {
  return { name: body.name, scopes: [...new Set(body.scopes)], expiresAt: body.expiresAt ?? null };
}

export function accessTokenChange(body: z.output<typeof accessTokenPatch>): AccessTokenPatch {
  const { name, revoked, id, scopes: named, createdAt, expiresAt, mintedBy } = body;
  return {
    ...sent({ name, revoked }),
    fixed: {
      ...sent({ id, scopes: named, createdAt }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(mintedBy === undefined ? {} : { mintedBy }),
    },
  };
}

export function accessTokenResource(token: AccessToken) {
  return {
    id: token.id,
    createdAt: instant(token.createdAt),
    updatedAt: instant(token.updatedAt),
    name: token.name,
    scopes: token.scopes,
    expiresAt: instantOrNull(token.expiresAt),
    revoked: token.revoked,
    mintedBy: token.mintedBy,
    lastUsedAt: instantOrNull(token.lastUsedAt),
  };
}
