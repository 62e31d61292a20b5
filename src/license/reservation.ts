/**
 * Taking in D1 what a change is going to need, before the object commits to it: a key (KEY-2), a user or a policy
 * (REF-1). Call inside the lock, so that no relay tidies it away.
 */

import type { Changed, LicensePatch, PatchCall, PlanChange, PlannedRenewCall } from "../domain/license/calls.ts";
import type { License, LicenseUser } from "../domain/terms/license.ts";
import { no, yes, type Outcome } from "../domain/outcome.ts";
import { reservePolicy, reserveUser } from "../registry/object/reserve-reference.ts";
import { reserveKey } from "../registry/object/reserve.ts";
import { notedFence } from "./fence.ts";
import { RELAY_NET, type Held } from "./held.ts";
import { whose } from "./whose.ts";

/** Who asks D1, and under which fence. */
interface Asking {
  readonly licenseId: string;
  readonly fence: number;
  readonly fenceConfirmed: number;
}

/** D1's answer; `fenceBefore` null = it does not know the license (OPS-1). */
interface Answer<T> {
  readonly outcome: Outcome<T> | "license-missing";
  readonly fenceBefore: number | null;
}

/** Whether anything in this change has to be free, or there, before it can be made. */
export function mustReserve({ key, user, maintenance, plan }: LicensePatch): boolean {
  return key !== undefined || isSome(user) || isSome(maintenance) || needsPolicy(plan);
}

/** Whether this plan brings a maintenance policy, which has to be there. */
export function needsPolicy(plan: PlanChange | undefined): boolean {
  return isSome(plan?.maintenance);
}

function isSome(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/**
 * Reserves everything that this change of `license` takes, and answers the user as of then, to be committed in place of
 * the caller's older reading (SNAP-1). After it, the caller looks at its rule again. Refusals: `already-exists`,
 * `invalid-member`, `license-unknown`, `storage-unavailable`: nothing changed.
 */
export async function reserveFor(
  held: Held,
  license: License,
  { patch: { key, user = null, maintenance, plan }, requestId }: PatchCall,
): Promise<Outcome<Pick<LicensePatch, "user" | "plan">>> {
  if (key !== undefined && key !== license.key) {
    const reserved = await reserve(held, license.id, requestId, (db, asking) => keyFor(db, asking, key));
    if (!reserved.ok) return reserved;
  }
  // What the body names itself wins over the plan's (TPL-2).
  const planned = maintenance === undefined ? await reservePlan(held, license, plan, requestId) : yes({});
  if (!planned.ok) return planned;
  if (maintenance !== undefined && maintenance !== null) {
    const isThere = await policyIsThere(held, license, maintenance.id, requestId);
    if (!isThere.ok) return isThere;
    if (!isThere.value) return no(UNKNOWN_POLICY);
  }
  // As it is after that wait: the user may have been taken off meanwhile, and its e-mail have changed.
  const { terms } = held.license ?? license;
  if (user === null || user.id === terms.user?.id) return planned;
  const reserved = await reserve(held, license.id, requestId, (db, asking) => userFor(db, asking, user.id));
  return reserved.ok ? yes({ ...planned.value, user: reserved.value }) : reserved;
}

const UNKNOWN_POLICY = {
  code: "invalid-member",
  pointer: "/maintenancePolicyId",
  detail: "there is no such maintenance policy",
} as const;

/**
 * Reserves the policy that a plan brings. One that has gone meanwhile is null in the answer: the plan's rules say what
 * becomes of it. Refusals: `license-unknown`, `storage-unavailable`: nothing changed.
 */
async function reservePlan(
  held: Held,
  license: License,
  plan: PlanChange | undefined,
  requestId: string,
): Promise<Outcome<{ readonly plan?: PlanChange }>> {
  const policy = plan?.maintenance ?? null;
  if (plan === undefined || policy === null) return yes({});
  const isThere = await policyIsThere(held, license, policy.id, requestId);
  if (!isThere.ok) return isThere;
  return yes(isThere.value ? {} : { plan: { ...plan, maintenance: null } });
}

/**
 * REF-1: `renew`, once the policy that its plan brings is reserved; whether it counts, EXP-11 and the plan say then.
 * Refusals: those of `renew`, and `reservePlan`'s.
 */
export async function withPolicy(
  held: Held,
  licenseId: string,
  call: PlannedRenewCall,
  renew: (planned: PlannedRenewCall) => Outcome<Changed>,
): Promise<Outcome<Changed>> {
  const { license } = held;
  if (license === null || whose(held, { licenseId }) !== "held") return no({ code: "license-unknown" });
  const reserved = await reservePlan(held, license, call.plan, call.requestId);
  return reserved.ok ? renew({ ...call, ...reserved.value }) : reserved;
}

/** The license's own policy is there as long as it is (DEL-1). */
async function policyIsThere(
  held: Held,
  license: License,
  policyId: string,
  requestId: string,
): Promise<Outcome<boolean>> {
  const { terms } = held.license ?? license;
  if (policyId === terms.maintenance?.id) return yes(true);
  return await reserve(held, license.id, requestId, (db, asking) => policyFor(db, asking, policyId));
}

async function policyFor(db: D1Database, asking: Asking, policyId: string): Promise<Answer<boolean>> {
  const { result, fenceBefore } = await reservePolicy(db, { ...asking, policyId });
  return { outcome: result === "license-missing" ? result : yes(result === "reserved"), fenceBefore };
}

async function keyFor(db: D1Database, asking: Asking, key: string): Promise<Answer<null>> {
  const { result, fenceBefore } = await reserveKey(db, { ...asking, key });
  if (result === "license-missing") return { outcome: result, fenceBefore };
  return { outcome: result === "taken" ? no({ code: "already-exists", pointer: "/key" }) : yes(null), fenceBefore };
}

async function userFor(db: D1Database, asking: Asking, userId: string): Promise<Answer<LicenseUser>> {
  const { result, fenceBefore, user } = await reserveUser(db, { ...asking, userId });
  if (result === "license-missing") return { outcome: result, fenceBefore };
  const unknown = { code: "invalid-member", pointer: "/userId", detail: "there is no such user" } as const;
  return { outcome: user === null ? no(unknown) : yes(user), fenceBefore };
}

async function reserve<T>(
  held: Held,
  licenseId: string,
  requestId: string,
  ask: (db: D1Database, asking: Asking) => Promise<Answer<T>>,
): Promise<Outcome<T>> {
  const { host, incarnation } = held;
  const { fence: last, fenceConfirmed } = held.ledger.tally();
  const fence = last + 1;
  held.alarm.atomically(() => {
    held.note(() => ({ fence }));
    held.alarm.armBy(host.clock() + RELAY_NET);
  });
  try {
    const { outcome, fenceBefore } = await ask(host.db, { licenseId, fence, fenceConfirmed });
    if (held.incarnation !== incarnation || held.isDeleted(licenseId)) return no({ code: "license-unknown" });
    // It does not confirm its fence: the relay that follows does, and tidies what was reserved and not used.
    const noted = notedFence(held.ledger.tally(), { fence, restore: null }, fenceBefore);
    if (!noted.applied) host.transact(() => held.note(() => noted.change));
    if (outcome !== "license-missing") return outcome;
    // D1 does not know this license, or an older one: it was set back, and the relay makes it good (OPS-1).
    held.alarm.armBy(host.clock());
    return no({ code: "storage-unavailable" });
  } catch (error) {
    host.report("what a change needs could not be reserved in D1", error, { requestId });
    return no({ code: "storage-unavailable" });
  }
}
