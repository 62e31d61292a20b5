/** What a user's row is found by (MGMT-1): which facets, and of which of its columns. */

import { sql } from "drizzle-orm";
import { userFacets, users } from "../db/schema-catalogue.ts";
import { foldedOf, idsOf, metadataOf, type Faceted } from "../find/facets.ts";

export const USER_FACETS: Faceted = {
  rows: users,
  facets: userFacets,
  owner: sql`user_id`,
  columns: ["tags", "metadata", "folded"],
  each: (from) => [
    idsOf(from, "tag", sql`r.tags`, sql`e.value`),
    metadataOf(from, sql`r.metadata`, false),
    foldedOf(from),
  ],
};
