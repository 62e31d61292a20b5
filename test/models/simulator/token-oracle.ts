/** What lease and token a device should get, said naively (LEASE-1, LEASE-3, LEASE-8, TOK-6). Instants in epoch ms. */

import type { Given } from "./given.ts";

/** True if these terms give leases. */
export function leases({ type, leaseDuration }: Given): boolean {
  return type === "hosted-floating" && leaseDuration > 0;
}

export function leaseSeconds(given: Given, wish: number | null): number {
  if (!leases(given)) return 0;
  const { leaseDuration, maxLeaseDuration, allowClientLeaseDuration } = given;
  if (!allowClientLeaseDuration || wish === null) return leaseDuration;
  const ceiling = maxLeaseDuration > 0 ? maxLeaseDuration : leaseDuration;
  if (wish > ceiling) return ceiling;
  return wish < 60 ? Math.min(60, ceiling) : wish;
}

export function tokenFor(
  given: Given,
  {
    seconds,
    leaseEnd,
    end,
  }: { readonly seconds: number; readonly leaseEnd: number | null; readonly end: number | null },
  now: number,
): { readonly expiresAt: number | null; readonly refreshAt: number | null } {
  const { serverSyncInterval: sync, serverSyncGracePeriod: grace } = given;
  const offline = grace === -1 || sync + grace === 0 ? null : sync + grace;
  const earliest = Math.min(
    leaseEnd === null ? Number.POSITIVE_INFINITY : leaseEnd + given.leaseGracePeriod * 1000,
    end ?? Number.POSITIVE_INFINITY,
    offline === null ? Number.POSITIVE_INFINITY : now + offline * 1000,
  );
  const refresh = seconds > 0 ? Math.min(seconds, offline ?? seconds) / 2 : sync;
  return {
    expiresAt: Number.isFinite(earliest) ? earliest : null,
    refreshAt: refresh === 0 ? null : Math.min(now + refresh * 1000, earliest),
  };
}

/** TOK-3: one that can be read when the license is over, and that no grace prolongs. */
export function v3TokenFor(given: Given, bounds: Parameters<typeof tokenFor>[1], now: number) {
  return tokenFor({ ...given, leaseGracePeriod: 0 }, { ...bounds, end: null }, now);
}
