/** The maintenance policy resource of /v3 and its bodies. */

import * as z from "zod/mini";
import { TRIGGER_OF } from "../../../domain/terms/settings.ts";
import type { Interval } from "../../../domain/license/creation.ts";
import type { NewPolicy, PolicyPatch } from "../../../operations/catalogue/change-maintenance-policy.ts";
import type { MaintenancePolicyRow } from "../../../registry/rows/maintenance-policies.ts";
import { NAME_CHARACTERS } from "../../limits.ts";
import { text } from "../../validate.ts";
import { instant, instantText } from "../resource/instant.ts";
import { seconds, sent, uuid } from "../resource/members.ts";
import { intervalText } from "../license/interval.ts";
import { oneStrategy, TRIGGER } from "../license/license-bodies.ts";

const name = z.pipe(z.string().check(z.trim()), text(1, NAME_CHARACTERS));

const MEMBERS = {
  validity: z.nullish(seconds(0)),
  subscriptionInterval: z.nullish(intervalText),
  expirationStrategy: z.nullish(z.enum(["immediate", "delayed"])),
  ...TRIGGER,
  allowMajorVersionUpdates: z.nullish(z.boolean()),
  allowMinorVersionUpdates: z.nullish(z.boolean()),
} as const;

export const policyCreation = z.object({ ...MEMBERS, name }).check(oneStrategy());

/** IN-2: `id` and `createdAt` may be named with the value that they have. */
export const policyPatch = z
  .object({ ...MEMBERS, name: z.nullish(name), id: z.nullish(uuid), createdAt: z.nullish(instantText) })
  .check(oneStrategy());

type Body = z.output<typeof policyPatch>;

export function newPolicy({ name: called, ...body }: z.output<typeof policyCreation>): NewPolicy {
  return { ...DEFAULTS, name: called, ...given(body) };
}

const DEFAULTS = {
  validity: 0,
  subscriptionInterval: null,
  expirationStrategy: "immediate",
  allowMajorVersionUpdates: false,
  allowMinorVersionUpdates: false,
} as const;

export function policyChange({ id, createdAt, name: called, ...body }: Body): PolicyPatch {
  return { ...sent({ name: called }), ...given(body), fixed: sent({ id, createdAt }) };
}

/** IN-1: null of the interval, or a void one, says that there is none; of the others nothing. */
function given(body: Omit<Body, "id" | "createdAt" | "name">): Partial<NewPolicy> {
  const { validity, subscriptionInterval, expirationStrategy, subscriptionStartTrigger, ...flags } = body;
  const strategy = expirationStrategy ?? subscriptionStartTrigger;
  return {
    ...sent({ validity, ...flags }),
    ...(strategy === "immediate" || strategy === "delayed" ? { expirationStrategy: strategy } : {}),
    ...(subscriptionInterval === undefined ? {} : { subscriptionInterval: intervalOrNone(subscriptionInterval) }),
  };
}

function intervalOrNone(interval: Interval | null): Interval | null {
  return interval === null || (interval.months === 0 && interval.seconds === 0) ? null : interval;
}

export function policyResource(policy: MaintenancePolicyRow) {
  const { id, createdAt, updatedAt, name: called, validity, subscriptionInterval, expirationStrategy } = policy;
  return {
    id,
    createdAt: instant(createdAt),
    updatedAt: instant(updatedAt),
    name: called,
    validity,
    subscriptionInterval: subscriptionInterval?.text ?? null,
    expirationStrategy,
    subscriptionStartTrigger: TRIGGER_OF[expirationStrategy],
    allowMajorVersionUpdates: policy.allowMajorVersionUpdates,
    allowMinorVersionUpdates: policy.allowMinorVersionUpdates,
  };
}
