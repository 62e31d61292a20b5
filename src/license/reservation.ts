/**
 * Taking in D1 what a change is going to need, before the object commits to it: a key (KEY-2), a user (REF-1). Call
 * inside the lock, so that no relay tidies it away.
 */

import type { LicensePatch, PatchCall } from "../domain/license/calls.ts";
import type { License, LicenseUser } from "../domain/terms/license.ts";
import { no, yes, type Outcome } from "../domain/outcome.ts";
import { reserveUser } from "../registry/object/reserve-user.ts";
import { reserveKey } from "../registry/object/reserve.ts";
import { notedFence } from "./fence.ts";
import { RELAY_NET, type Held } from "./held.ts";

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
export function mustReserve({ key, user }: LicensePatch): boolean {
  return key !== undefined || (user !== undefined && user !== null);
}

/**
 * Reserves everything that this change of `license` takes, and answers the user as of then, to be committed in place of
 * the caller's older reading (SNAP-1). After it, the caller looks at its rule again. Refusals: `already-exists`,
 * `invalid-member`, `license-unknown`, `storage-unavailable`: nothing changed.
 */
export async function reserveFor(
  held: Held,
  license: License,
  { patch: { key, user = null }, requestId }: PatchCall,
): Promise<Outcome<Pick<LicensePatch, "user">>> {
  if (key !== undefined && key !== license.key) {
    const reserved = await reserve(held, license.id, requestId, (db, asking) => keyFor(db, asking, key));
    if (!reserved.ok) return reserved;
  }
  // As it is after that wait: the user may have been taken off meanwhile, and its e-mail have changed.
  const { terms } = held.license ?? license;
  if (user === null || user.id === terms.user?.id) return yes({});
  const reserved = await reserve(held, license.id, requestId, (db, asking) => userFor(db, asking, user.id));
  return reserved.ok ? yes({ user: reserved.value }) : reserved;
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
