/** The guards that keep facets true in D1 (MGMT-1), each with the edit that takes it out. */

import type { Mutant } from "./mutants.ts";

export const FACET_MUTANTS: readonly Mutant[] = [
  {
    name: "facets have no fence",
    seed: 458,
    edits: [
      { in: "replaceFacets", find: "r.fence < ${below} AND r.fence >= ${from}", replace: "${below} > ${from} - 1" },
    ],
  },
  {
    name: "a re-projection brings no facets",
    seed: 124,
    resync: true,
    edits: [{ in: "facetsToTell", find: "|| tally.reprojectFrom !== null", replace: "" }],
  },
  {
    name: "facets outlive their license",
    seed: 11,
    edits: [{ in: "removal", find: "prepared(db, removeListed(LICENSE_FACETS, id)),", replace: "" }],
  },
  {
    name: "a changed key leaves the old facets",
    seed: 5,
    edits: [{ in: "replaceListed", find: "f.value NOT IN (SELECT value FROM json_each(${list}))", replace: "false" }],
  },
];
