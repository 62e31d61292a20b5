/** The guards that keep facets true in D1 (MGMT-1), each with the edit that takes it out. */

import type { Mutant } from "./mutants.ts";

export const FACET_MUTANTS: readonly Mutant[] = [
  {
    name: "facets have no fence",
    seed: 458,
    edits: [
      {
        file: "src/registry/relay.ts",
        find: "const inTurn = sql`r.fence < ${below} AND r.fence >= ${from}`;",
        replace: "const inTurn = sql`${below} > ${from} - 1`;",
      },
    ],
  },
  {
    name: "a re-projection brings no facets",
    seed: 124,
    resync: true,
    edits: [{ file: "src/license/told-facets.ts", find: "|| tally.reprojectFrom !== null", replace: "" }],
  },
  {
    name: "facets outlive their license",
    seed: 6,
    edits: [{ file: "src/registry/relay.ts", find: "prepared(db, removeListed(LICENSE_FACETS, id)),", replace: "" }],
  },
  {
    name: "a changed key leaves the old facets",
    seed: 5,
    edits: [
      {
        file: "src/registry/facets.ts",
        find: "AND f.value NOT IN (SELECT value FROM json_each(${list}))",
        replace: "AND false",
      },
    ],
  },
];
