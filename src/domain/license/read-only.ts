/** IN-2: members that a PATCH may name but not change. What moves by itself is none of them: it is not looked at. */

import type { ReadOnlyMember } from "./calls.ts";
import { licenseEnd } from "../terms/expiry.ts";
import type { LicenseView } from "../terms/license.ts";
import type { Refusal } from "../refusal.ts";

const PLANNED = "is changed by another licenseTemplateId alone";
/** What changes a member that PATCH does not. */
const FATES: Partial<Record<ReadOnlyMember["member"], string>> = {
  expiresAt: "is moved by the calls renew, extend and expires-at alone",
  type: PLANNED,
  expirationStrategy: PLANNED,
  validity: PLANNED,
  userLocked: PLANNED,
};

/** Null if every member that was sent equals the license's own; else `invalid-member` at the first that does not. */
export function readOnlyRefusal(view: LicenseView, members: readonly ReadOnlyMember[]): Refusal | null {
  const other = members.find((named) => !waitsForEnd(view, named) && named.value !== own(view, named.member));
  if (other === undefined) return null;
  return {
    code: "invalid-member",
    pointer: other.pointer,
    detail: `${FATES[other.member] ?? "cannot be changed"}: send it as it is, or leave it out`,
  };
}

function own(view: LicenseView, member: ReadOnlyMember["member"]): ReadOnlyMember["value"] {
  switch (member) {
    case "id":
      return view.id;
    case "expiresAt":
      return licenseEnd(view.terms.end);
    default:
      return view.terms[member];
  }
}

/** A delayed license that was read before its first activation had no end yet. */
function waitsForEnd({ terms }: LicenseView, { member, value }: ReadOnlyMember): boolean {
  return member === "expiresAt" && value === null && terms.expirationStrategy === "delayed";
}
