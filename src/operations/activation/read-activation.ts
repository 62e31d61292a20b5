/** Reads activations where their truth is: one from its object, a list from D1, freshened for one license. */

import type { ActivationView } from "../../domain/seats/activation-view.ts";
import { no, type Outcome } from "../../domain/outcome.ts";
import { objectOf } from "../../license/stub.ts";
import { needed, tried } from "../../registry/db/outage.ts";
import { ask } from "../../registry/db/question.ts";
import { askingAlone, type Asking } from "../../registry/db/round-trip.ts";
import { findActivations, licenseOfActivation } from "../../registry/rows/activations.ts";
import type { Wanted } from "../../registry/find/filter.ts";
import { mapped, type Found } from "../../registry/find/find.ts";
import type { PageRequest } from "../../registry/find/page.ts";
import type { Deployment } from "../deployment.ts";
import { readLicense } from "../license/read-license.ts";

/**
 * The activation as it is now: its id alone leads to its license (ID-2). Refuses `session-unknown` (also for a text
 * that is no activation id), `license-lost` where D1 knows of an object that holds nothing, and the machinery's.
 */
export async function readActivation(
  deployment: Deployment,
  id: string,
  asked: Asking = askingAlone(deployment.db),
): Promise<Outcome<ActivationView>> {
  const object = objectOf(deployment, id);
  if (object === null) return no({ code: "session-unknown" });
  const [read, answer] = await Promise.all([tried(asked(licenseOfActivation(id))), object.activation(id)]);
  return answer.reached === "license" ? answer.outcome : await nowhereOf(deployment, needed(read));
}

/** The object of this activation's locator holds nothing: it was never one, or its license is gone or lost. */
export async function nowhere(deployment: Deployment, activationId: string): Promise<Outcome<never>> {
  return await nowhereOf(deployment, await ask(deployment.db, licenseOfActivation(activationId)));
}

/** `licenseId`: by D1; null = it does not show the activation. */
async function nowhereOf(deployment: Deployment, licenseId: string | null): Promise<Outcome<never>> {
  const license = licenseId === null ? null : await readLicense(deployment, licenseId);
  if (license === null || license.ok || license.refusal.code === "license-unknown")
    return no({ code: "session-unknown" });
  return license;
}

/**
 * LEASE-6: a page of one license's activations takes one call of its object; D1's values stay where that does not
 * answer.
 */
export async function listActivations(
  deployment: Deployment,
  request: PageRequest<string>,
  wanted: Wanted,
  now: number,
): Promise<Found<ActivationView>> {
  const result = await findActivations(deployment.db, request, wanted, now);
  const rows = result.found ? result.page.rows : [];
  const [licenseId, ...more] = new Set(rows.map((row) => row.licenseId));
  const isOfOne = more.length === 0 && asksForOneLicense(wanted);
  if (licenseId === undefined || !isOfOne) return result;
  const ids = rows.map(({ id }) => id);
  const answer = await objectOf(deployment, licenseId)?.contacts(licenseId, ids);
  if (answer?.reached !== "license" || !answer.outcome.ok) return result;
  const contacts = new Map(answer.outcome.value.map((contact) => [contact.id, contact]));
  return mapped(result, (row) => ({ ...row, ...contacts.get(row.id) }));
}

function asksForOneLicense({ filters }: Wanted): boolean {
  return filters.some(({ member, operator, values }) => {
    return member === "licenseId" && values.length === 1 && (operator === "eq" || operator === "in");
  });
}
