/** How a license is used, from its object; one that was never used has nothing to tell (ID-5). */

import { locatorOf } from "../domain/identifier.ts";
import { no, yes, type Outcome } from "../domain/outcome.ts";
import type { Usage } from "../domain/usage.ts";
import { findLicense } from "../registry/licenses.ts";
import type { Deployment } from "./deployment.ts";

/**
 * The last `days` days (UTC), today included, at `now` (epoch ms). Refuses `license-unknown`, `license-lost` where D1
 * knows of an object that holds nothing, and the machinery's.
 */
export async function readUsage({ db, licenses }: Deployment, id: string, days: number): Promise<Outcome<Usage>> {
  const locator = locatorOf(id);
  if (locator === null) return no({ code: "license-unknown" });
  const answer = await licenses.at(locator).usage(id, days);
  if (answer.reached === "license") return answer.outcome;
  const row = answer.reached === "empty" ? await findLicense(db, id) : null;
  if (row === null) return no({ code: "license-unknown" });
  if (row.fence > 0) return no({ code: "license-lost" });
  return yes({ used: 0, limit: row.license.terms.allowedActivations, days: [] });
}
