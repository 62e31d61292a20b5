/** The way to a license's object: locator to typed stub, with the retry policy (architecture decision 13). */

import type { LicenseObject } from "./license-object.ts";
import type { LicenseRpc } from "./rpc.ts";

export interface LicenseDirectory {
  /** The object of a locator. `region` is a location hint that only counts when the object is first made. */
  at(locator: string, region?: string | null): LicenseRpc;
}

/** `jurisdiction` is CFG-1's; null = none. */
export function licenseDirectory(_namespace: DurableObjectNamespace<LicenseObject>, _jurisdiction: string | null): LicenseDirectory {
  throw new Error("written with the object");
}
