/** Reads one license where its truth is: D1 before birth, its object after (ID-5, MGMT-2). */

import type { Reached } from "../../domain/license/calls.ts";
import type { LicenseView } from "../../domain/terms/license.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { completeView } from "../../domain/terms/stored-terms.ts";
import { objectOf } from "../../license/stub.ts";
import { findLicense } from "../../registry/rows/licenses.ts";
import type { Deployment } from "../deployment.ts";

/**
 * The license as it is now. An id that D1 does not know is asked of its object: D1 may have been set back (OPS-1).
 * Refuses `license-unknown` (also for a text that is no license id), `license-lost` where D1 knows of an object that
 * holds nothing, and the machinery's.
 */
export async function readLicense(deployment: Deployment, id: string): Promise<Outcome<LicenseView>> {
  const object = objectOf(deployment, id);
  if (object === null) return no({ code: "license-unknown" });
  const row = await findLicense(deployment.db, id);
  if (row !== null && row.bornAt === null) return yes(row.license);
  const answer = await object.describe(id);
  if (answer.reached === "license") return answer.outcome.ok ? yes(completeView(answer.outcome.value)) : answer.outcome;
  if (answer.reached === "other" || row === null) return no({ code: "license-unknown" });
  // The claim came through and the object's commit did not: nothing but D1 has changed yet.
  return row.fence === 0 ? yes(row.license) : no({ code: "license-lost" });
}

/**
 * Where the license's object does not hold it: the license before its first use. `reached` is what the object answered,
 * undefined where the text is no license id. Refuses what `readLicense` does.
 */
export async function unborn(
  deployment: Deployment,
  id: string,
  reached: Exclude<Reached<never>["reached"], "license"> | undefined,
): Promise<Outcome<LicenseView>> {
  return reached === "empty" ? await readLicense(deployment, id) : no({ code: "license-unknown" });
}
