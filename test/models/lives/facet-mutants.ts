/** The guards that keep facets true in D1 (MGMT-1), each with the edit that takes it out. */

import type { Mutant } from "./mutants.ts";

export const FACET_MUTANTS: readonly Mutant[] = [
  {
    name: "facets have no fence",
    seed: 788,
    edits: [{ in: "foundBy", find: "r.fence < ${below} AND r.fence >= ${from}", replace: "${below} > ${from} - 1" }],
  },
  {
    name: "a re-projection brings no facets",
    seed: 140,
    resync: true,
    edits: [{ in: "wordsToTell", find: "tally.reprojectFrom !== null ||", replace: "" }],
  },
  {
    name: "facets outlive their license",
    seed: 11,
    edits: [{ in: "removal", find: "prepared(db, removeFacets(LICENSE_FACETS, id)),", replace: "" }],
  },
  {
    name: "a changed key leaves the old facets",
    seed: 5,
    edits: [{ in: "replaceFacets", find: "IN (${gone})", replace: "IN (SELECT NULL, NULL, NULL, NULL)" }],
  },
];
