/**
 * v3's client calls on an activation that there is: the wire between Worker and object. Members are only ever added
 * (0011-migrations-before-the-worker.md).
 */

import type { KeyedCall, Principal } from "./calls.ts";
import type { DeviceWish } from "./device.ts";

/** Ends an activation for the device that holds it. */
export interface DeactivateCall {
  readonly principal: Principal;
  readonly requestId: string;
  readonly activationId: string;
  /** As it was read (KEY-3); null = none was sent. */
  readonly key: string | null;
  readonly fingerprint: string;
  /** Of the OS user; null = none was sent. */
  readonly userHash: string | null;
}

/** Tells what the device is now, renews its lease and makes a token. */
export interface SyncCall extends DeactivateCall, DeviceWish {
  readonly key: string;
  /** The client's wish in seconds, positive; null = none. */
  readonly requestedLeaseSeconds: number | null;
}

/** Counts uses of one meter attribute (METER-1); the activation's id is the credential, but where a person owns it. */
export interface CountCall extends KeyedCall {
  readonly principal: Principal;
  readonly requestId: string;
  readonly activationId: string;
  /** As it was read (KEY-3); null = none was sent. */
  readonly key: string | null;
  readonly meterId: string;
  /** The app's word for what it is; null = it does not say. */
  readonly productId: string | null;
  /** Taken, or, below 0, given back. */
  readonly increment: number;
}
