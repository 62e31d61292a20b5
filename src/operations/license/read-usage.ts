/** How a license is used, from its object; one that was never used has nothing to tell (ID-5). */

import { yes, type Outcome } from "../../domain/outcome.ts";
import type { Usage } from "../../domain/seats/usage.ts";
import { objectOf } from "../../license/stub.ts";
import type { Deployment } from "../deployment.ts";
import { unborn } from "./read-license.ts";

/**
 * The last `days` days (UTC), today included, at `now` (epoch ms). Refuses `license-unknown`, `license-lost` where D1
 * knows of an object that holds nothing, and the machinery's.
 */
export async function readUsage(deployment: Deployment, id: string, days: number): Promise<Outcome<Usage>> {
  const answer = await objectOf(deployment, id)?.usage(id, days);
  if (answer?.reached === "license") return answer.outcome;
  const license = await unborn(deployment, id, answer?.reached);
  return license.ok ? yes({ used: 0, limit: license.value.terms.allowedActivations, days: [] }) : license;
}
