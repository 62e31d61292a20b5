/**
 * The vendor's changes, played again on a license's history: what they may refuse, and what they end (STAND-2, AUTH-6).
 */

import type {
  Changed,
  LicensePatch,
  MaintainCall,
  PlannedRenewCall,
  UserEmail,
} from "../../../src/domain/license/calls.ts";
import type { ResetCall } from "../../../src/domain/commands/count-uses.ts";
import { licenseEnd } from "../../../src/domain/terms/expiry.ts";
import type { LicenseUser, LicenseView } from "../../../src/domain/terms/license.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import type { Refusal } from "../../../src/domain/refusal.ts";
import { isLive } from "../../support/seat-oracle.ts";
import { granted, refused } from "./answers.ts";
import { patched, type Given } from "./given.ts";
import { must, same } from "./invariants.ts";
import { asAnswered } from "./once-oracle.ts";
import type { LicenseOracle } from "./oracle.ts";
import { afterPlan, type AfterPlan } from "./plans.ts";
import { leases } from "./token-oracle.ts";

/** Members of a patch that decide whether tokens have an end (SEAT-10), or how seats are counted (SEAT-8). */
const REFUSED_FOR = [
  "leasingStrategy",
  "fingerprintMatchingStrategy",
  "seatRelease",
  "leaseDuration",
  "serverSyncInterval",
  "serverSyncGracePeriod",
  "leaseGracePeriod",
  "subscriptionInterval",
  "plan",
] as const;

/** LEASE-8: seconds. */
const LONGEST_GRACE_AT_ONCE = 86_400;

export function patchedBy(oracle: LicenseOracle, patch: LicensePatch, outcome: Outcome<Changed>): void {
  const before = oracle.given;
  const planned = afterPlan(oracle, patch.plan);
  const after: Given = { ...patched(planned?.given ?? before, patch), user: patchedUser(before.user, patch) };
  // People share seats, and holds are seats alone.
  const used = Math.max(oracle.seats.inUse(oracle.now), oracle.seats.live(oracle.now));
  const countsAnew =
    before.leasingStrategy !== after.leasingStrategy ||
    before.fingerprintMatchingStrategy !== after.fingerprintMatchingStrategy;
  const mustNotBeLive = (countsAnew || leases(before) !== leases(after)) && used > 0;
  if (!outcome.ok) return refusedPatch(oracle, patch, outcome.refusal, used);
  must("SEAT-8", !mustNotBeLive, () => `leases begin or end, or seats count anew, while ${used} are live`);
  must("SEAT-2", after.leasingStrategy !== "per-instance" || leases(after), () => "instances without a lease");
  const isGraceFair = after.seatRelease === "after-token" || after.leaseGracePeriod <= LONGEST_GRACE_AT_ONCE;
  must("LEASE-8", isGraceFair, () => `a grace of ${after.leaseGracePeriod} under at-once`);
  const isOtherPlan = patch.plan !== undefined && patch.plan.id !== oracle.plan;
  const differs = differing(oracle, before, after, patch) || entitled(oracle, patch) || isOtherPlan;
  const hasOtherInterval = isOtherInterval(oracle, patch);
  setInterval(oracle, patch);
  if (isOtherPlan) putOn(oracle, patch.plan?.id ?? null, planned);
  oracle.seats.setRule(after.seatRelease === "after-token", oracle.now);
  oracle.given = after;
  if (patch.key !== undefined) oracle.key = patch.key;
  if (patch.notes !== undefined) oracle.notes = patch.notes;
  if (patch.meterAttributes !== undefined) oracle.meters.replaced(patch.meterAttributes, outcome.value.license);
  oracle.maintenance.put(after.maintenance, oracle.expiry.isActivated, oracle.now);
  if (after.revoked && !before.revoked) oracle.end(() => true);
  if (after.user?.id !== before.user?.id) oracle.end(({ owner }) => owner !== null);
  if (oracle.seats.afterToken) {
    const endless = oracle.seats.all().find((seat) => isLive(seat, oracle.now) && seat.tokenEnd === null);
    must("SEAT-10", endless === undefined, () => "after-token while a token without an end is out");
  }
  // A change of the period is told of apart.
  if (differs || hasOtherInterval) oracle.revision += 1;
  if (differs) oracle.events.expect("license.updated");
  if (hasOtherInterval) oracle.events.expect("license.subscription.updated");
  seenBy(oracle, outcome.value.license);
}

/** Only what the patch is about may refuse it, with the count of seats if it is for them. */
function refusedPatch(oracle: LicenseOracle, patch: LicensePatch, refusal: Refusal, used: number): void {
  const isAbout = REFUSED_FOR.some((member) => patch[member] !== undefined) || turns(oracle, patch);
  // TPL-2 counts what is live, SEAT-8 what is in use.
  const counted = patch.plan === undefined ? [used] : [used, oracle.seats.live(oracle.now)];
  if (refusal.code === "activations-live") {
    must("SEAT-8", counted.includes(refusal.live), () => `${refusal.live} are told to be live, and ${used} are`);
  }
  const rules = oracle.seats.all().some(({ lapsedUnder }) => lapsedUnder !== null);
  if (refusal.code === "overloaded") return must("SEAT-10", rules, () => "a switch is refused, and no lapse waits");
  const allowed = refusal.code === "invalid-member" || (refusal.code === "activations-live" && used > 0);
  must("SEAT-8", allowed && isAbout, () => `${JSON.stringify(patch)} is refused: ${JSON.stringify(refusal)}`);
}

/** METER-1: what floats does so for good. */
function turns({ given }: LicenseOracle, { meterAttributes = [] }: LicensePatch): boolean {
  const known = given.meterAttributes;
  return meterAttributes.some((meter) =>
    known.some((old) => old.name === meter.name && old.floating !== meter.floating),
  );
}

function differing(oracle: LicenseOracle, before: Given, after: Given, patch: LicensePatch): boolean {
  const shown = ({ user, ...given }: Given) => JSON.stringify([given, user?.id, user?.email]);
  const isOtherKey = patch.key !== undefined && patch.key !== oracle.key;
  const isOtherNote = patch.notes !== undefined && patch.notes !== oracle.notes;
  return shown(before) !== shown(after) || isOtherNote || isOtherKey;
}

/** True if it entitles to something else by now. */
function entitled(oracle: LicenseOracle, { featureEntitlements: given }: LicensePatch): boolean {
  if (given === undefined) return false;
  const shown = () => JSON.stringify(oracle.features);
  const before = shown();
  oracle.features = given.map(({ featureName: name, value, expiresAt: endsAt }) => {
    return { name, value, endsAt, isTold: endsAt !== null && endsAt <= oracle.now };
  });
  return shown() !== before;
}

/** EXP-8: the interval that stands already changes nothing, a period in seconds neither. */
function isOtherInterval({ interval }: LicenseOracle, { subscriptionInterval }: LicensePatch): boolean {
  return subscriptionInterval !== undefined && subscriptionInterval.text !== interval;
}

function setInterval(oracle: LicenseOracle, patch: LicensePatch): void {
  const { subscriptionInterval } = patch;
  if (subscriptionInterval === undefined || !isOtherInterval(oracle, patch)) return;
  const { text, months, seconds } = subscriptionInterval;
  oracle.interval = text;
  oracle.expiry.period = text === null ? null : { months, seconds };
}

/** SNAP-1: the newer of two copies. */
function patchedUser(known: LicenseUser | null, { user, leavesUser }: LicensePatch): LicenseUser | null {
  if (user === undefined) return known?.id === leavesUser ? null : known;
  const isOlder = known !== null && user !== null && known.id === user.id && known.revision > user.revision;
  return isOlder ? known : user;
}

/** TPL-2: type and strategy change only while nothing is live, and with another strategy the license begins anew. */
function putOn(oracle: LicenseOracle, plan: string | null, planned: AfterPlan | null): void {
  oracle.plan = plan;
  if (planned === null) return;
  const { type, expirationStrategy, userLocked } = oracle.given;
  const { given, period } = planned;
  const live = oracle.seats.live(oracle.now);
  const isOtherKind =
    given.type !== type || given.expirationStrategy !== expirationStrategy || given.userLocked !== userLocked;
  must("TPL-2", !isOtherKind || live === 0, () => `type, strategy or lock change while ${live} are live`);
  must("TPL-2", given.expirationStrategy !== "rolling" || given.type === "node-locked", () => `rolling ${given.type}`);
  if (period !== null) {
    oracle.interval = period.interval;
    oracle.expiry.period = period.of;
  }
  if (given.expirationStrategy !== expirationStrategy) {
    oracle.expiry.restart(given.expirationStrategy, oracle.expiry.period, oracle.now);
  }
}

function changed(oracle: LicenseOracle, type: string): void {
  oracle.revision += 1;
  oracle.events.expect(type);
}

/** EXP-4: the plan first. A revoked license refuses both. */
export function renewedBy(oracle: LicenseOracle, call: PlannedRenewCall, outcome: Outcome<Changed>): void {
  asAnswered(oracle.changedOnce, { ...call, now: oracle.now }, outcome, () => renewedFirst(oracle, call, outcome));
}

function renewedFirst(oracle: LicenseOracle, call: PlannedRenewCall, outcome: Outcome<Changed>): void {
  const planned = oracle.expiry.knows(call) || oracle.given.revoked ? null : afterPlan(oracle, call.plan);
  if (planned !== null) {
    putOn(oracle, call.plan?.id ?? null, planned);
    oracle.given = planned.given;
  }
  const { refusal, added } = oracle.expiry.renew(call, oracle.given.revoked, oracle.now);
  if (refusal !== null) return refused(outcome, refusal);
  const { license } = granted(outcome, "EXP-11");
  if (added) changed(oracle, "license.renewed");
  seenBy(oracle, license);
}

/** MAINT-2, MGMT-4. Tokens say nothing of it, and the license is another all the same. */
export function maintainedBy(oracle: LicenseOracle, call: MaintainCall, outcome: Outcome<Changed>): void {
  asAnswered(oracle.changedOnce, { ...call, now: oracle.now }, outcome, () => {
    const { refusal, added } = oracle.maintenance.lengthen(call, oracle.given.revoked, oracle.now);
    if (refusal !== null) return refused(outcome, refusal);
    const { license } = granted(outcome, "MAINT-2");
    if (added) changed(oracle, "license.updated");
    oracle.maintenanceTells();
    seenBy(oracle, license);
  });
}

/** METER-1, MGMT-4. Tokens are told with the next call that counts. */
export function resetBy(oracle: LicenseOracle, call: ResetCall, outcome: Outcome<Changed>): void {
  asAnswered(oracle.changedOnce, { ...call, now: oracle.now }, outcome, () => {
    const meter = oracle.meters.byId(call.meterId);
    if (meter === undefined) return refused(outcome, { code: "meter-unknown" });
    const { license } = granted(outcome, "METER-1");
    if (oracle.meters.reset(meter)) oracle.events.expect("license.updated");
    seenBy(oracle, license);
  });
}

/** SNAP-1. */
export function emailSetBy(
  oracle: LicenseOracle,
  { userId, email, revision }: UserEmail,
  outcome: Outcome<null>,
): void {
  granted(outcome, "SNAP-1");
  const { user } = oracle.given;
  if (user?.id !== userId || user.revision >= revision) return;
  if (user.email !== email) changed(oracle, "license.updated");
  oracle.given = { ...oracle.given, user: { id: userId, email, revision } };
}

export function deletedBy(oracle: LicenseOracle, outcome: Outcome<null>): void {
  granted(outcome, "DEL-1");
  oracle.deleted = true;
  oracle.end(() => true);
  oracle.events.expect("license.deleted");
}

/** CNT-1: what a management call shows. */
export function seenBy(oracle: LicenseOracle, view: LicenseView): void {
  same("KEY-2", "the key shown", view.key, oracle.key);
  same("CNT-1", "totalActivations", view.totalActivations, oracle.seats.live(oracle.now));
  same("CNT-1", "totalDeactivations", view.totalDeactivations, oracle.deactivations);
  same("EVT-1", "the revision", view.revision, oracle.revision);
  same("TPL-2", "the plan shown", view.terms.licenseTemplateId, oracle.plan);
  same("TPL-2", "the type shown", view.terms.type, oracle.given.type);
  same("EXP-1", "the end shown", licenseEnd(view.terms.end), oracle.expiry.licenseEnd);
  same("EXP-1", "pendingRenewals", view.terms.pendingRenewals, oracle.expiry.pendingRenewals);
  same("STAND-2", "revoked", view.terms.revoked, oracle.given.revoked);
  same("STAND-2", "suspended", view.terms.suspended, oracle.given.suspended);
  same("SEAT-9", "the overage shown", view.terms.allowedOverage, oracle.given.allowedOverage);
  same("SEAT-2", "the leasing shown", view.terms.leasingStrategy, oracle.given.leasingStrategy);
  same("SEAT-5", "the limit shown", view.terms.allowedActivations, oracle.given.allowedActivations);
  same("REL-1", "the latest release shown", view.currentReleaseVersion, oracle.newest);
  same("MAINT-2", "the maintenance's end shown", view.terms.maintenance?.expiresAt ?? null, oracle.maintenance.end);
  oracle.meters.shown(view);
  same("SNAP-1", "the user's e-mail", view.terms.user?.email ?? null, oracle.given.user?.email ?? null);
  must("CLOCK-1", (view.lastUsedAt ?? 0) <= oracle.now, () => `lastUsedAt is ${view.lastUsedAt}, after now`);
}
