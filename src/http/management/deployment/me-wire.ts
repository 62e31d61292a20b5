/** What /v3/me shows of the caller (MGMT-5, MGMT-6), and what of their licenses is for their eyes. */

import * as z from "zod/mini";
import type { SignedInUser } from "../../../domain/license/calls.ts";
import type { LicenseView, MetadataItem } from "../../../domain/terms/license.ts";
import { HIDDEN_SETTINGS } from "../../../domain/terms/settings.ts";
import type { UserPatch } from "../../../operations/catalogue/change-user.ts";
import type { AccessToken } from "../../../registry/rows/access-tokens.ts";
import { fullName, type User } from "../../../registry/rows/users.ts";
import { NAME_CHARACTERS } from "../../limits.ts";
import { invalidRequest } from "../../problem.ts";
import { text } from "../../validate.ts";
import { accessTokenResource } from "../catalogue/access-token-wire.ts";
import { instant, instantText } from "../resource/instant.ts";
import { metadataResource, sent, uuid } from "../resource/members.ts";
import { NAMES } from "../catalogue/user-wire.ts";

export function tokenSelf(accountId: string, token: AccessToken) {
  return { type: "personal-access-token", accountId, ...accessTokenResource(token) };
}

/** `user`: the row that has the person's verified e-mail; what the vendor keeps of nobody is null. */
export function personSelf(accountId: string, person: SignedInUser, user: User | null) {
  return {
    type: "user",
    accountId,
    sub: person.subject,
    email: person.email,
    role: person.role ?? "user",
    id: user?.id ?? null,
    createdAt: user === null ? null : instant(user.createdAt),
    updatedAt: user === null ? null : instant(user.updatedAt),
    name: user === null ? "" : fullName(user),
    firstName: user?.firstName ?? null,
    lastName: user?.lastName ?? null,
    company: user?.company ?? null,
    metadata: metadataResource(forUsers(user?.metadata ?? [])),
  };
}

/** IN-2: the members after the names may be named with the value that they have. */
export const selfPatch = z.object({
  ...NAMES,
  id: z.nullish(uuid),
  createdAt: z.nullish(instantText),
  email: z.nullish(z.string()),
  name: z.nullish(text(0, 2 * NAME_CHARACTERS + 1)),
  accountId: z.nullish(z.string()),
  sub: z.nullish(z.string()),
  role: z.nullish(z.string()),
  type: z.nullish(z.string()),
  metadata: z.nullish(z.array(z.unknown())),
});

/** 400 for what is not the caller's to change: the e-mail is the provider's (AUTH-1), metadata the vendor's. */
export function selfChange(body: z.output<typeof selfPatch>, self: ReturnType<typeof personSelf>): UserPatch {
  const { firstName, lastName, company, id, createdAt, name, ...others } = body;
  const other = Object.entries(sent(others)).find(
    ([member, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(self, member)),
  );
  if (other !== undefined) {
    throw invalidRequest({ pointer: `/${other[0]}`, detail: "cannot be changed: send it as it is, or leave it out" });
  }
  return {
    ...(firstName === undefined ? {} : { firstName }),
    ...(lastName === undefined ? {} : { lastName }),
    ...(company === undefined ? {} : { company }),
    fixed: sent({ id, createdAt, name }),
  };
}

/**
 * The license without what the vendor wrote for itself: notes, its own reference, tags, and metadata not meant for
 * users.
 */
export function forItsUser(license: LicenseView): LicenseView {
  const { terms } = license;
  const hidden = { ...HIDDEN_SETTINGS, tags: [], metadata: forUsers(terms.metadata) };
  return { ...license, terms: { ...terms, ...hidden } };
}

function forUsers(items: readonly MetadataItem[]): readonly MetadataItem[] {
  return items.filter(({ viewPermissions }) => viewPermissions.includes("user"));
}
