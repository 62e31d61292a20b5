/** What a license's row is found by (MGMT-1): which facets, and of which of its columns. */

import { sql } from "drizzle-orm";
import { bytesOf } from "../db/uuid.ts";
import { licenseFacets, licenses } from "../db/schema.ts";
import { foldedOf, idsOf, metadataOf, oneEach, type Faceted } from "../find/facets.ts";
import { stateIn } from "./license-states.ts";

const terms = sql`r.terms`;

export const LICENSE_FACETS: Faceted = {
  rows: licenses,
  facets: licenseFacets,
  owner: sql`license_id`,
  columns: ["product_id", "terms", "folded"],
  each: (from) => [
    oneEach(from, {
      product: bytesOf(sql`r.product_id`),
      model: stateIn("model", terms),
      state: stateIn("state", terms),
      template: bytesOf(sql`(r.terms ->> '$.licenseTemplateId')`),
    }),
    // The license's own product, and the others that its activations cover, stand apart.
    idsOf(from, "licensed-product", sql`r.terms, '$.licensedProductIds'`, sql`e.value`, sql`e.value <> r.product_id`),
    idsOf(from, "tag", sql`r.terms, '$.tags'`, sql`(e.value ->> '$.id')`),
    metadataOf(from, sql`r.terms, '$.metadata'`, true),
    foldedOf(from),
  ],
};
