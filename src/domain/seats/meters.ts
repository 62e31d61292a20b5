/** Counting uses of meter attributes (METER-1): whether there are any left, by the clock, and for whom they count. */

import type { StoredUses, ToldUses, UsesWish } from "../license/device.ts";
import type { ToldMeter } from "../license/client-statement.ts";
import type { Refusal } from "../refusal.ts";
import type { MeterAttribute } from "../terms/license.ts";
import type { Activation, MeterCount } from "../turn/ledger.ts";
import { usesOf } from "../turn/license-view.ts";
import type { Look } from "../turn/look.ts";
import { countOf, countsOf, usesIn, usesKey } from "../turn/meter-counts.ts";
import type { Turn } from "../turn/turn.ts";
import { lapsedUses, sweepFew } from "./seats.ts";

/** What is ever counted can be written down in JSON. */
const MOST_USES = Number.MAX_SAFE_INTEGER;

/**
 * Why not all of `wishes` can be had; null = they can. What is given back is there to be had by none of the same call,
 * since a call names a meter attribute once. Refusals: `invalid-member` for a name that the license does not have,
 * `uses-exhausted`.
 */
export function usesRefusal(look: Look, wishes: readonly UsesWish[]): Refusal | null {
  if (wishes.length === 0) return null;
  const counts = countsOf(look);
  for (const [at, { name, increment }] of wishes.entries()) {
    const meter = look.license.terms.meterAttributes.find((item) => item.name === name);
    if (meter === undefined) return unknownName(at);
    const refusal = limitRefusal(look, meter, countOf(counts, meter.id), increment);
    if (refusal !== null) return refusal;
  }
  return null;
}

/** SEAT-6: where lapses had to be counted for it, a few of them go, so that later calls need no count of all. */
export function usesRefusalOnceSwept(turn: Turn, wishes: readonly UsesWish[]): Refusal | null {
  const refusal = usesRefusal(turn, wishes);
  const isFloating = wishes.length > 0 && turn.license.terms.meterAttributes.some(({ floating }) => floating);
  if (isFloating && turn.memory.lapses !== null && turn.memory.lapses.uses.size > 0) sweepFew(turn);
  return refusal;
}

function unknownName(at: number): Refusal {
  const pointer = `/meterAttributes/${at}/name`;
  return { code: "invalid-member", pointer, detail: "is no meter attribute of the license" };
}

function limitRefusal(
  look: Look,
  { name, allowedUses, floating }: MeterAttribute,
  { id, total, round }: MeterCount,
  increment: number,
): Refusal | null {
  const limit = allowedUses < 0 ? MOST_USES : allowedUses;
  if (increment <= 0 || total + increment <= limit) return null;
  const used = total - (floating ? (lapsedUses(look).get(usesKey(id, round)) ?? 0) : 0);
  // A sum beyond what numbers hold is nobody's use.
  const hasRoom = used + increment <= limit && total + increment <= MOST_USES;
  return hasRoom ? null : { code: "uses-exhausted", name, limit, used };
}

/**
 * The activation with its uses counted; the caller has asked, in this turn, that there are any, and writes the row. It
 * gives back no more than it has used.
 */
export function withUses(turn: Turn, activation: Activation, wishes: readonly UsesWish[]): Activation {
  return wishes.reduce((now, { name, increment }) => {
    const meter = turn.license.terms.meterAttributes.find((item) => item.name === name);
    return meter === undefined ? now : withUsesOf(turn, now, meter, increment);
  }, activation);
}

function withUsesOf(
  turn: Turn,
  activation: Activation,
  { id, floating }: MeterAttribute,
  increment: number,
): Activation {
  const counts = countsOf(turn);
  const count = countOf(counts, id);
  const before = usesIn(activation.facts, count);
  const step = Math.max(increment, -before);
  if (step === 0) return activation;
  turn.ledger.meters.save({
    ...count,
    total: count.total + step,
    owned: floating && activation.owner !== null ? count.owned + step : count.owned,
    gross: Math.min(MOST_USES, count.gross + Math.max(0, step)),
  });
  return {
    ...activation,
    facts: factsWith(turn, activation.facts, counts, { meterId: id, uses: before + step, round: count.round }),
  };
}

/** What counts no more is forgotten when the row is written anyway. */
function factsWith(
  turn: Turn,
  { uses = [], ...facts }: Activation["facts"],
  counts: ReadonlyMap<string, MeterCount>,
  now: StoredUses,
): Activation["facts"] {
  const ids = new Set(turn.license.terms.meterAttributes.map(({ id }) => id));
  const stillCounts = ({ meterId, round }: StoredUses) => ids.has(meterId) && countOf(counts, meterId).round === round;
  const others = uses.filter((used) => used.meterId !== now.meterId && stillCounts(used));
  const all = now.uses === 0 ? others : [...others, now];
  return all.length === 0 ? facts : { ...facts, uses: all };
}

/** Without a trace of its uses: of a grant that was never delivered. What was used ever stays. */
export function withoutUses(turn: Turn, activation: Activation): Activation {
  const { meterAttributes } = turn.license.terms;
  if (activation.facts.uses === undefined) return activation;
  return withUses(
    turn,
    activation,
    meterAttributes.map(({ name }) => ({ name, increment: -MOST_USES })),
  );
}

/** What a token tells of meter attributes that devices may see: of the license, and of this activation. */
export function metersTold(
  turn: Turn,
  { facts }: Activation,
): { readonly licenseMeters: readonly ToldMeter[]; readonly activationMeters: readonly ToldUses[] } {
  const seen = turn.license.terms.meterAttributes.filter(({ viewPermissions }) =>
    viewPermissions.includes("activation"),
  );
  if (seen.length === 0) return { licenseMeters: [], activationMeters: [] };
  const counts = countsOf(turn);
  const isFloating = seen.some(({ id, floating }) => floating && countOf(counts, id).total > 0);
  const used = new Map(usesOf(turn, isFloating ? lapsedUses(turn) : undefined).map((uses) => [uses.id, uses]));
  return {
    licenseMeters: seen.map(({ id, name, allowedUses }) => {
      const { total = 0, gross = 0 } = used.get(id) ?? {};
      return { id, name, allowedUses, totalUses: total, grossUses: gross };
    }),
    activationMeters: seen.map(({ id, name }) => ({ name, uses: usesIn(facts, countOf(counts, id)) })),
  };
}
