/** IN-2: members that a PATCH may name but not change. */

import type { ReadOnlyMember } from "./calls.ts";
import { licenseEnd } from "../terms/expiry.ts";
import { isPerpetual, type LicenseView } from "../terms/license.ts";
import type { Refusal } from "../refusal.ts";

/** Null if every member that was sent equals the license's own; else `invalid-member` at the first that does not. */
export function readOnlyRefusal(view: LicenseView, members: readonly ReadOnlyMember[]): Refusal | null {
  const other = members.find(({ member, value }) => value !== own(view, member));
  if (other === undefined) return null;
  return { code: "invalid-member", pointer: other.pointer, detail: "is read-only and differs from the license's" };
}

function own(view: LicenseView, member: ReadOnlyMember["member"]): ReadOnlyMember["value"] {
  switch (member) {
    case "id":
      return view.id;
    case "expiresAt":
      return licenseEnd(view.terms.end);
    case "lastUsedAt":
      return view.lastUsedAt;
    case "perpetual":
      return isPerpetual(view.terms);
    case "totalActivations":
      return view.totalActivations;
    case "totalDeactivations":
      return view.totalDeactivations;
    default:
      return view.terms[member];
  }
}
