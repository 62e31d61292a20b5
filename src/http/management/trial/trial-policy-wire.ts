/** The trial policy resource of /v3 and its bodies (TRIAL-1), in the words of a license where it has them. */

import * as z from "zod/mini";
import { TRIAL_SETTINGS, type TrialSetting } from "../../../domain/license/trial.ts";
import { eachOf } from "../../../domain/terms/settings.ts";
import type { NewTrialPolicy, TrialPolicyPatch } from "../../../operations/catalogue/change-trial-policy.ts";
import type { TrialPolicy } from "../../../registry/trials/trial-policies.ts";
import { NAME_CHARACTERS } from "../../limits.ts";
import { text } from "../../validate.ts";
import { SETTING_SCHEMAS } from "../license/license-bodies.ts";
import { inOneWord, ONE_RANGE, oneWordForRanges, rangeShown } from "../license/setting-lists.ts";
import { instant, instantText } from "../resource/instant.ts";
import { seconds, sent, uuid } from "../resource/members.ts";

const COMMON = {
  ...eachOf<Pick<typeof SETTING_SCHEMAS, TrialSetting>>(TRIAL_SETTINGS, (name) => SETTING_SCHEMAS[name]),
  ...ONE_RANGE,
  fingerprintMatchingStrategy: z.nullish(
    z.literal("exact", { error: "must be `exact`: a trial is for one device, and nothing like it" }),
  ),
} as const;

const name = text(1, NAME_CHARACTERS);
const trialLength = seconds(1);

export const trialPolicyCreation = z.object({ ...COMMON, name, trialLength }).check(oneWordForRanges());

/** IN-2: `id` and `createdAt` may be named with the value that they have. */
export const trialPolicyPatch = z
  .object({
    ...COMMON,
    name: z.nullish(name),
    trialLength: z.nullish(trialLength),
    id: z.nullish(uuid),
    createdAt: z.nullish(instantText),
  })
  .check(oneWordForRanges());

export function newTrialPolicy(body: z.output<typeof trialPolicyCreation>): NewTrialPolicy {
  return { ...settingsIn(body), name: body.name, trialLengthSeconds: body.trialLength };
}

export function trialPolicyChange(body: z.output<typeof trialPolicyPatch>): TrialPolicyPatch {
  const { id, createdAt, name: named, trialLength: length } = body;
  return {
    ...settingsIn(body),
    ...sent({ name: named, trialLengthSeconds: length }),
    fixed: sent({ id, createdAt }),
  };
}

type Sent = { readonly [Member in TrialSetting]: TrialPolicy[Member] | null | undefined };

/** Those that were sent: none of them has a void. */
function settingsIn(body: z.output<typeof trialPolicyPatch>): Partial<Pick<TrialPolicy, TrialSetting>> {
  const given = inOneWord(body);
  return sent(eachOf<Sent>(TRIAL_SETTINGS, (member) => given[member]));
}

export function trialPolicyResource(policy: TrialPolicy) {
  return {
    id: policy.id,
    createdAt: instant(policy.createdAt),
    updatedAt: instant(policy.updatedAt),
    name: policy.name,
    trialLength: policy.trialLengthSeconds,
    fingerprintMatchingStrategy: "exact",
    ...eachOf<Pick<TrialPolicy, TrialSetting>>(TRIAL_SETTINGS, (member) => policy[member]),
    allowedIpRange: rangeShown(policy.allowedIpRanges),
  };
}
