/** What is sent to webhooks (HOOK-1): an operation for each type of event. */

import { EVENT_TYPES } from "../../src/domain/license/event.ts";
import { subjectOf } from "../../src/http/management/event/event-resource.ts";
import type { Subject } from "../../src/http/management/resource/sight.ts";
import type { Resources } from "./resources.ts";
import type { JsonSchema } from "./type-schemas.ts";

/** What an event of a kind shows. */
export const SHOWN: Readonly<Record<Subject, keyof Resources>> = {
  license: "License",
  activation: "Activation",
  user: "User",
  product: "Product",
  licenseTemplate: "LicenseTemplate",
  trialPolicy: "TrialPolicy",
  trialActivation: "Trial",
  maintenancePolicy: "MaintenancePolicy",
  feature: "Feature",
  entitlementSet: "EntitlementSet",
  tag: "Tag",
  personalAccessToken: "AccessToken",
  webhook: "Webhook",
};

export function webhooksOf(): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(EVENT_TYPES.map((type) => [type, { post: deliveryOf(type) }]));
}

function deliveryOf(type: (typeof EVENT_TYPES)[number]): JsonSchema {
  const text = { type: "string" };
  const data = type === "webhook.test" ? { type: "object" } : { $ref: ref(SHOWN[subjectOf(type)]) };
  const header = (name: string) => ({ name, in: "header", required: true, schema: text });
  return {
    operationId: `on ${type}`.replaceAll(/[ .-](\w)/g, (_, letter: string) => letter.toUpperCase()),
    summary: type,
    tags: ["webhooks"],
    security: [],
    parameters: [
      header("webhook-id"),
      header("webhook-timestamp"),
      { ...header("webhook-signature"), required: false },
    ],
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: {
            type: "object",
            properties: {
              event: { const: type },
              data: { description: "Members that the log does not keep are null.", anyOf: [data, { type: "object" }] },
              changes: CHANGES,
              triggeredAt: { ...text, format: "date-time" },
              id: { ...text, format: "uuid" },
              sequence: { type: "integer" },
              redacted: { const: true },
            },
            required: ["event", "data", "changes", "triggeredAt", "id", "sequence"],
          },
        },
      },
    },
    responses: { "2XX": { description: "Taken." }, "410": { description: "Send nothing more." } },
  };
}

const CHANGES = { $ref: "#/components/schemas/Event/properties/changes" } as const;

function ref(name: string): string {
  return `#/components/schemas/${name}`;
}
