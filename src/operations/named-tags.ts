/** From the names of tags, as bodies have them, to the tags of now. */

import type { LicenseTag } from "../domain/terms/license.ts";
import { no, yes, type Outcome } from "../domain/outcome.ts";
import type { Asking } from "../registry/db/round-trip.ts";
import { tagsNamed } from "../registry/rows/tags.ts";

/** In the order of `names`. Refuses `invalid-member` at the first name that no tag has. */
export async function namedTags(asked: Asking, names: readonly string[]): Promise<Outcome<readonly LicenseTag[]>> {
  if (names.length === 0) return yes([]);
  const found = await asked(tagsNamed(names));
  const unknown = names.findIndex((name) => !found.has(name));
  if (unknown !== -1)
    return no({ code: "invalid-member", pointer: `/tags/${unknown}`, detail: "there is no such tag" });
  return yes(names.flatMap((name) => found.get(name) ?? []));
}
