/** The ends of single activations: a rolling license's own clocks, remembered per device (EXP-3, EXP-6, EXP-10). */

import { licenseEnd, rollingEnd } from "../terms/expiry.ts";
import type { Activation, Ledger, RollingMemory } from "../turn/ledger.ts";
import type { Turn } from "../turn/turn.ts";

/** When this activation ends: its own end under rolling, else the license's; null = never. */
export function activationEnd(turn: Turn, activation: Activation): number | null {
  const { terms } = turn.license;
  if (terms.expirationStrategy !== "rolling") return licenseEnd(terms.end);
  const memory = memoryOf(activation);
  return memory === null ? null : memoryEnd(turn.ledger, memory);
}

/** What an activation would leave behind; null when its license has no period. */
export function memoryOf(activation: Activation): RollingMemory | null {
  const { anchorAt, periodMonths, periodSeconds, renewalsBefore } = activation;
  if (anchorAt === null || periodMonths === null || periodSeconds === null) return null;
  return { anchorAt, periodMonths, periodSeconds, renewalsBefore };
}

/** EXP-6: the end, with every renewal since the device's first instant. */
export function memoryEnd(ledger: Ledger, memory: RollingMemory): number {
  const before = ledger.renewalsUpto(memory.renewalsBefore);
  const all = ledger.renewals();
  return rollingEnd(
    memory.anchorAt,
    memory.periodMonths + all.months - before.months,
    memory.periodSeconds + all.seconds - before.seconds,
  );
}

/** EXP-3: the clock that a device already has on this license: of a stored row, ended or not, or remembered. */
export function deviceMemory(ledger: Ledger, device: string, rows: readonly Activation[]): RollingMemory | null {
  const last = rows.at(-1);
  return (last === undefined ? null : memoryOf(last)) ?? ledger.rollingMemory(device);
}

/** EXP-3: keeps the clock of an activation whose row goes away, however it ended. */
export function rememberClock(ledger: Ledger, activation: Activation): void {
  const memory = memoryOf(activation);
  if (memory !== null && activation.device !== null) ledger.rememberRolling(activation.device, memory);
}
