/** Makes licenses and users findable whose rows are older than the facet tables (MGMT-1): bounded work for the cron. */

import { licenseFacets, userFacets } from "../domain/facets.ts";
import {
  listLicenseFacets,
  listUserFacets,
  unlistedLicenses,
  unlistedUsers,
  type Found,
} from "../registry/unlisted.ts";
import { causeOf } from "../tokens/cause.ts";
import type { Deployment } from "./deployment.ts";

type Stores = Pick<Deployment, "db">;

/**
 * Rows of one batch, together within what D1 takes as one parameter even where each has all the metadata it may have.
 */
const STEP = 15;
/** Batches of one run, of each kind; the cron comes again. */
const STEPS = 60;

/** Never rejects: what is left waits for the next run. */
export async function listFacets({ db }: Stores): Promise<void> {
  try {
    await listAll(
      async (after) => await unlistedLicenses(db, after, STEP),
      (license) => ({ id: license.id, state: license.revision, facets: licenseFacets(license) }),
      async (found) => await listLicenseFacets(db, found),
    );
    await listAll(
      async (after) => await unlistedUsers(db, after, STEP),
      (user) => ({ id: user.id, state: user.updatedAt, facets: userFacets(user) }),
      async (found) => await listUserFacets(db, found),
    );
  } catch (error) {
    console.warn("licenses and users wait to be found by what they are", causeOf(error));
  }
}

async function listAll<Row extends { readonly id: string }>(
  read: (after: string) => Promise<readonly Row[]>,
  foundOf: (row: Row) => Found,
  save: (found: readonly Found[]) => Promise<void>,
): Promise<void> {
  let after = "";
  for (let step = 0; step < STEPS; step += 1) {
    const rows = await read(after);
    if (rows.length > 0) await save(rows.map(foundOf));
    after = rows.at(-1)?.id ?? after;
    if (rows.length < STEP) return;
  }
}
