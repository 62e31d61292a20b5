/**
 * What is counted of a license's meter attributes (METER-1): moved by every call that counts, and, where uses float, by
 * every end of an activation. Whoever has no meter attributes pays nothing.
 */

import type { ToldUses } from "../license/device.ts";
import type { Activation, MeterCount } from "./ledger.ts";
import type { Look } from "./look.ts";
import type { Turn } from "./turn.ts";

type Counting = Pick<Turn, "ledger" | "license">;

export const NO_USES: ReadonlyMap<string, number> = new Map();

/** What an activation has used counts under the attribute and the round of then. */
export function usesKey(meterId: string, round: number): string {
  return `${meterId} ${round}`;
}

/** By the attribute's id; those of which nothing was ever counted are not there. */
export function countsOf({
  ledger,
  license,
}: { readonly ledger: Pick<Look["ledger"], "meters"> } & Pick<Look, "license">): ReadonlyMap<string, MeterCount> {
  const { meterAttributes } = license.terms;
  if (meterAttributes.length === 0) return new Map();
  return new Map(ledger.meters.all().map((count) => [count.id, count]));
}

export function countOf(counts: ReadonlyMap<string, MeterCount>, id: string): MeterCount {
  return counts.get(id) ?? { id, total: 0, owned: 0, gross: 0, round: 0 };
}

/** What of it an activation has used. */
export function usesIn({ uses = [] }: Activation["facts"], { id, round }: MeterCount): number {
  return uses.find((used) => used.meterId === id && used.round === round)?.uses ?? 0;
}

/** What it has used, in the order of the license's list. */
export function usesTold(look: Counting, { facts }: Activation): readonly ToldUses[] {
  if (facts.uses === undefined) return [];
  const counts = countsOf(look);
  return look.license.terms.meterAttributes.flatMap(({ id, name }) => {
    const uses = usesIn(facts, countOf(counts, id));
    return uses === 0 ? [] : { name, uses };
  });
}

/** Its activation has ended, by whatever way: call before or after its row is written. */
export function returnUses(turn: Counting, { owner, facts }: Partial<Pick<Activation, "owner" | "facts">>): void {
  if (facts?.uses === undefined) return;
  for (const count of floatingOf(turn)) {
    const uses = usesIn(facts, count);
    const owned = owner === null ? 0 : uses;
    if (uses > 0) turn.ledger.meters.save({ ...count, total: count.total - uses, owned: count.owned - owned });
  }
}

/** STAND-2, DEL-1: the watermark has passed every activation. */
export function returnAllUses(turn: Counting): void {
  for (const count of floatingOf(turn)) if (count.total > 0) turn.ledger.meters.save({ ...count, total: 0, owned: 0 });
}

/** AUTH-6: so has the epoch every owned one. */
export function returnOwnedUses(turn: Counting): void {
  for (const count of floatingOf(turn))
    if (count.owned > 0) turn.ledger.meters.save({ ...count, total: count.total - count.owned, owned: 0 });
}

/** SEAT-3: what an activation had used before somebody took it over is an owned one's from now on. */
export function ownUses(turn: Counting, { facts }: Pick<Activation, "facts">): void {
  if (facts.uses === undefined) return;
  for (const count of floatingOf(turn)) {
    const uses = usesIn(facts, count);
    if (uses > 0) turn.ledger.meters.save({ ...count, owned: count.owned + uses });
  }
}

function floatingOf(turn: Counting): readonly MeterCount[] {
  const counts = countsOf(turn);
  return turn.license.terms.meterAttributes.flatMap(({ id, floating }) => (floating ? (counts.get(id) ?? []) : []));
}
