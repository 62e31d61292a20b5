/**
 * What the management API asks of single activations, as plain data between Worker and object. Members are only ever
 * added, never renamed or retyped (0011-migrations-before-the-worker.md). Instants are epoch ms.
 */

import type { Caller } from "../license/calls.ts";
import type { ShownFacts, ToldUses } from "../license/device.ts";

/** An activation as the vendor sees it. */
export interface ActivationView extends ShownFacts {
  readonly id: string;
  readonly licenseId: string;
  readonly productId: string;
  readonly createdAt: number;
  readonly contactAt: number;
  readonly leaseExpiresAt: number | null;
  /** The license's end, for rolling the activation's own. */
  readonly expiresAt: number | null;
  /** The owner's known e-mail, else the one that was sent along, which proves nothing (AUTH-4). */
  readonly email: string | null;
  /** What the license knows the device by: a digest (`Activation.device`); null = by nothing (`per-instance`). */
  readonly device: string | null;
  /** SEAT-9: its seat was granted above the limit. */
  readonly overLimit: boolean;
  /** METER-1: what it has used of the license's meter attributes. */
  readonly meterAttributes: readonly ToldUses[];
  /** Whom the license is for, as the license has copied it (SNAP-1). */
  readonly user: { readonly id: string; readonly email: string } | null;
}

/** LEASE-6, METER-1: what D1's copy of an activation may be behind in. */
export type Contact = Pick<ActivationView, "id" | "contactAt" | "leaseExpiresAt" | "expiresAt" | "meterAttributes">;

export interface EndOneCall extends Caller {
  /** SEAT-10: the seat is free at once, of a live activation or of one that is held; absent = as the rule says. */
  readonly hold?: "none" | undefined;
}

/** From the first, included, to the second, excluded; null = without end. */
export interface Range {
  readonly from: number | null;
  readonly below: number | null;
}

/** One step of ending the activations that are in both ranges. */
export interface EndCall extends Caller {
  readonly created: Range;
  readonly contact: Range;
  /** Where the step before this one stopped; null = this is the first. */
  readonly cursor: EndCursor | null;
}

/** Orders of birth: the last activation that was looked at, and the last one there was when the call began. */
export interface EndCursor {
  readonly after: number;
  readonly upto: number;
}

export interface EndStep {
  readonly ended: number;
  /** From where to go on; null = all have ended. */
  readonly next: EndCursor | null;
}
