/** The table of docs/leases.md, lived through by the rules. */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { awayRows, span } from "../../scripts/scale/away.ts";
import type { Costs } from "../../scripts/scale/cost.ts";
import { inUse } from "../../src/domain/seats/seats.ts";
import { value } from "../domain/samples.ts";
import { floating, type MapWorld } from "../domain/worlds.ts";

const ROWS = awayRows(JSON.parse(readFileSync("docs/billed-units.json", "utf8")) as Costs);

function seatsIn(world: MapWorld, ms: number): number {
  world.clock += ms;
  return world.glimpse(inUse).seats;
}

it.each(ROWS.map((row) => [span(row.lease), span(row.grace), row.release, row] as const))(
  "LEASE-8, SEAT-10: a lease of %s with a grace of %s under %s means what docs/leases.md says",
  (_lease, _grace, seatRelease, { lease, grace, ...row }) => {
    const terms = { leaseDuration: lease, leaseGracePeriod: grace, seatRelease, serverSyncGracePeriod: 2_592_000 };
    const dead = floating(terms);
    const { token, now, leaseExpiresAt } = value(dead.activate("a"));
    expect((token.expiresAt ?? 0) - now).toBe(row.survivesAtBest * 1000);
    // Half a lease later at the latest it comes back; what it had left then is what an outage may take.
    expect(token.refreshAt).toBeLessThanOrEqual(now + lease * 500);
    expect((token.expiresAt ?? 0) - (now + lease * 500)).toBe(row.survivesAlways * 1000);
    expect((leaseExpiresAt ?? 0) - now).toBe(lease * 1000);
    expect([seatsIn(dead, row.deadHoldsSeat * 1000 - 1), seatsIn(dead, 1)]).toEqual([1, 0]);

    const hidden = floating(terms);
    const held = value(hidden.activate("a"));
    value(hidden.checkOut(held.activationId));
    const goesOn = (held.token.expiresAt ?? 0) - hidden.clock;
    expect(hidden.activate("b").ok ? goesOn : 0).toBe(row.runsBeside * 1000);
  },
);
