/** The trial resource of /v3 (TRIAL-1), for calls and for events, and the bodies of the vendor's calls. */

import * as z from "zod/mini";
import type { Trial } from "../../../registry/trials/trials.ts";
import { deviceTold } from "../activation/activation-resource.ts";
import { instantOrNull, instantText } from "../resource/instant.ts";
import { seconds } from "../resource/members.ts";

export const trialEnding = z.object({ expiresAt: instantText });
export const trialExtension = z.object({ extensionLength: seconds(1) });

/** Events of the log lack members; what is not there is null. */
export type TrialTold = { readonly [Member in keyof Trial]?: Trial[Member] | null };

/** Neither the fingerprint nor what stands for it is a member. */
export function trialResource(trial: TrialTold) {
  return {
    id: trial.id ?? null,
    createdAt: instantOrNull(trial.createdAt ?? null),
    updatedAt: instantOrNull(trial.updatedAt ?? null),
    ...deviceTold(trial),
    offline: false,
    productId: trial.productId ?? null,
    expiresAt: instantOrNull(trial.expiresAt ?? null),
    metadata: trial.deviceMetadata ?? [],
    releasePublishedAt: instantOrNull(trial.releasePublishedAt ?? null),
  };
}
