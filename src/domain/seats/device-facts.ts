/** What an activation keeps of the device that it is for, as its calls tell it. */

import { NOWHERE, type DeviceClaims, type DeviceFacts, type NetworkFacts, type ShownFacts } from "../license/device.ts";
import type { SignedInUser } from "../license/calls.ts";
import type { Terms } from "../terms/license.ts";

type Placing = Pick<Terms, "disableGeoLocation">;

/** What a call of a device says. */
export interface DeviceCall {
  readonly fingerprint: string;
  /** The body's (AUTH-4). */
  readonly email: string | null;
  readonly device: DeviceClaims;
  readonly network: NetworkFacts;
}

export function factsOf(terms: Placing, call: DeviceCall, person: SignedInUser | null): DeviceFacts {
  const { fingerprint } = call;
  const userEmail = person?.email ?? null;
  const shown = shownOf(terms, call);
  return { firstFingerprint: fingerprint, fingerprint, email: userEmail ?? call.email, userEmail, shown };
}

/** What is not told again stays known; matching goes by the first fingerprint (FP-1). */
export function newerFacts(before: DeviceFacts, told: DeviceFacts): DeviceFacts {
  return {
    ...before,
    fingerprint: told.fingerprint,
    email: told.email ?? before.email,
    userEmail: told.userEmail,
    shown: newerShown(before.shown, told.shown),
  };
}

/** At a sync, which says nothing of whose the activation is. */
export function syncedFacts(terms: Placing, before: DeviceFacts, call: Omit<DeviceCall, "email">): DeviceFacts {
  const { fingerprint } = call;
  return { ...before, fingerprint, shown: newerShown(before.shown, shownOf(terms, call)) };
}

/** Whether it was known where the device is, and is no longer: then no copy may keep it. */
export function forgetsPlace({ shown: before }: DeviceFacts, { shown: after }: DeviceFacts): boolean {
  return hasPlace(before) && !hasPlace(after);
}

function hasPlace({ countryCode, ipAddress }: ShownFacts): boolean {
  return countryCode !== undefined || ipAddress !== undefined;
}

/** A place is told whole: no country of before stands beside an address of now. */
function newerShown(
  { countryCode: _country, ipAddress: _address, ...known }: ShownFacts,
  told: ShownFacts,
): ShownFacts {
  return { ...known, ...told };
}

/** Of what a call says, what it says: not the user's hash, nor, where the license says so, the place (NET-1). */
function shownOf(
  { disableGeoLocation }: Placing,
  { device, network }: Pick<DeviceCall, "device" | "network">,
): ShownFacts {
  const { metadata, ...claims } = device;
  const { country, address } = disableGeoLocation ? NOWHERE : network;
  const said = { ...claims, userHash: null, deviceMetadata: metadata, countryCode: country, ipAddress: address };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null)) as ShownFacts;
}
