/** The bodies of v3's client calls (NET-2). What Cryptlex's clients send beside is ignored (IN-1, MGMT-6, AUTH-7). */

import * as z from "zod/mini";
import { MOST_METERS } from "../../../domain/license/meters.ts";
import { MOST_METADATA_ITEMS } from "../../../domain/license/list-members.ts";
import type { DeviceClaims, UsesWish } from "../../../domain/license/device.ts";
import { DEVICE_MEMBERS, fingerprint, optional, userHash } from "../../device-members.ts";
import {
  DEVICE_METADATA_BYTES,
  METADATA_KEY_CHARACTERS,
  METADATA_VALUE_CHARACTERS,
  METER_NAME_CHARACTERS,
  PRODUCT_ID_CHARACTERS,
  TRIAL_METADATA_BYTES,
  VERSION_CHARACTERS,
} from "../../limits.ts";
import { mustBeWhole, text } from "../../validate.ts";
import { instantText } from "../resource/instant.ts";
import { bytesOf } from "../resource/members.ts";

const item = z.object({ key: text(1, METADATA_KEY_CHARACTERS), value: text(0, METADATA_VALUE_CHARACTERS) });

/** What a number holds exactly. */
const LARGEST_INCREMENT = Number.MAX_SAFE_INTEGER;

function metadata(most: number) {
  return z.array(item).check(
    z.maxLength(MOST_METADATA_ITEMS),
    z.refine(
      (items) => new Set(items.map(({ key }) => key)).size === items.length,
      "must have every key once, and no key twice",
    ),
    z.refine((items) => bytesOf(items) <= most, `must be at most ${most} bytes when written as JSON`),
  );
}

const increment = z.int({ error: mustBeWhole(-LARGEST_INCREMENT, LARGEST_INCREMENT) });

/** METER-1: Cryptlex's older clients send `uses`, the number that they want; nobody can tell what that was to be. */
const uses = z.array(z.object({ name: text(1, METER_NAME_CHARACTERS), usesIncrement: increment })).check(
  z.maxLength(MOST_METERS),
  z.refine(
    (items) => new Set(items.map(({ name }) => name)).size === items.length,
    "must have every name once, and no name twice",
  ),
);

const MUST_BE_SECONDS = mustBeWhole(-1, Number.MAX_SAFE_INTEGER);
/** LEASE-1: 0 and -1 are no wish; null = none. */
const leaseDuration = z.pipe(
  optional(z.int({ error: MUST_BE_SECONDS }).check(z.minimum(-1, { error: MUST_BE_SECONDS }))),
  z.transform((seconds: number | null) => (seconds === null || seconds <= 0 ? null : seconds)),
);

const version = optional(text(0, VERSION_CHARACTERS));

const MACHINE = {
  fingerprint,
  // One that is no id at all is not this license's either.
  productId: text(1, PRODUCT_ID_CHARACTERS),
  ...DEVICE_MEMBERS,
  os: version,
  osVersion: version,
  appVersion: version,
  releaseVersion: version,
  releasePublishedAt: optional(instantText),
  releaseChannel: version,
  releasePlatform: version,
} as const;

/** `POST /v3/activations` and `PATCH /v3/activations/{id}`. */
export const clientBody = z.object({
  ...MACHINE,
  key: z.string(),
  leaseDuration,
  metadata: optional(metadata(DEVICE_METADATA_BYTES)),
  meterAttributes: optional(uses),
});

/** `POST /v3/trial-activations`. */
export const trialBody = z.object({ ...MACHINE, metadata: optional(metadata(TRIAL_METADATA_BYTES)) });

/** `POST /v3/activations/meter-attributes/{id}`. */
export const countBody = z.object({
  increment,
  activationId: z.string(),
  key: optional(z.string()),
  productId: optional(text(1, PRODUCT_ID_CHARACTERS)),
});

export function usesOf({ meterAttributes }: z.output<typeof clientBody>): { readonly uses?: readonly UsesWish[] } {
  if (meterAttributes === null) return {};
  return { uses: meterAttributes.map(({ name, usesIncrement }) => ({ name, increment: usesIncrement })) };
}

/** `POST /v3/activations/{id}/deactivate`: Cryptlex's clients send no key here. */
export const deactivationBody = z.object({ fingerprint, key: optional(z.string()), userHash });

export function claimsOf(sent: z.output<typeof trialBody>): DeviceClaims {
  const { os, osVersion, hostname, vmName, container, appVersion } = sent;
  const { releaseVersion, releasePublishedAt, releaseChannel, releasePlatform } = sent;
  return {
    ...{ os, osVersion, hostname, vmName, container, appVersion },
    ...{ releaseVersion, releasePublishedAt, releaseChannel, releasePlatform },
    ...{ userHash: sent.userHash, metadata: sent.metadata },
  };
}
