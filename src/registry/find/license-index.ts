/** The facets of licenses, as lists look them up (MGMT-1). */

import { licenseFacets, licenses } from "../db/schema.ts";
import type { FacetTable } from "./seek.ts";

export const LICENSE_INDEX: FacetTable = {
  table: licenseFacets,
  facet: licenseFacets.facet,
  value: licenseFacets.value,
  createdAt: licenseFacets.createdAt,
  id: licenseFacets.licenseId,
  folded: licenses.folded,
};
