/** Before and after of an event in the words of the resource: members of /v3, instants as RFC 3339 (EVT-1). */

import type { Interval } from "../../../domain/license/creation.ts";
import type { Changes } from "../../../domain/license/event.ts";
import type { LicenseTag, MetadataItem } from "../../../domain/terms/license.ts";
import { instant } from "../resource/instant.ts";
import { metadataResource } from "../resource/members.ts";

const INSTANTS: ReadonlySet<string> = new Set([
  ...["createdAt", "updatedAt", "expiresAt", "effectiveAt", "activatedAt", "lastUsedAt"],
  ...["leaseExpiresAt", "contactAt", "previousTokenEndsAt"],
]);

/** Members that the domain calls otherwise. */
const WORDS: Readonly<Record<string, string>> = {
  effectiveAt: "effectiveDate",
  pendingExtensionSeconds: "pendingExtension",
  contactAt: "lastSyncedAt",
  previousTokenEndsAt: "previousTokenValidUntil",
};

/** A member that the log does not tell (a key, an e-mail) has changed from null to null. */
export function changesResource(changes: Readonly<Record<string, Changes[string] | null>>): Changes {
  return Object.fromEntries(
    Object.entries(changes).map(([member, change]) => [
      WORDS[member] ?? member,
      { before: shown(member, change?.before ?? null), after: shown(member, change?.after ?? null) },
    ]),
  );
}

function shown(member: string, value: unknown): unknown {
  if (INSTANTS.has(member)) return typeof value === "number" ? instant(value) : null;
  if (member === "metadata" && Array.isArray(value)) return metadataResource(value as readonly MetadataItem[]);
  if (member === "tags" && Array.isArray(value)) return (value as readonly LicenseTag[]).map(({ name }) => name);
  if (member === "subscriptionInterval" && typeof value === "object" && value !== null)
    return intervalShown(value as Interval);
  return value;
}

/** Of a template, which keeps what it was given. */
function intervalShown({ text }: Interval): string {
  return text ?? "";
}
