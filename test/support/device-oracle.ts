/**
 * Which device is which and whose its seat is, said naively on a list of seats that is looked through one by one:
 * leasing per machine, instance and user, the lock to an OS user, and fingerprints that are alike (SEAT-2, SEAT-3,
 * FP-1).
 */

import type { Principal, SignedInUser } from "../../src/domain/license/calls.ts";
import type { LicenseUser } from "../../src/domain/terms/license.ts";
import type { Settings } from "../../src/domain/terms/settings.ts";
import { mayResume, personIn } from "./owner-oracle.ts";
import { isLive, type Seat, type SeatList } from "./seat-oracle.ts";

/** What a device is to its license. */
export interface Device {
  readonly device: string;
  readonly lockedTo: string | null;
  /** Null: the seat is this device's alone. */
  readonly holder: string | null;
  readonly isInstance: boolean;
}

export type DeviceSeat = Seat & Device;

export type DeviceTerms = Pick<Settings, "leasingStrategy" | "fingerprintMatchingStrategy" | "userLocked">;

const DEVICES_OF_ONE = 100;

export function deviceOf(
  { leasingStrategy, userLocked }: DeviceTerms,
  user: LicenseUser | null,
  { device, userHash, person }: { device: string; userHash: string | null; person: SignedInUser | null },
): Device {
  const mine = person === null ? null : `${person.issuer} ${person.subject}`;
  const theirs = user === null ? mine : user.id;
  return {
    device,
    lockedTo: userLocked ? userHash : null,
    holder: leasingStrategy === "per-user" ? theirs : null,
    isInstance: leasingStrategy === "per-instance",
  };
}

/** The same text for the same device. */
export function deviceKey({ device, lockedTo, holder }: Device): string {
  return JSON.stringify([device, lockedTo, holder]);
}

/** The seat of the same device that counts: live, or held. */
export function seatOfDevice<Kind extends DeviceSeat>(
  seats: SeatList<Kind>,
  wanted: Device,
  matching: DeviceTerms["fingerprintMatchingStrategy"],
  { user, caller, now }: { user: LicenseUser | null; caller: Principal; now: number },
): Kind | undefined {
  if (wanted.isInstance) return undefined;
  const mine = seats
    .all()
    .filter(
      (seat) =>
        !seat.isInstance &&
        seat.lockedTo === wanted.lockedTo &&
        (seat.holder ?? "") === (wanted.holder ?? "") &&
        (isLive(seat, now) || seats.counts(seat, now)),
    );
  const same = mine.filter(({ device }) => device === wanted.device);
  const exact = same.find((seat) => isLive(seat, now)) ?? same[0];
  if (exact !== undefined || matching === "exact") return exact;
  const isOwn = ({ owner }: Kind) => (owner === null) === (personIn(caller) === null) && mayResume(user, owner, caller);
  const share = ({ device }: Kind) => likenessOf(matching, device, wanted.device);
  const order = (one: Kind, other: Kind) =>
    share(other) - share(one) || Number(isLive(other, now)) - Number(isLive(one, now));
  // In the order of birth.
  return mine.filter((seat) => isOwn(seat) && share(seat) > 0).toSorted(order)[0];
}

/** Seats of a person's devices, none of which takes another one; null = there is none of theirs that counts. */
export function sharedBy<Kind extends DeviceSeat>(
  seats: SeatList<Kind>,
  { holder }: Pick<Device, "holder">,
  now: number,
): { readonly seats: readonly Kind[]; readonly isFull: boolean } | null {
  const theirs = holder === null ? [] : seats.all().filter((seat) => seat.holder === holder && seats.counts(seat, now));
  return theirs.length === 0 ? null : { seats: theirs, isFull: theirs.length >= DEVICES_OF_ONE };
}

/** Whether who presents this fingerprint may be the device of another one. */
export function isAlike(strategy: DeviceTerms["fingerprintMatchingStrategy"], one: string, other: string): boolean {
  return one === other || likenessOf(strategy, one, other) > 0;
}

/** FP-1, by the letter; 0 = no match. */
export function likenessOf(strategy: DeviceTerms["fingerprintMatchingStrategy"], one: string, other: string): number {
  const [a, b] = [one.split(";"), other.split(";")];
  if (strategy === "exact" || !isStructured(a) || !isStructured(b)) return 0;
  const n = Math.max(a.length, b.length);
  const equal = a.filter((part) => !part.endsWith("=") && b.includes(part)).length;
  const least = Math.max(2, Math.ceil(n / (strategy === "fuzzy" ? 2 : 4)));
  return equal >= least ? equal / n : 0;
}

function isStructured(parts: readonly string[]): boolean {
  const names = parts.map((part) => /^([^=]+)=/u.exec(part)?.[1]);
  return parts.length > 1 && parts.length <= 32 && !names.includes(undefined) && new Set(names).size === parts.length;
}
