/** The ends of single activations: a rolling license's own clocks, remembered per device (EXP-3, EXP-6, EXP-10). */

import { endByOwnClock, licenseEnd, type OwnClock, type Period } from "../terms/expiry.ts";
import type { Activation, RollingMemory } from "../turn/ledger.ts";
import type { Look } from "../turn/look.ts";
import type { Turn } from "../turn/turn.ts";

/** When this activation ends: its own end under rolling, else the license's; null = never. */
export function activationEnd(turn: Turn, activation: Activation): number | null {
  const clock = ownClockOf(turn, activation);
  return clock === null ? licenseEnd(turn.license.terms.end) : endByOwnClock(clock, turn.ledger.renewals());
}

/** Null: it ends with its license, whose own end under rolling is none (EXP-10). */
export function ownClockOf(turn: Turn, activation: Activation): OwnClock | null {
  const memory = turn.license.terms.expirationStrategy === "rolling" ? memoryOf(activation) : null;
  return counts(turn, memory) ? clockOf(turn.ledger, memory) : null;
}

/** TPL-2: with another strategy, what was remembered is forgotten. */
function counts({ license }: Pick<Look, "license">, memory: RollingMemory | null): memory is RollingMemory {
  return memory !== null && memory.renewalsBefore >= license.terms.endsRememberedFrom;
}

/** What renewals added to the activations of a rolling license; of any other, nothing that is theirs alone. */
export function renewedOf({ ledger, license }: Turn): Period {
  return license.terms.expirationStrategy === "rolling" ? ledger.renewals() : { months: 0, seconds: 0 };
}

/** What an activation would leave behind; null when its license has no period. */
export function memoryOf(activation: Activation): RollingMemory | null {
  const { anchorAt, periodMonths, periodSeconds, renewalsBefore } = activation;
  if (anchorAt === null || periodMonths === null || periodSeconds === null) return null;
  return { anchorAt, periodMonths, periodSeconds, renewalsBefore };
}

/** EXP-6: the end, with every renewal since the device's first instant. */
export function memoryEnd(ledger: Look["ledger"], memory: RollingMemory): number {
  return endByOwnClock(clockOf(ledger, memory), ledger.renewals());
}

function clockOf(
  ledger: Look["ledger"],
  { anchorAt, periodMonths, periodSeconds, renewalsBefore }: RollingMemory,
): OwnClock {
  const before = ledger.renewalsUpto(renewalsBefore);
  return { anchorAt, months: periodMonths - before.months, seconds: periodSeconds - before.seconds };
}

/** EXP-3: the clock that a device already has on this license: of a stored row, ended or not, or remembered. */
export function deviceMemory(look: Look, device: string, rows: readonly Activation[]): RollingMemory | null {
  const last = rows.at(-1);
  const stored = last === undefined ? null : memoryOf(last);
  const memory = counts(look, stored) ? stored : look.ledger.rollingMemory(device);
  return counts(look, memory) ? memory : null;
}

/** EXP-3: keeps the clock of an activation whose row goes away, however it ended. */
export function rememberClock(turn: Turn, activation: Activation): void {
  const memory = memoryOf(activation);
  if (activation.device !== null && counts(turn, memory)) turn.ledger.rememberRolling(activation.device, memory);
}
