/**
 * The RPC surface of a license's object (0003-an-expected-no-is-a-value.md, 0029-what-is-sent-again.md). Every method
 * answers plain data and never throws for an expected "no". Members are only added.
 */

import type { ActivationView, Contact, EndCall, EndOneCall, EndStep } from "../domain/seats/activation-view.ts";
import type {
  ActivateCall,
  Changed,
  CheckCall,
  Checked,
  CheckedIn,
  CheckedOut,
  ConditionalCall,
  ExpiresAtCall,
  ExtendCall,
  Grant,
  PatchCall,
  Reached,
  MaintainCall,
  PlannedRenewCall,
  FollowUpCall,
  ActivationSeen,
  UserEmail,
} from "../domain/license/calls.ts";
import type { ResetCall } from "../domain/commands/count-uses.ts";
import type { CountCall, DeactivateCall, SyncCall } from "../domain/license/client-calls.ts";
import type { LicenseView } from "../domain/terms/license.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { Usage } from "../domain/seats/usage.ts";
import type { Resynced } from "../domain/commands/comparison.ts";

/**
 * How a call finds its license: by key (clients; `licenseId` permits birth, ID-4) or by id (management; permits birth,
 * ID-5). `isOwn`: the object is the one that the key, as it is written, leads to. If it holds nothing it may take over
 * what D1 has under that key (0080-a-birth-asks-d1-once.md).
 */
export type Address =
  | { readonly key: string; readonly licenseId?: string; readonly isOwn?: true }
  | { readonly licenseId: string };

export interface LicenseRpc {
  activate(address: Address, call: ActivateCall): Promise<Reached<Grant>>;
  /** Changes nothing and never gives birth: `empty` when the object holds nothing, whatever the address names. */
  check(address: Address, call: CheckCall): Promise<Reached<Checked>>;
  renew(call: FollowUpCall): Promise<Outcome<Grant>>;
  checkIn(call: FollowUpCall): Promise<Outcome<CheckedIn>>;
  checkOut(call: FollowUpCall): Promise<Outcome<CheckedOut>>;
  /** v3's; a key that is not the license's is `wrong-key`. */
  sync(call: SyncCall): Promise<Outcome<Grant>>;
  /** v3's; the key is looked at where one was sent. */
  deactivate(call: DeactivateCall): Promise<Outcome<CheckedOut>>;
  /** v3's (METER-1). */
  countUses(call: CountCall): Promise<Outcome<Grant>>;
  /** Changes nothing. */
  session(call: FollowUpCall): Promise<Outcome<ActivationSeen>>;

  /** ID-5, MGMT-2: current truth; never gives birth: `empty` when the object holds nothing. */
  describe(licenseId: string): Promise<Reached<LicenseView>>;
  /** Seats, peaks and refusals of the last `days` days; never gives birth. */
  usage(licenseId: string, days: number): Promise<Reached<Usage>>;
  patch(licenseId: string, call: PatchCall): Promise<Reached<Changed>>;
  renewLicense(licenseId: string, call: PlannedRenewCall): Promise<Reached<Changed>>;
  extendLicense(licenseId: string, call: ExtendCall): Promise<Reached<Changed>>;
  maintain(licenseId: string, call: MaintainCall): Promise<Reached<Changed>>;
  setExpiresAt(licenseId: string, call: ExpiresAtCall): Promise<Reached<Changed>>;
  /** METER-1. */
  resetMeter(licenseId: string, call: ResetCall): Promise<Reached<Changed>>;
  deleteLicense(licenseId: string, call: ConditionalCall): Promise<Reached<null>>;
  /** MGMT-2: current truth; never gives birth: `empty` when the object holds nothing. */
  activation(activationId: string): Promise<Reached<ActivationView>>;
  /** LEASE-6: of at most 100 activations, those that have not ended; never gives birth. */
  contacts(licenseId: string, activationIds: readonly string[]): Promise<Reached<readonly Contact[]>>;
  /** CNT-1: for the vendor. Never gives birth. */
  deleteActivation(activationId: string, call: EndOneCall): Promise<Reached<null>>;
  /** AUTH-8: by whom the license is for, as a check-out is. Never gives birth. */
  giveBack(call: FollowUpCall): Promise<Reached<CheckedOut>>;
  /** SEAT-6: one bounded step; call again from its cursor until there is none. Never gives birth. */
  deleteActivations(licenseId: string, call: EndCall): Promise<Reached<EndStep>>;
  /**
   * SNAP-1: an older revision, or another user, changes nothing and is a yes. Ends no activation. Gives birth if need
   * be.
   */
  setUserEmail(licenseId: string, email: UserEmail, requestId?: string): Promise<Reached<null>>;
  /** Birth at creation, for a license with a `region` (ID-5). */
  bear(licenseId: string, requestId?: string): Promise<Reached<null>>;
  /** OPS-1: makes D1 agree with the object, in bounded steps; call again until level. Never gives birth. */
  resync(requestId?: string): Promise<Outcome<Resynced>>;
}
