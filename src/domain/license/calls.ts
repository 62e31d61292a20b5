/**
 * The calls that reach a license and what they answer, as plain data: the wire between Worker and object.
 * Members are only ever added, never renamed or retyped (0011-migrations-before-the-worker.md).
 */

import type { ClientStatement } from "./client-statement.ts";
import type { DeviceWish } from "./device.ts";
import type { MeterChange } from "./meters.ts";
import type { LicenseTag, LicenseUser, LicenseView, MetadataItem, Standing } from "../terms/license.ts";
import type { Naming } from "./naming.ts";
import type { Outcome } from "../outcome.ts";
import type { TemplateMembers } from "./template.ts";
import type { GivenEntitlement, HeldFeature } from "./entitlements.ts";
import type { Refusal } from "../refusal.ts";
import type { PatchedSetting, SettingName, Settings } from "../terms/settings.ts";

/** Who asks, after the Worker has checked the credentials. */
export type Principal =
  | { readonly kind: "anonymous" }
  /** A license token of ours that verified; `activationId` is its `sid` (AUTH-5). */
  | { readonly kind: "license-token"; readonly activationId: string }
  /** A management token; without `activation:write` it owns nothing (AUTH-3). */
  | { readonly kind: "management"; readonly tokenId: string; readonly mayWriteActivations: boolean }
  | SignedInUser;

/** A person whose token the vendor's identity provider has signed (AUTH-1). */
export interface SignedInUser {
  readonly kind: "user";
  readonly issuer: string;
  readonly subject: string;
  /** Only if the provider says that it is verified, or the deployment trusts it; null = not known. */
  readonly email: string | null;
  /** Present in the token and neither verified nor trusted: it decides nothing. */
  readonly emailClaimed: string | null;
  /** What the person is to the vendor; null = a customer. At activation a person like any other. */
  readonly role: Role | null;
}

/** MGMT-5: `admin` may do everything, `agent` read and act on any activation (AUTH-3), `support` read. */
export type Role = "admin" | "agent" | "support";

/** Who did something, and by which license job (EVT-1, CON-27). Never a key, a token or an address. */
export type Actor =
  | { readonly type: "token"; readonly id: string; readonly job?: string }
  /** Whoever holds `ROOT_SECRET`, minting access tokens (MGMT-5). */
  | { readonly type: "root" }
  /** A signed-in person with a role, by the provider's `sub`. */
  | { readonly type: "user"; readonly id: string; readonly job?: string }
  /** One without a role, on a device or by /v3/me: nobody of the vendor (EVT-4). */
  | { readonly type: "customer"; readonly id: string }
  | { readonly type: "device" }
  | { readonly type: "system"; readonly id: "alarm" | "relay" | "cron" };

export function personActor({ role, subject }: Pick<SignedInUser, "role" | "subject">): Actor {
  return { type: role === null ? "customer" : "user", id: subject };
}

export interface Caller {
  readonly actor: Actor;
  readonly requestId: string;
}

/** MGMT-4: what stands for an `Idempotency-Key` in the object, both SHA-256 as hex. */
export interface Idempotency {
  /** Of principal, method, path and key. */
  readonly key: string;
  /** Of the body as canonical JSON. */
  readonly bodyHash: string;
}

/** A call that an idempotency key makes once; null = it carries none. */
export interface KeyedCall {
  readonly idempotency: Idempotency | null;
}

export interface ActivateCall extends KeyedCall, DeviceWish {
  readonly principal: Principal;
  readonly requestId: string;
  readonly fingerprint: string;
  /** The client's wish in seconds, already known to be positive (LEASE-2); null = none. */
  readonly requestedLeaseSeconds: number | null;
  /** The body's: recorded, decides nothing. One that contradicts the signed-in user was refused before (AUTH-4). */
  readonly email: string | null;
}

/** Whether an activation would be granted now: nothing comes of it. */
export interface CheckCall extends DeviceWish {
  readonly principal: Principal;
  /** Null = of a device that nobody knows. */
  readonly fingerprint: string | null;
  /** By the scopes of a token or a role; whose license it is, the object knows. */
  readonly mayReadLicense: boolean;
}

/** What is told to whoever asks, and no more: what is null has failed a check before, or is not for this caller. */
export interface Checked {
  /** Null = it would be granted. */
  readonly refusal: Refusal | null;
  readonly standing: Standing | null;
  /** Of the license, of a rolling one of this device (epoch ms). */
  readonly expiresAt: number | null;
  /** Whether this device has an activation of the caller; null = it has somebody else's, or is not known. */
  readonly activated: boolean | null;
  readonly activationId: string | null;
  readonly seats: { readonly limit: number; readonly used: number } | null;
  readonly licensedProductIds: readonly string[] | null;
  /** The license's own. */
  readonly features: readonly HeldFeature[] | null;
  readonly entitlementSetId: string | null;
  readonly now: number;
}

export interface FollowUpCall {
  readonly principal: Principal;
  readonly requestId: string;
  readonly activationId: string;
  readonly fingerprint: string | null;
  readonly requestedLeaseSeconds: number | null;
  /**
   * Of a check-out by the Worker itself: the generation of a grant whose token it could not sign. Void when the
   * activation was resumed since; no client's check-out (CNT-1).
   */
  readonly undelivered?: number;
  /** With `undelivered`: the grant's `tokenEndBefore`. */
  readonly tokenEndBefore?: number;
  /** With `undelivered`: the `Idempotency.key` of the granted call, whose outcome is not to be kept (MGMT-4). */
  readonly undeliveredKey?: string;
}

/** What of the license a token or document needs (TOK-2, DOC-1). */
export interface GrantLicense {
  readonly id: string;
  readonly productId: string;
  readonly licensedProductIds: readonly string[];
  readonly type: string;
  /** What it gives is the Worker's to know (SNAP-1); null = none. */
  readonly entitlementSetId: string | null;
}

/** The facts of a token that may be signed now; the Worker formats and signs them (TOK-6). Instants in epoch ms. */
export interface TokenTimes {
  /** CLOCK-1: the instant of the decision, claim `server_time`. */
  readonly issuedAt: number;
  readonly expiresAt: number | null;
  readonly refreshAt: number | null;
}

/** An activation as activate, renew and GET answer it. */
export interface Grant {
  readonly license: GrantLicense;
  readonly activationId: string;
  /** The fingerprint last presented at an activation (TOK-2 `fp`). */
  readonly fingerprint: string;
  readonly leaseExpiresAt: number | null;
  /** The license's end, for rolling the activation's. */
  readonly licenseExpiresAt: number | null;
  /** TOK-2 `gen`. */
  readonly generation: number;
  /** SEAT-9. */
  readonly overLimit: boolean;
  /** The license's own. */
  readonly features: readonly HeldFeature[];
  /** TOK-2 `user`: e-mail if known, else the owner's subject; null = nobody is. */
  readonly user: string | null;
  readonly token: TokenTimes;
  /**
   * Of a new activation: the end (epoch ms) of the tokens that its device had from the hold it took over; absent =
   * none.
   */
  readonly tokenEndBefore?: number;
  /** Of v3's client calls: the rest of what their token says (TOK-3). */
  readonly statement?: ClientStatement;
  /** MGMT-4: the answer to a repeated call: nothing was granted now. */
  readonly repeated?: true;
  /** CLOCK-1: the object's `now`. */
  readonly now: number;
}

/** What looking at an activation answers: nothing is signed, `lastRefreshAt` is the last token's `refreshAt`. */
export interface ActivationSeen extends Omit<Grant, "token"> {
  readonly lastRefreshAt: number | null;
}

export interface CheckedIn {
  readonly activationId: string;
  readonly leaseExpiresAt: number | null;
  readonly nextCheckInSeconds: number | null;
  readonly renewNow: boolean;
  readonly now: number;
}

export interface CheckedOut {
  readonly activationId: string;
  readonly now: number;
}

/** How far a call came that names a key or a license id: whether this object is the one that answers (ID-4, ID-5). */
export type Reached<T> =
  | { readonly reached: "license"; readonly outcome: Outcome<T> }
  /**
   * The object is empty and was not told which license to take over. `named`: it has asked D1, which has this license
   * under the key, for another object or lost; null = none.
   */
  | { readonly reached: "empty"; readonly named?: string | null }
  /** The object holds a license, but not of this key or id. */
  | { readonly reached: "other" };

/** MGMT-3: the states in which a change is wanted: any, or those of these digests (32 hex digits). */
export type IfMatch = "*" | readonly string[];

/** A change that may depend on the license's state; absent = it does not. */
export interface ConditionalCall extends Caller {
  readonly ifMatch?: IfMatch;
}

export interface PatchCall extends ConditionalCall {
  readonly patch: LicensePatch;
}

/** A PATCH of a license, members checked for type and range; the rules decide inside the object. */
export interface LicensePatch extends Partial<Pick<Settings, PatchedSetting>>, MeterChange, Naming {
  readonly key?: string;
  readonly effectiveAt?: number | null;
  readonly licensedProductIds?: readonly string[];
  /** The user as D1 has it now; null takes it off. A change ends every activation of a signed-in person (AUTH-6). */
  readonly user?: LicenseUser | null;
  /** Takes the user with this id off and no other: a list that named the license may be late (DEL-1). */
  readonly leavesUser?: string;
  readonly metadata?: readonly Pick<MetadataItem, "key" | "value" | "viewPermissions">[];
  readonly featureEntitlements?: readonly GivenEntitlement[];
  /** The id of a metadata item that goes; alone, without `metadata`. Refused where there is no such item. */
  readonly dropsMetadata?: string;
  /** As D1 has the tags now. */
  readonly tags?: readonly LicenseTag[];
  /** Sets the period; validity becomes 0 (EXP-8). */
  readonly subscriptionInterval?: { readonly text: string | null; readonly months: number; readonly seconds: number };
  /** TPL-2. */
  readonly plan?: PlanChange;
  /** IN-2: immutable members that were sent: ignored if equal to the license's, else refused at `pointer`. */
  readonly readOnly?: readonly ReadOnlyMember[];
}

/** Another template, or none, for a license that there is, and what it names (TPL-2). */
export interface PlanChange extends Naming {
  readonly id: string | null;
  /** As D1 has it now; null = there is none, or none is named. */
  readonly template: TemplateMembers | null;
  /** What names it in the body. */
  readonly pointer: string;
}

/** A member that PATCH may not change, as its value in the domain (instants in epoch ms). */
export interface ReadOnlyMember {
  readonly pointer: string;
  readonly member: Exclude<SettingName, PatchedSetting> | "id" | "productId" | "createdAt" | "expiresAt";
  readonly value: string | number | boolean | null;
}

export interface RenewCall extends Caller, KeyedCall {
  /** EXP-4. */
  readonly from: "expiry" | "now" | "now-if-expired";
  /** EXP-11. */
  readonly renewalReference: string | null;
}

/** EXP-4: with a plan, that comes first, and a license without an end gets one from now. */
export interface PlannedRenewCall extends RenewCall {
  readonly plan?: PlanChange;
}

/** Of the maintenance: a period of its policy, or so many seconds more. */
export interface MaintainCall extends RenewCall {
  /** Positive; null = a period. */
  readonly seconds: number | null;
}

/** EXP-8 `extend`. */
export interface ExtendCall extends RenewCall {
  /** Positive. */
  readonly seconds: number;
}

/** EXP-8 `expires-at`. */
export interface ExpiresAtCall extends ConditionalCall {
  /** Epoch ms; null = perpetual. */
  readonly expiresAt: number | null;
}

/** What a change answers: the license as it is now. */
export interface Changed {
  readonly license: LicenseView;
}

/** SNAP-1: a user's e-mail as D1 has it, carried to the objects of that user's licenses. */
export interface UserEmail {
  readonly userId: string;
  readonly email: string;
  /** Of the user's row: an object ignores any that is not newer than its own. */
  readonly revision: number;
}
