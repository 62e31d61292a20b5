/**
 * What the token of v3's client calls says (TOK-3), as the object hands it to the Worker. Members are only ever added
 * (0011-migrations-before-the-worker.md). Instants in epoch ms.
 */

import type { DeviceMetadata, ToldUses } from "./device.ts";

/** What a token of v3 says beside the grant that it is signed for. */
export interface ClientStatement {
  readonly os: string | null;
  readonly fingerprintMatchingStrategy: string;
  readonly suspended: boolean;
  readonly allowedFloatingClients: number;
  readonly leasingStrategy: string;
  /** Granted; 0 = no lease. */
  readonly leaseSeconds: number;
  readonly syncIntervalSeconds: number;
  /** How long the device may be without contact; null = without end. */
  readonly offlineUntil: number | null;
  /** Seconds; -1 = without limit. */
  readonly allowedClockOffset: number;
  readonly licenseCreatedAt: number;
  readonly licenseActivatedAt: number | null;
  /** The license's user, whose names and metadata the Worker knows; null = there is none. */
  readonly userId: string | null;
  /** That user's, else of whoever is signed in on the device, as far as it is known. */
  readonly email: string | null;
  /** What a token may show of the license's. */
  readonly licenseMetadata: readonly DeviceMetadata[];
  readonly activationMetadata: readonly DeviceMetadata[];
  /** METER-1: those that a token may show; absent = none. */
  readonly licenseMeters?: readonly ToldMeter[];
  /** Of the same, what this activation has used. */
  readonly activationMeters?: readonly ToldUses[];
}

export interface ToldMeter {
  /** What a call that counts uses names it by. */
  readonly id: string;
  readonly name: string;
  /** -1 = without limit. */
  readonly allowedUses: number;
  readonly totalUses: number;
  readonly grossUses: number;
}
