/**
 * The user resource of /v3 and its bodies (docs/api.md). A `password` is no member of ours: it is dropped unread
 * (MGMT-6).
 */

import * as z from "zod/mini";
import type { NewUser } from "../../../operations/catalogue/create-user.ts";
import type { UserPatch } from "../../../operations/catalogue/change-user.ts";
import { fullName, type User } from "../../../registry/rows/users.ts";
import { EMAIL_CHARACTERS, NAME_CHARACTERS, USER_TAGS } from "../../limits.ts";
import { isAddress } from "../../../domain/terms/email.ts";
import { text } from "../../validate.ts";
import { instant, instantText } from "../resource/instant.ts";
import { metadata, metadataResource, only, onlyEmptyList, sent, uuid } from "../resource/members.ts";
import { tagList } from "./tag-wire.ts";

/** An address is proved by writing to it; here it only has to look like one (EMAIL-1). */
const email = text(3, EMAIL_CHARACTERS).check(z.refine(isAddress, "must be an e-mail address such as ada@example.com"));

export const NAMES = {
  firstName: z.nullish(text(0, NAME_CHARACTERS)),
  lastName: z.nullish(text(0, NAME_CHARACTERS)),
  company: z.nullish(text(0, NAME_CHARACTERS)),
} as const;

/** Users sign in by the vendor's provider (AUTH-1), which knows their second factors and roles; there is no portal. */
const NOT_OURS = {
  role: only("user"),
  twoFactorEnabled: only(false),
  googleSsoEnabled: only(false),
  allowCustomerPortalAccess: only(false),
  lastLoginAt: only(null),
  lastSeenAt: only(null),
  organizationId: only(null, ""),
  resellerId: only(null, ""),
  groups: onlyEmptyList,
} as const;

export const userCreation = z.object({
  ...NAMES,
  ...NOT_OURS,
  email,
  metadata: z.nullish(metadata),
  tags: tagList(USER_TAGS),
});

/** IN-2: `id`, `createdAt` and `name` may be named with the value that they have. */
export const userPatch = z.object({
  ...NAMES,
  ...NOT_OURS,
  email: z.nullish(email),
  metadata: z.nullish(metadata),
  tags: tagList(USER_TAGS),
  id: z.nullish(uuid),
  createdAt: z.nullish(instantText),
  name: z.nullish(text(0, 2 * NAME_CHARACTERS + 1)),
});

export const userDeletion = z.object({ detach: z.optional(z.enum(["true", "false"])) });

export function newUser(body: z.output<typeof userCreation>): NewUser {
  return {
    email: body.email,
    firstName: body.firstName ?? null,
    lastName: body.lastName ?? null,
    company: body.company ?? null,
    metadata: body.metadata ?? [],
    tagNames: body.tags ?? [],
  };
}

export function userChange(body: z.output<typeof userPatch>): UserPatch {
  const { firstName, lastName, company, id, createdAt, name } = body;
  return {
    ...sent({ email: body.email, metadata: body.metadata, tagNames: body.tags }),
    ...(firstName === undefined ? {} : { firstName }),
    ...(lastName === undefined ? {} : { lastName }),
    ...(company === undefined ? {} : { company }),
    fixed: sent({ id, createdAt, name }),
  };
}

/** `tagNames`: of the tags that there are, by id; null = gone. */
export function userResource(user: User, tagNames: ReadonlyMap<string, string | null>) {
  const { id, email: address, firstName, lastName, company } = user;
  return {
    id,
    createdAt: instant(user.createdAt),
    updatedAt: instant(user.updatedAt),
    name: fullName(user),
    firstName,
    lastName,
    email: address,
    company,
    role: "user",
    twoFactorEnabled: false,
    googleSsoEnabled: false,
    allowCustomerPortalAccess: false,
    lastLoginAt: null,
    lastSeenAt: null,
    organizationId: null,
    resellerId: null,
    groups: [],
    metadata: metadataResource(user.metadata),
    tags: user.tags.flatMap((tag) => tagNames.get(tag) ?? []),
  };
}
