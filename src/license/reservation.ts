/**
 * Taking in D1 what a change is going to need, before the object commits to it: a key (KEY-2), a user, a policy
 * or an entitlement set (REF-1). Call inside the lock, so that no relay tidies it away.
 */

import type { Changed, LicensePatch, PatchCall, PlanChange, PlannedRenewCall } from "../domain/license/calls.ts";
import type { Naming } from "../domain/license/naming.ts";
import type { License, LicenseUser, Terms } from "../domain/terms/license.ts";
import { no, yes, type Outcome } from "../domain/outcome.ts";
import type { Refusal } from "../domain/refusal.ts";
import { reserveTarget, reserveUser, type TargetTable } from "../registry/object/reserve-reference.ts";
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

interface Target {
  readonly table: TargetTable;
  readonly member: keyof Naming;
  /** What is named; null = none is. */
  readonly idIn: (naming: Naming) => string | null;
  /** What the license refers to already, and is there as long as it does (DEL-1). */
  readonly idOf: (terms: Terms) => string | null;
  readonly unknown: Refusal;
}

const TARGETS: readonly Target[] = [
  {
    table: "maintenance_policies",
    member: "maintenance",
    idIn: ({ maintenance }) => maintenance?.id ?? null,
    idOf: ({ maintenance }) => maintenance?.id ?? null,
    unknown: unknownAt("/maintenancePolicyId", "there is no such maintenance policy"),
  },
  {
    table: "entitlement_sets",
    member: "entitlementSetId",
    idIn: ({ entitlementSetId }) => entitlementSetId ?? null,
    idOf: ({ entitlementSetId }) => entitlementSetId,
    unknown: unknownAt("/entitlementSetId", "there is no such entitlement set"),
  },
];

/** Whether anything in this change has to be free, or there, before it can be made. */
export function mustReserve(patch: LicensePatch): boolean {
  const { key, user = null, plan } = patch;
  return key !== undefined || user !== null || needsTarget(patch) || needsTarget(plan);
}

/** Whether this names a maintenance policy or an entitlement set, which has to be there. */
export function needsTarget(naming: Naming | undefined): boolean {
  return naming !== undefined && TARGETS.some(({ idIn }) => idIn(naming) !== null);
}

/**
 * Reserves everything that this change of `license` takes, and answers the user as of then, to be committed in place of
 * the caller's older reading (SNAP-1). After it, the caller looks at its rule again. Refusals: `already-exists`,
 * `invalid-member`, `license-unknown`, `storage-unavailable`: nothing changed.
 */
export async function reserveFor(
  held: Held,
  license: License,
  { patch, requestId }: PatchCall,
): Promise<Outcome<Pick<LicensePatch, "user" | "plan">>> {
  const { key, user = null, plan } = patch;
  if (key !== undefined && key !== license.key) {
    const reserved = await reserve(held, license.id, requestId, (db, asking) => keyFor(db, asking, key));
    if (!reserved.ok) return reserved;
  }
  // What the body names itself wins over the plan's (TPL-2).
  const left = TARGETS.filter(({ member }) => patch[member] === undefined);
  const planned = await reservePlan(held, license, plan, left, requestId);
  if (!planned.ok) return planned;
  for (const target of TARGETS) {
    const isThere = await targetIsThere(held, license, target, patch, requestId);
    if (!isThere.ok) return isThere;
    if (!isThere.value) return no(target.unknown);
  }
  // As it is after that wait: the user may have been taken off meanwhile, and its e-mail have changed.
  const { terms } = held.license ?? license;
  if (user === null || user.id === terms.user?.id) return planned;
  const reserved = await reserve(held, license.id, requestId, (db, asking) => userFor(db, asking, user.id));
  return reserved.ok ? yes({ ...planned.value, user: reserved.value }) : reserved;
}

function unknownAt(pointer: string, detail: string): Refusal {
  return { code: "invalid-member", pointer, detail };
}

/**
 * Reserves what a plan brings of `targets`. What has gone meanwhile is null in the answer: the plan's rules say what
 * becomes of it. Refusals: `license-unknown`, `storage-unavailable`: nothing changed.
 */
async function reservePlan(
  held: Held,
  license: License,
  plan: PlanChange | undefined,
  targets: readonly Target[],
  requestId: string,
): Promise<Outcome<{ readonly plan?: PlanChange }>> {
  if (plan === undefined) return yes({});
  let reserved = plan;
  for (const target of targets) {
    const isThere = await targetIsThere(held, license, target, plan, requestId);
    if (!isThere.ok) return isThere;
    if (!isThere.value) reserved = { ...reserved, [target.member]: null };
  }
  return yes(reserved === plan ? {} : { plan: reserved });
}

/**
 * REF-1: `renew`, once what its plan brings is reserved; whether it counts, EXP-11 and the plan say then. Refusals:
 * those of `renew`, and `reservePlan`'s.
 */
export async function withTargets(
  held: Held,
  licenseId: string,
  call: PlannedRenewCall,
  renew: (planned: PlannedRenewCall) => Outcome<Changed>,
): Promise<Outcome<Changed>> {
  const { license } = held;
  if (license === null || whose(held, { licenseId }) !== "held") return no({ code: "license-unknown" });
  const reserved = await reservePlan(held, license, call.plan, TARGETS, call.requestId);
  return reserved.ok ? renew({ ...call, ...reserved.value }) : reserved;
}

/** True also where none is named, or the license's own is. */
async function targetIsThere(
  held: Held,
  license: License,
  { table, idIn, idOf }: Target,
  naming: Naming,
  requestId: string,
): Promise<Outcome<boolean>> {
  const targetId = idIn(naming);
  if (targetId === null || targetId === idOf((held.license ?? license).terms)) return yes(true);
  return await reserve(held, license.id, requestId, (db, asking) => targetFor(db, asking, table, targetId));
}

async function targetFor(
  db: D1Database,
  asking: Asking,
  table: TargetTable,
  targetId: string,
): Promise<Answer<boolean>> {
  const { result, fenceBefore } = await reserveTarget(db, { ...asking, table, targetId });
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
