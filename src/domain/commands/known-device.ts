/** What is stored of the device that activates, and what the caller is to it (SEAT-2, SEAT-3, SEAT-10, FP-1). */

import type { Principal } from "../license/calls.ts";
import type { DeviceWish } from "../license/device.ts";
import { mostAlike } from "../seats/alike.ts";
import { deviceOf, holderOf, type Scope } from "../seats/identity.ts";
import { claimOn, personOf, type Claim } from "../seats/owner.ts";
import { deviceMemory, memoryEnd } from "../seats/rolling.ts";
import { isHeld, isLive, settleDevice } from "../seats/seats.ts";
import { licenseEnd } from "../terms/expiry.ts";
import type { Activation, RollingMemory } from "../turn/ledger.ts";
import type { Look } from "../turn/look.ts";
import type { Turn } from "../turn/turn.ts";

/** Who wants to activate which device, and what it says of itself. */
export interface Wish extends DeviceWish {
  readonly principal: Principal;
  /** Null = one that nobody knows. */
  readonly fingerprint: string | null;
}

export interface KnownDevice extends Scope {
  /** `Activation.device`; null = it is not told from others (`per-instance`), or not known. */
  readonly device: string | null;
  readonly live: Activation | null;
  /** What the caller is to the live one; null where there is none. */
  readonly claim: Claim | null;
  /** An ended activation whose seat still counts: its device may take it over (SEAT-10). */
  readonly held: Activation | null;
  /** Whether the same fingerprint was presented then, and not one that is like it. */
  readonly isExact: boolean;
  readonly clock: RollingMemory | null;
  /** When it would end (epoch ms), as far as that is known: with its license, or by its own clock (EXP-10). */
  readonly endsAt: number | null;
}

/** Of stored rows: what the clock has ended of them may end there and then (LEASE-4). */
export type Settle = (rows: readonly Activation[]) => readonly Activation[];

export function knownDevice(look: Look, wish: Wish, settle: Settle): KnownDevice {
  const { ledger, license } = look;
  const { terms } = license;
  const person = personOf(wish.principal);
  const scope: Scope = {
    lockedTo: terms.userLocked ? wish.device.userHash : null,
    holder: holderOf(terms, person, ledger),
  };
  const isTold = wish.fingerprint !== null && terms.leasingStrategy !== "per-instance";
  const device = isTold ? deviceOf(wish.fingerprint, scope, ledger) : null;
  const rows = device === null ? [] : settle(ledger.activationsOf(device));
  const same = found(look, rows);
  const isExact = same.live !== null || same.held !== null;
  const { live, held } = isExact || !isTold ? same : found(look, settle(alike(look, wish, wish.fingerprint, scope)));
  const clock =
    terms.expirationStrategy === "rolling" && device !== null ? clockOf(look, device, rows, live ?? held) : null;
  return {
    ...scope,
    device,
    live,
    claim: live === null ? null : claimOn(terms, live, wish),
    held,
    isExact,
    clock,
    endsAt: clock === null ? licenseEnd(terms.end) : memoryEnd(ledger, clock),
  };
}

/** EXP-3: a live one has its own. What is remembered is remembered of the exact fingerprint; else a hold's goes on. */
function clockOf(
  look: Look,
  device: string,
  rows: readonly Activation[],
  known: Activation | null,
): RollingMemory | null {
  const itsOwn = () => (known === null ? null : deviceMemory(look, known.device ?? device, [known]));
  return known !== null && isLive(look, known) ? itsOwn() : (deviceMemory(look, device, rows) ?? itsOwn());
}

/** It is counted as ended, and stays. */
export const asTheyAre: Settle = (rows) => rows;

/** SEAT-2: so that no later terms make a second seat of a lapse that nobody swept. */
export function settling(turn: Turn): Settle {
  return (rows) => (settleDevice(turn, rows) ? rows.flatMap(({ seq }) => turn.ledger.range(seq - 1, seq, 1)) : rows);
}

function found(look: Look, rows: readonly Activation[]): Pick<KnownDevice, "live" | "held"> {
  return {
    live: rows.find((row) => isLive(look, row)) ?? null,
    held: rows.find((row) => isHeld(look, row)) ?? null,
  };
}

/** FP-1: what is not the same is nobody else's. */
function alike(look: Look, wish: Wish, fingerprint: string, scope: Scope): readonly Activation[] {
  const isOwn = (row: Activation) => claimOn(look.license.terms, row, wish) === "own";
  const counts = (row: Activation) => isOwn(row) && (isLive(look, row) || isHeld(look, row));
  const activation = mostAlike(look, fingerprint, scope, counts);
  return activation === null ? [] : [activation];
}
