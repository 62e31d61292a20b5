/** Changes that were forgotten once, in the rare states that they need; null = not now. */

import type { Random } from "../../support/random.ts";
import { isLive } from "../../support/seat-oracle.ts";
import type { Call } from "./calls.ts";
import type { Case } from "./licenses.ts";
import { intervalOf } from "./patches.ts";

export function troubleOf({ oracle }: Case, random: Random): Call | null {
  if (!random.chance(0.15)) return null;
  const { given, expiry, seats, now } = oracle;
  const outlived =
    seats.afterToken && seats.all().some((seat) => !seat.held && !isLive(seat, now) && seats.counts(seat, now));
  if (outlived) return { kind: "patch", patch: { seatRelease: "at-once" } };
  const endless = expiry.isRolling && seats.all().find((seat) => !seat.held && oracle.endOf(seat) === null);
  if (endless === false || endless === undefined) return null;
  if (expiry.period === null) return { kind: "patch", patch: { subscriptionInterval: intervalOf(random) } };
  const serverSyncGracePeriod = given.serverSyncGracePeriod === -1 ? 600 : -1;
  const patch = random.chance(0.4) ? ({ seatRelease: "after-token" } as const) : { serverSyncGracePeriod };
  return { kind: "patch", patch };
}
