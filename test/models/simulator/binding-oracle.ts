/** Checks 8 to 10 and 12 of a license, said naively: product, network, machine and release (NET-1, REL-1, MAINT-1). */

import type { DeviceWish } from "../../../src/domain/license/device.ts";
import type { Refusal } from "../../../src/domain/refusal.ts";
import { PRODUCT, RANGES } from "./claims.ts";
import type { Given } from "./given.ts";
import type { LicenseOracle } from "./oracle.ts";

/** Before anybody is asked who calls. */
export function placeRefusal(given: Given, { productId, network, device }: DeviceWish): Refusal | null {
  if (productId !== null && productId !== PRODUCT) return { code: "product-mismatch" };
  const { country, address } = network;
  if (!isIn(country, given.allowedCountries, given.disallowedCountries))
    return { code: "country-not-allowed", country };
  const allowed = [
    ...given.allowedIpAddresses,
    ...given.allowedIpRanges.flatMap((range) => [range, ...inRange(range)]),
  ];
  if (!isIn(address, allowed, given.disallowedIpAddresses)) return { code: "ip-address-not-allowed", address };
  if (!given.allowVmActivation && device.vmName !== null && device.vmName !== " ") return { code: "vm-not-allowed" };
  const mayContain = given.allowContainerActivation && given.type !== "on-premise-floating";
  return device.container === true && !mayContain ? { code: "container-not-allowed" } : null;
}

/** What is not known is allowed where everything is, and is never forbidden. */
function isIn(what: string | null, allowed: readonly string[], forbidden: readonly string[]): boolean {
  if (what === null) return allowed.length === 0;
  return (allowed.length === 0 || allowed.includes(what)) && !forbidden.includes(what);
}

function inRange(range: string): readonly string[] {
  return RANGES[range] ?? [];
}

export function versionRefusal(oracle: LicenseOracle, { device }: DeviceWish): Refusal | null {
  const { given, newest, maintenance, now } = oracle;
  const { releaseVersion: told, releasePublishedAt: publishedAt } = device;
  const version = placesOf(told) === null ? null : told;
  const refused = (why: Extract<Refusal, { code: "version-not-allowed" }>["why"]): Refusal => {
    return { code: "version-not-allowed", version, why };
  };
  if (given.maintenance === null) {
    const latest = given.maxAllowedReleaseVersion;
    if (latest === null || (version !== null && compared(version, latest) <= 0)) return null;
    return refused({ kind: "limit", latest });
  }
  if (version === null) return refused({ kind: "unknown" });
  const isUpdate = newest !== null && compared(version, newest) > 0;
  const kind = isUpdate ? ["major", "minor"][differsAt(version, newest)] : undefined;
  if (kind === "major" && !given.maintenance.allowMajorVersionUpdates) return refused({ kind, newest });
  if (kind === "minor" && !given.maintenance.allowMinorVersionUpdates) return refused({ kind, newest });
  const endedAt = maintenance.end;
  if (endedAt === null || endedAt > now) return null;
  const isOld = publishedAt === null ? newest !== null && !isUpdate : publishedAt < endedAt;
  return isOld ? null : refused({ kind: "over", endedAt });
}

/** REL-1: a device was let in with this. */
export function noteVersion(oracle: LicenseOracle, { device: { releaseVersion: told } }: DeviceWish): void {
  if (told === null || placesOf(told) === null) return;
  if (oracle.newest === null || compared(told, oracle.newest) > 0) oracle.newest = told;
}

/** Null = no version. */
function placesOf(text: string | null): readonly number[] | null {
  const places = text?.split(".").map(Number) ?? [];
  return places.length < 2 || places.some(Number.isNaN) ? null : [...places, 0, 0].slice(0, 4);
}

function differsAt(one: string, other: string): number {
  const [a = [], b = []] = [placesOf(one) ?? [], placesOf(other) ?? []];
  return a.findIndex((place, at) => place !== b[at]);
}

/** Above 0: the first is later. */
function compared(one: string, other: string): number {
  const at = differsAt(one, other);
  return at === -1 ? 0 : (placesOf(one)?.[at] ?? 0) - (placesOf(other)?.[at] ?? 0);
}
