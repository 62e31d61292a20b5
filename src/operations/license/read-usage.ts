/** How a license is used, from its object; one that was never used has nothing to tell (ID-5). */

import { yes, type Outcome } from "../../domain/outcome.ts";
import type { Usage } from "../../domain/seats/usage.ts";
import type { Asking } from "../../registry/db/round-trip.ts";
import type { Deployment } from "../deployment.ts";
import { askAtOnce } from "./read-license.ts";

/** The last `days` days (UTC), today included. Refuses what `readLicense` does. */
export async function readUsage(
  deployment: Deployment,
  id: string,
  days: number,
  asked: Asking,
): Promise<Outcome<Usage>> {
  const answer = await askAtOnce(deployment, id, asked, (object) => object.usage(id, days));
  if (!answer.ok) return answer;
  const { value } = answer;
  return yes(value.isHeld ? value.told : { used: 0, limit: value.license.terms.allowedActivations, days: [] });
}
