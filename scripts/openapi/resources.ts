/** What answers show, by name: each is the type of the function that writes it, so that it cannot be something else. */

import type {
  activationDocument,
  checkDocument,
  checkedInDocument,
  checkedOutDocument,
  sessionDocument,
} from "../../src/http/activation/wire.ts";
import type { shown } from "../../src/http/management/activation/activations.ts";
import type { accessTokenResource } from "../../src/http/management/catalogue/access-token-wire.ts";
import type { entitlementSetResource } from "../../src/http/management/catalogue/entitlement-set-wire.ts";
import type { featureResource } from "../../src/http/management/catalogue/feature-wire.ts";
import type { policyResource } from "../../src/http/management/catalogue/maintenance-policy-wire.ts";
import type { productResource } from "../../src/http/management/catalogue/product-wire.ts";
import type { signingKeyResource } from "../../src/http/management/catalogue/signing-key-wire.ts";
import type { tagResource } from "../../src/http/management/catalogue/tag-wire.ts";
import type { userResource } from "../../src/http/management/catalogue/user-wire.ts";
import type { accountResource } from "../../src/http/management/deployment/accounts.ts";
import type { deploymentResource } from "../../src/http/management/deployment/deployment.ts";
import type { personSelf, tokenSelf } from "../../src/http/management/deployment/me-wire.ts";
import type { resyncedResource } from "../../src/http/management/deployment/recovery.ts";
import type { searchResource } from "../../src/http/management/deployment/search.ts";
import type { eventLogResource } from "../../src/http/management/event/event-logs.ts";
import type { failureResource, jobResource } from "../../src/http/management/license/license-job-wire.ts";
import type { licenseResource } from "../../src/http/management/license/license-resource.ts";
import type { templateResource } from "../../src/http/management/license/license-template-wire.ts";
import type { usageResource } from "../../src/http/management/license/usage-wire.ts";
import type { trialPolicyResource } from "../../src/http/management/trial/trial-policy-wire.ts";
import type { trialResource } from "../../src/http/management/trial/trial-wire.ts";
import type { attemptResource, conditionResource } from "../../src/http/management/webhook/webhook-state.ts";
import type { eventTypeResources, webhookResource } from "../../src/http/management/webhook/webhook-wire.ts";

type Shown<Wire extends (...sent: never) => unknown> = ReturnType<Wire>;

export interface Resources {
  AccessToken: Shown<typeof accessTokenResource>;
  Account: Shown<typeof accountResource>;
  Activation: Shown<typeof shown>;
  ActivationDocument: Shown<typeof activationDocument>;
  CheckDocument: Shown<typeof checkDocument>;
  CheckedIn: Shown<typeof checkedInDocument>;
  CheckedOut: Shown<typeof checkedOutDocument>;
  Deployment: Shown<typeof deploymentResource>;
  EntitlementSet: Shown<typeof entitlementSetResource>;
  Event: Shown<typeof eventLogResource>;
  EventType: Shown<typeof eventTypeResources>[number];
  Feature: Shown<typeof featureResource>;
  License: Shown<typeof licenseResource>;
  LicenseJob: Shown<typeof jobResource>;
  LicenseJobFailure: Shown<typeof failureResource>;
  LicenseTemplate: Shown<typeof templateResource>;
  MaintenancePolicy: Shown<typeof policyResource>;
  Product: Shown<typeof productResource>;
  Resynced: Shown<typeof resyncedResource>;
  SearchResult: Shown<typeof searchResource>;
  Self: Shown<typeof personSelf> | Shown<typeof tokenSelf>;
  SessionDocument: Shown<typeof sessionDocument>;
  SigningKey: Shown<typeof signingKeyResource>;
  Tag: Shown<typeof tagResource>;
  Trial: Shown<typeof trialResource>;
  TrialPolicy: Shown<typeof trialPolicyResource>;
  Usage: Shown<typeof usageResource>;
  User: Shown<typeof userResource>;
  Webhook: Shown<typeof webhookResource>;
  WebhookAttempt: Shown<typeof attemptResource>;
  WebhookCondition: Shown<typeof conditionResource>;
}
