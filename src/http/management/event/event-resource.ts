/**
 * `data` of a delivery: the resource as its `GET` shows it (docs/webhooks.md), made of the event alone, but for the
 * names of a license's user, and what its entitlement set gives. Events of the log are redacted: what is not there is
 * null.
 */

import type { EventType, LeaseholdEvent } from "../../../domain/license/event.ts";
import type { Beside } from "../../../domain/turn/license-view.ts";
import type { LicenseView, Terms } from "../../../domain/terms/license.ts";
import { completeTerms, completeView } from "../../../domain/terms/stored-terms.ts";
import type { AccessToken } from "../../../registry/rows/access-tokens.ts";
import type { ToldUser } from "../../../operations/catalogue/told-user.ts";
import type { LicenseTemplate } from "../../../registry/rows/license-templates.ts";
import { tried } from "../../../registry/db/outage.ts";
import { completedNames, NO_NAMES, type Names } from "../../../registry/rows/names.ts";
import type { Product } from "../../../registry/rows/products.ts";
import type { EntitlementSet } from "../../../registry/rows/entitlement-sets.ts";
import type { Feature } from "../../../registry/rows/features.ts";
import type { MaintenancePolicyRow } from "../../../registry/rows/maintenance-policies.ts";
import { entitlementSetResource } from "../catalogue/entitlement-set-wire.ts";
import { featureResource } from "../catalogue/feature-wire.ts";
import { policyResource } from "../catalogue/maintenance-policy-wire.ts";
import type { Tag } from "../../../registry/rows/tags.ts";
import type { TrialPolicy } from "../../../registry/trials/trial-policies.ts";
import type { Webhook } from "../../../registry/rows/webhooks.ts";
import { accessTokenResource } from "../catalogue/access-token-wire.ts";
import { activationResource, type ActivationTold } from "../activation/activation-resource.ts";
import { licenseResource } from "../license/license-resource.ts";
import { templateResource } from "../license/license-template-wire.ts";
import { productResource } from "../catalogue/product-wire.ts";
import type { Subject } from "../resource/sight.ts";
import { tagResource } from "../catalogue/tag-wire.ts";
import { trialPolicyResource } from "../trial/trial-policy-wire.ts";
import { trialResource, type TrialTold } from "../trial/trial-wire.ts";
import { userResource } from "../catalogue/user-wire.ts";
import { webhookResource } from "../webhook/webhook-wire.ts";

type Data = LeaseholdEvent["data"];

type Told = Pick<LeaseholdEvent, "type" | "subjectId" | "data">;

/** Throws only for a bug: a D1 that does not answer leaves the names null. */
export async function eventResource(db: D1Database, event: LeaseholdEvent): Promise<unknown> {
  return resourceOf(event, await namesOf(db, event));
}

/** `names`: those that are to be shown; the log shows nobody's (EVT-3). */
export function resourceOf(event: Told, names: Names = NO_NAMES): object {
  const { data } = event;
  if (event.type === "webhook.test") return data;
  const subject = subjectOf(event.type);
  // Of a newer version, after a rollback: nobody here knows what of it may be shown.
  if (!Object.hasOwn(RESOURCES, subject)) return { id: event.subjectId };
  // A body that was too large for the log. Activations tell of themselves under their license.
  if (!isWhole(event)) return { [event.type.startsWith("activation.") ? "licenseId" : "id"]: event.subjectId };
  return RESOURCES[subject](data, names);
}

export function subjectOf(type: EventType): Subject {
  return type.slice(0, type.indexOf(".")) as Subject;
}

/** What tells of each kind of resource. Total: an event of another kind does not compile, and none goes out raw. */
const RESOURCES: Readonly<Record<Subject, (data: Data, names: Names) => object>> = {
  license: licenseOf,
  activation: (data) => activationResource(data as ActivationTold),
  product: (data) => productResource(data as unknown as Product),
  user: (data) => userOfEvent(data as unknown as ToldUser),
  licenseTemplate: (data) => templateResource(data as unknown as LicenseTemplate),
  trialPolicy: (data) => trialPolicyResource(data as unknown as TrialPolicy),
  trialActivation: (data) => trialResource(data as TrialTold),
  feature: (data) => featureResource(data as unknown as Feature),
  entitlementSet: (data) => entitlementSetResource(data as unknown as EntitlementSet),
  maintenancePolicy: (data) => policyResource(data as unknown as MaintenancePolicyRow),
  tag: (data) => tagResource(data as unknown as Tag),
  personalAccessToken: (data) => accessTokenResource(data as unknown as AccessToken),
  webhook: (data) => webhookResource(data as unknown as Webhook),
};

function isWhole({ type, data }: Told): boolean {
  if (type.startsWith("license.")) return typeof data["terms"] === "object" && data["terms"] !== null;
  return typeof data["createdAt"] === "number";
}

/** What the event says beside the license (a renewal's reference, a limit and what is used) stays beside it. */
function licenseOf(data: Data, names: Names) {
  const { id, key, revision, terms, totalActivations, totalDeactivations, ...more } = data;
  const { lastUsedAt = null, currentReleaseVersion = null, ...beside } = more;
  const counters = { totalActivations: totalActivations ?? 0, totalDeactivations: totalDeactivations ?? 0 };
  const moving = { ...counters, lastUsedAt, currentReleaseVersion };
  const view = { id, key, revision, terms, ...moving } as unknown as LicenseView;
  const told = Object.entries(beside).filter(([member]) => Object.hasOwn(BESIDE, member));
  return { ...licenseResource(completeView(view), names), ...Object.fromEntries(told) };
}

/** What is told beside a license. What a newer version adds is not, after a rollback. */
const BESIDE: Readonly<Record<keyof Beside, true>> = { renewalReference: true, limit: true, used: true };

/** Tags by the names that they had. */
function userOfEvent({ tags, ...user }: ToldUser) {
  const names = new Map(tags.map(({ id, name }) => [id, name]));
  return userResource({ ...user, tags: [...names.keys()] }, names);
}

/** Tags are told by the names that they had. */
async function namesOf(db: D1Database, event: LeaseholdEvent): Promise<Names> {
  if (!event.type.startsWith("license.") || !isWhole(event)) return NO_NAMES;
  const terms = completeTerms(event.data["terms"] as Terms);
  const told = { ...NO_NAMES, tags: new Map(terms.tags.map(({ id, name }) => [id, name])) };
  const read = await tried(completedNames(db, told, { terms }));
  return "answer" in read ? read.answer : told;
}
