/** What a change changed: before and after of the members that a license resource shows (EVT-1). */

import type { Changes } from "./event.ts";
import { licenseEnd } from "../terms/expiry.ts";
import type { License, LicenseUser, Terms } from "../terms/license.ts";

/**
 * Inner members: `maintenance` shows as its policy's id and its end, `end` shows as `expiresAt`, the pending list by
 * its two counters, `updatedAt` always moves, the revision of `user` only tells copies apart, and `endlessTokens` is
 * about tokens, not about the license, `seatReleaseSwitches` about lapses of before, `endsRememberedFrom` about ends of
 * before, and `requiredMetadataKeys` about what it may become.
 */
type Inner =
  | "end"
  | "maintenance"
  | "period"
  | "pending"
  | "updatedAt"
  | "user"
  | "endlessTokens"
  | "seatReleaseSwitches"
  | "endsRememberedFrom"
  | "requiredMetadataKeys";

/**
 * Members by their names in the domain, plus `key` and `expiresAt`; instants in epoch ms. Empty if nothing differs.
 * `key` holds both keys whole: the log's copy has to redact it (EVT-3).
 */
export function changesBetween(before: License, after: License): Changes {
  const was = shown(before);
  const is: Readonly<Record<string, unknown>> = shown(after);
  const changed = Object.entries(was).filter(([member, value]) => !isSame(value, is[member]));
  return Object.fromEntries(changed.map(([member, value]) => [member, { before: value, after: is[member] }]));
}

/** What is told of a license's changes. */
export type LicenseMember = keyof Shown;

type Shown = Omit<Terms, Inner> & {
  readonly key: string;
  readonly expiresAt: number | null;
  readonly user: Pick<LicenseUser, "id" | "email"> | null;
  readonly maintenancePolicyId: string | null;
  readonly maintenanceExpiresAt: number | null;
};

function shown({ key, terms }: License): Shown {
  const {
    end,
    maintenance,
    period: _period,
    pending: _pending,
    updatedAt: _updatedAt,
    user,
    endlessTokens: _endless,
    seatReleaseSwitches: _switches,
    endsRememberedFrom: _remembered,
    requiredMetadataKeys: _required,
    ...members
  } = terms;
  return {
    key,
    expiresAt: licenseEnd(end),
    ...members,
    user: user === null ? null : { id: user.id, email: user.email },
    maintenancePolicyId: maintenance?.id ?? null,
    maintenanceExpiresAt: maintenance?.expiresAt ?? null,
  };
}

/** Terms are JSON, and nobody reorders the members of an item. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
