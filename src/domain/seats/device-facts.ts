/** What an activation keeps of the device that it is for, as its calls tell it. */

import type { DeviceClaims, DeviceFacts, NetworkFacts, ShownFacts } from "../license/device.ts";
import type { SignedInUser } from "../license/calls.ts";

/** What a call of a device says. */
export interface DeviceCall {
  readonly fingerprint: string;
  /** The body's (AUTH-4). */
  readonly email: string | null;
  readonly device: DeviceClaims;
  readonly network: NetworkFacts;
}

export function factsOf(call: DeviceCall, person: SignedInUser | null): DeviceFacts {
  const { fingerprint, device, network } = call;
  const userEmail = person?.email ?? null;
  const shown = shownOf(device, network);
  return { firstFingerprint: fingerprint, fingerprint, email: userEmail ?? call.email, userEmail, shown };
}

/** What is not told again stays known; matching goes by the first fingerprint (FP-1). */
export function newerFacts(before: DeviceFacts, told: DeviceFacts): DeviceFacts {
  return {
    ...before,
    fingerprint: told.fingerprint,
    email: told.email ?? before.email,
    userEmail: told.userEmail,
    shown: { ...before.shown, ...told.shown },
  };
}

/** At a sync, which says nothing of whose the activation is. */
export function syncedFacts(
  before: DeviceFacts,
  { fingerprint, device, network }: Omit<DeviceCall, "email">,
): DeviceFacts {
  return { ...before, fingerprint, shown: { ...before.shown, ...shownOf(device, network) } };
}

/** Of what a call says, what it says: the user's hash is not shown. */
function shownOf({ metadata, ...claims }: DeviceClaims, { country, address }: NetworkFacts): ShownFacts {
  const said = { ...claims, userHash: null, deviceMetadata: metadata, countryCode: country, ipAddress: address };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null)) as ShownFacts;
}
