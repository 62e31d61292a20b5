/** Operations of /v3 on licenses, activations and trials, v3's client calls, and what callers see of themselves. */

import { EXAMPLE, ONE_DEVICE } from "./examples.ts";
import { resource, type Operation, type Operations } from "./operation.ts";

const CLIENT = { key: EXAMPLE.key, productId: EXAMPLE.product, ...ONE_DEVICE };
const TOKEN = {
  json: { type: "object", properties: { activationToken: { type: "string" } }, required: ["activationToken"] },
} as const;
const CALLED = { credentials: "device", problems: [403, 404, 409] } as const;

/** A change of a license by a call of its own. */
function change(id: string, summary: string, examples: Readonly<Record<string, object>>): Operation {
  return { id, summary, answers: { 200: "License" }, examples, isRepeatable: true, isTagged: true, problems: [409] };
}

const EXTENSION = { month: { extensionLength: 2592000, from: "now-if-expired", renewalReference: "order-4711/3" } };

export const LICENSE_OPERATIONS: Operations = {
  ...resource("/v3/licenses", {
    ...{ shows: "License", one: "license", many: "licenses" },
    creation: {
      perpetual: { productId: EXAMPLE.product },
      subscription: {
        ...{ productId: EXAMPLE.product, userId: EXAMPLE.user, externalReference: "order-4711/1" },
        ...{ type: "hosted-floating", allowedActivations: 5, leaseDuration: 3600, subscriptionInterval: "P1Y" },
        featureEntitlements: [{ featureName: "export", value: true }],
      },
    },
    change: { seats: { allowedActivations: 10 }, suspend: { suspended: true } },
  }),
  "POST /v3/licenses": {
    id: "createLicense",
    summary: "Create a license",
    description: "With an `externalReference` that a license has, it answers 200 and that license.",
    answers: { 201: "License", 200: "License" },
    examples: {
      perpetual: { productId: EXAMPLE.product },
      subscription: {
        ...{ productId: EXAMPLE.product, userId: EXAMPLE.user, externalReference: "order-4711/1" },
        ...{ type: "hosted-floating", allowedActivations: 5, leaseDuration: 3600, subscriptionInterval: "P1Y" },
        featureEntitlements: [{ featureName: "export", value: true }],
      },
    },
    ...{ isRepeatable: true, isTagged: true, problems: [409] },
  },
  "POST /v3/licenses/batch": {
    id: "createLicenses",
    summary: "Create up to 100 licenses, all or none",
    description:
      "The answer has them in the order of the call. One with an `externalReference` that a license has is that " +
      "license, so that the same call can be sent again; if all are, the answer is 200. The pointer of a refusal " +
      "says which license it is about.",
    answers: { 201: "License[]", 200: "License[]" },
    examples: {
      order: {
        licenses: [1, 2].map((line) => ({ productId: EXAMPLE.product, externalReference: `order-4712/${line}` })),
      },
    },
    ...{ isRepeatable: true, problems: [409] },
  },
  "GET /v3/licenses/export": file("exportLicenses", "All licenses as one CSV file"),
  "GET /v3/licenses/:id/usage": {
    id: "getLicenseUsage",
    summary: "Seats in use, peak, and refusals by day and reason",
    answers: { 200: "Usage" },
  },
  "PATCH /v3/licenses/:id/expires-at": {
    id: "setLicenseEnd",
    summary: "Set the end of a license; null makes it perpetual",
    answers: { 200: "License" },
    examples: { end: { expiresAt: "2999-01-01T00:00:00Z" }, perpetual: { expiresAt: null } },
    isConditional: true,
    problems: [409],
  },
  "POST /v3/licenses/:id/renew": change("renewLicense", "Lengthen a license by a period", {
    once: { renewalReference: "order-4711/2" },
  }),
  "POST /v3/licenses/:id/extend": change("extendLicense", "Lengthen a license by seconds", EXTENSION),
  "POST /v3/licenses/:id/maintenance/renew": change("renewMaintenance", "Lengthen the maintenance by a period", {
    once: { renewalReference: "order-4711/2" },
  }),
  "POST /v3/licenses/:id/maintenance/extend": change(
    "extendMaintenance",
    "Lengthen the maintenance by seconds",
    EXTENSION,
  ),
  "POST /v3/licenses/meter-attributes/:id/reset": {
    id: "resetMeter",
    summary: "Set what is counted of a meter attribute back to nothing",
    answers: { 200: "License" },
    ...{ isRepeatable: true, isTagged: true, problems: [409] },
  },
  "DELETE /v3/licenses/meter-attributes/:id": gone("deleteMeter", "Remove a meter attribute from its license"),
  "DELETE /v3/licenses/metadata/:id": gone("deleteMetadata", "Remove a metadata item from its license"),
  "GET /v3/activations": { id: "listActivations", summary: "List activations", answers: { 200: "Activation[]" } },
  "GET /v3/activations/:id": { id: "getActivation", summary: "Show an activation", answers: { 200: "Activation" } },
  "GET /v3/activations/export": file("exportActivations", "All activations as one CSV file"),
  "DELETE /v3/activations/:id": gone("deleteActivation", "End an activation: its seat is free"),
  "DELETE /v3/activations": {
    ...gone("deleteActivations", "End the activations of a license within a range of instants"),
    problems: [404, 409, 412],
  },
  "POST /v3/activations": {
    id: "createActivation",
    summary: "Activate a license on a device",
    answers: { 201: TOKEN },
    examples: { device: CLIENT, metadata: { ...CLIENT, os: "linux", metadata: [{ key: "room", value: "2.14" }] } },
    isRepeatable: true,
    ...CALLED,
  },
  "PATCH /v3/activations/:id": {
    id: "syncActivation",
    summary: "Sync a device, which renews its lease",
    answers: { 200: TOKEN },
    examples: { device: CLIENT },
    ...CALLED,
  },
  "POST /v3/activations/:id/deactivate": {
    id: "deactivate",
    summary: "End an activation by its device",
    answers: { 200: { json: { type: "object" } } },
    examples: { device: { fingerprint: ONE_DEVICE.fingerprint } },
    ...CALLED,
  },
  "POST /v3/activations/meter-attributes/:id": {
    id: "countUses",
    summary: "Count uses of a meter attribute",
    answers: { 200: TOKEN },
    examples: { one: { increment: 1, activationId: EXAMPLE.activation } },
    isRepeatable: true,
    ...CALLED,
  },
  "GET /v3/trial-activations": { id: "listTrials", summary: "List trials", answers: { 200: "Trial[]" } },
  "GET /v3/trial-activations/:id": {
    id: "getTrial",
    summary: "Show a trial",
    answers: { 200: "Trial" },
    isTagged: true,
  },
  "POST /v3/trial-activations": {
    id: "createTrial",
    summary: "Begin a device's trial of a product, or get it again",
    answers: { 201: TOKEN },
    examples: { device: { productId: EXAMPLE.product, ...ONE_DEVICE } },
    ...CALLED,
  },
  "PATCH /v3/trial-activations/:id/expires-at": {
    id: "setTrialEnd",
    summary: "Set the end of a trial",
    answers: { 200: "Trial" },
    examples: { end: { expiresAt: "2999-01-01T00:00:00Z" } },
    isConditional: true,
    problems: [409],
  },
  "POST /v3/trial-activations/:id/extend": {
    id: "extendTrial",
    summary: "Lengthen a trial by seconds",
    answers: { 200: "Trial" },
    examples: { week: { extensionLength: 604800 } },
    ...{ isRepeatable: true, isTagged: true, problems: [409] },
  },
  "DELETE /v3/trial-activations/:id": {
    ...gone("deleteTrial", "Forget what a device said at its trial"),
    isConditional: true,
    problems: [409],
  },
  "GET /v3/trial-activations/export": file("exportTrials", "All trials as one CSV file"),
  "GET /v3/users/export": file("exportUsers", "All users as one CSV file"),
  "GET /v3/me": { id: "getSelf", summary: "Who the caller is", answers: { 200: "Self" }, ...self() },
  "PATCH /v3/me": {
    id: "changeSelf",
    summary: "Change one's own names",
    answers: { 200: "Self" },
    examples: { name: { firstName: "Ada" } },
    isConditional: true,
    ...self(409),
  },
  "GET /v3/me/licenses": {
    id: "listOwnLicenses",
    summary: "List one's own licenses",
    answers: { 200: "License[]" },
    ...self(),
  },
  "GET /v3/me/licenses/:id": {
    id: "getOwnLicense",
    summary: "Show a license of one's own",
    answers: { 200: "License" },
    ...self(),
  },
  "POST /v3/license-jobs": {
    id: "startLicenseJob",
    summary: "Do one act to all licenses that a filter matches",
    answers: { 202: "LicenseJob" },
    examples: { lift: { act: "lift", filter: { notes: "nobody's" }, expected: 0 } },
    ...{ isRepeatable: true, problems: [409] },
  },
  "GET /v3/license-jobs": { id: "listLicenseJobs", summary: "List jobs", answers: { 200: "LicenseJob[]" } },
  "GET /v3/license-jobs/:id": { id: "getLicenseJob", summary: "Show how far a job is", answers: { 200: "LicenseJob" } },
  "GET /v3/license-jobs/:id/failures": {
    id: "listLicenseJobFailures",
    summary: "List the licenses that a job could not change, and why",
    answers: { 200: "LicenseJobFailure[]" },
  },
  "POST /v3/license-jobs/:id/step": ofJob("stepLicenseJob", "Let a job do its next 25 licenses"),
  "POST /v3/license-jobs/:id/cancel": ofJob("cancelLicenseJob", "Stop a job before its next license"),
  "POST /v3/license-jobs/:id/retry": ofJob("retryLicenseJob", "Let a job try again what failed"),
  "GET /v3/me/activations": {
    id: "listOwnActivations",
    summary: "List activations of one's own licenses",
    answers: { 200: "Activation[]" },
    ...self(),
  },
  "GET /v3/me/activations/:id": {
    id: "getOwnActivation",
    summary: "Show an activation of one's own licenses",
    answers: { 200: "Activation" },
    ...self(),
  },
  "DELETE /v3/me/activations/:id": { ...gone("deleteOwnActivation", "End an activation of one's own"), ...self(409) },
};

function ofJob(id: string, summary: string): Operation {
  return { id, summary, answers: { 200: "LicenseJob" }, problems: [404, 409] };
}

function file(id: string, summary: string): Operation {
  return { id, summary, answers: { 200: { type: "text/csv" } } };
}

function gone(id: string, summary: string): Operation {
  return { id, summary, answers: { 204: null }, problems: [409, 412] };
}

function self(...more: readonly number[]) {
  return { credentials: "self", problems: [403, 404, ...more] } as const;
}
