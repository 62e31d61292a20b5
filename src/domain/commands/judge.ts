/**
 * Judges an activation: the checks that a license's object makes, in their order, each with its evidence (CHK-1).
 * Whoever grants one stands on it, and whoever only asks.
 */

import type { UsesWish } from "../license/device.ts";
import { machineRefusal } from "../license/machine.ts";
import { networkRefusal } from "../license/network.ts";
import { productRefusal } from "../license/product-match.ts";
import { releaseRefusal } from "../license/release.ts";
import { standingRefusal, unusableRefusal } from "../license/standing.ts";
import type { Refusal } from "../refusal.ts";
import { authenticationRefusal, foreignRefusal, isVendor, personOf } from "../seats/owner.ts";
import { usesRefusal, usesRefusalOnceSwept } from "../seats/meters.ts";
import { endLapsed, seatRefusal, sweepForRoom } from "../seats/seats.ts";
import { sharedSeat, type SharedSeat } from "../seats/shared-seat.ts";
import type { Activation } from "../turn/ledger.ts";
import type { Look } from "../turn/look.ts";
import type { Turn } from "../turn/turn.ts";
import { asTheyAre, knownDevice, settling, type KnownDevice, type Settle, type Wish } from "./known-device.ts";

/**
 * `new`: what the caller has against anything but resuming. A new one does not compile until each table of them has it.
 */
export type Check = (typeof CHECKS)[number][0];

export type Verdict =
  | { readonly ok: true; readonly known: KnownDevice }
  | {
      readonly ok: false;
      /** The first check that fails. */
      readonly check: Check;
      readonly refusal: Refusal;
      readonly known: KnownDevice;
    };

/** How what the clock has ended is met (LEASE-4). */
export interface Means {
  readonly settle: Settle;
  /** Read once, also by who then grants it. A call has one holder. */
  readonly shared: (holder: string) => SharedSeat;
  readonly seatRefusal: (holder: string | null) => Refusal | null;
  readonly usesRefusal: (wishes: readonly UsesWish[]) => Refusal | null;
  readonly againstNew: Refusal | null;
}

/** It is counted as ended, and stays. */
export function looking(look: Look): Means {
  const seat = () => seatRefusal(look);
  const shared = sharedOnce(look);
  return {
    settle: asTheyAre,
    shared,
    seatRefusal: (holder) => refusalFor(shared, holder, seat, () => null),
    usesRefusal: (wishes) => usesRefusal(look, wishes),
    againstNew: null,
  };
}

/** The device's own ends there and then, and a few others where there is no room. */
export function sweeping(turn: Turn, againstNew: Refusal | null = null): Means {
  const seat = () => {
    sweepForRoom(turn);
    return seatRefusal(turn);
  };
  const end = (row: Activation) => endLapsed(turn, row);
  const shared = sharedOnce(turn);
  return {
    settle: settling(turn),
    shared,
    seatRefusal: (holder) => refusalFor(shared, holder, seat, end),
    usesRefusal: (wishes) => usesRefusalOnceSwept(turn, wishes),
    againstNew,
  };
}

function sharedOnce(look: Look): Means["shared"] {
  let read: SharedSeat | null = null;
  return (holder) => (read ??= sharedSeat(look, holder));
}

/** SEAT-2: who shares a seat with devices of theirs needs no other. `seat`: why there is none for a newcomer. */
function refusalFor(
  shared: Means["shared"],
  holder: string | null,
  seat: () => Refusal | null,
  end: (over: Activation) => void,
): Refusal | null {
  if (holder === null) return seat();
  const { says, over } = shared(holder);
  over.forEach(end);
  if (says === "none") return seat();
  return says === "room" ? null : says;
}

export function judge(look: Look, wish: Wish, means: Means): Verdict {
  const known = knownDevice(look, wish, means.settle);
  const judged = { look, wish, means, known };
  for (const [check, refusalOf] of CHECKS) {
    const refusal = refusalOf(judged);
    if (refusal !== null) return { ok: false, check, refusal, known };
  }
  return { ok: true, known };
}

/** The checks of the standing for this device, whose own lapses end with it; null = they pass. */
export function standingOf(turn: Turn, wish: Wish): Refusal | null {
  return standingOfDevice(turn, wish, knownDevice(turn, wish, settling(turn)));
}

/** What binds wherever it is called (AUTH-6): checks 8 to 12 alone; null = they pass. */
export function bindingRefusal(look: Look, wish: Wish): Refusal | null {
  for (const [, refusalOf] of BINDING) {
    const refusal = refusalOf({ look, wish, known: null });
    if (refusal !== null) return refusal;
  }
  return null;
}

interface Asked {
  readonly look: Look;
  readonly wish: Wish;
  /** Null: of an activation that was found by its id, for who may act on it. */
  readonly known: KnownDevice | null;
}

interface Judged extends Asked {
  readonly means: Means;
  readonly known: KnownDevice;
}

/** Of the terms, against what is known of the device and of who calls: neither looks at a seat. */
const BINDING = [
  ["product", ({ look, wish }) => productRefusal(look.license.terms, wish.productId)],
  ["network", ({ look, wish }) => networkRefusal(look.license.terms, wish.network)],
  ["machine", ({ look, wish }) => machineRefusal(look.license.terms, wish.device)],
  ["user", (asked: Asked) => userRefusal(asked)],
  ["release", ({ look, wish }) => releaseRefusal(look.license.terms, look.tally.releaseVersion, wish.device, look.now)],
] as const satisfies readonly (readonly [string, (asked: Asked) => Refusal | null])[];

/** THE ORDER (CHK-1). */
const CHECKS = [
  ["fingerprint", ({ look, wish }) => fingerprintRefusal(look, wish)],
  ["standing", ({ look, wish, known }) => standingOfDevice(look, wish, known)],
  ...BINDING,
  ["device", ({ look, known }) => deviceRefusal(look, known)],
  ["new", ({ means, known }) => (known.live === null ? means.againstNew : null)],
  ["seats", ({ means, known }) => (needsSeat(known) ? means.seatRefusal(known.holder) : null)],
  ["uses", ({ wish, means }) => means.usesRefusal(wish.uses ?? [])],
] as const satisfies readonly (readonly [string, (judged: Judged) => Refusal | null])[];

/** NET-1: where a device is a fingerprint and an OS user, both have to be told. */
export const USER_HASH_NEEDED: Refusal = {
  code: "invalid-member",
  pointer: "/userHash",
  detail: "is needed: the license is locked to the user",
};

/** Of an unknown device nothing is told. */
function fingerprintRefusal({ license }: Look, { fingerprint, device }: Wish): Refusal | null {
  if (fingerprint === null || !license.terms.userLocked || device.userHash !== null) return null;
  return USER_HASH_NEEDED;
}

/** STAND-1. */
function standingOfDevice({ license, now }: Look, { admitsEnded }: Wish, { endsAt }: KnownDevice): Refusal | null {
  return admitsEnded ? unusableRefusal(license.terms, now) : standingRefusal(license.terms, now, endsAt);
}

/** AUTH-7: the vendor passes, but for a seat that some person has to share (SEAT-2). */
function userRefusal({ look, wish, known }: Asked): Refusal | null {
  const { terms } = look.license;
  const person = personOf(wish.principal);
  const isForNobody = terms.leasingStrategy === "per-user" && known !== null && known.live === null;
  const refusal = isVendor(wish) && !isForNobody ? null : authenticationRefusal(terms, person);
  return refusal ?? (wish.admitsEnded && known?.claim === "foreign" ? foreignRefusal(wish) : null);
}

/** SEAT-3. */
function deviceRefusal({ license }: Look, { claim }: KnownDevice): Refusal | null {
  const mayResume = claim !== "foreign" && license.terms.duplicateActivation === "resume";
  return claim === null || mayResume ? null : { code: "device-already-activated" };
}

/** SEAT-2: a device has one, and its own hold becomes it again. */
function needsSeat({ live, held }: KnownDevice): boolean {
  return live === null && held === null;
}
