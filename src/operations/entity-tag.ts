/**
 * Digests behind entity tags, as the Worker computes them for answers and for conditions on rows of the catalogue
 * (MGMT-3). They are sealed where they go out (src/http/management/resource/entity-tag-headers.ts).
 */

import { licenseText, patchableText, type PatchableMembers } from "../domain/commands/if-match.ts";
import type { License } from "../domain/terms/license.ts";
import { sha256Hex } from "../tokens/sha256.ts";

/** Hex digits: as many as the object's own `Ledger.digest` has, which compares with them. */
const TAG_DIGITS = 32;

export type EntityTagOf<Resource> = (resource: Resource) => Promise<string>;

export const licenseEntityTag: EntityTagOf<License> = async (license) => await digest(licenseText(license));

/** For a resource whose PATCH is `Patch`: it says of each member what the member sets. */
export function entityTagBy<Resource, Patch>(members: PatchableMembers<Resource, Patch>): EntityTagOf<Resource> {
  return async (resource) => await digest(patchableText(resource, members));
}

async function digest(text: string): Promise<string> {
  return (await sha256Hex(text)).slice(0, TAG_DIGITS);
}
