/**
 * The stored activation that is most like a structured fingerprint (FP-1), found by its parts: the cost does not grow
 * with the number of seats, whatever parts they have in common.
 */

import type { Activation } from "../turn/ledger.ts";
import type { Look } from "../turn/look.ts";
import { likeness, partsNeeded, structuredParts, type ByParts, type Parts } from "./fingerprint.ts";
import { partsOf, scopeOf, type Scope } from "./identity.ts";
import { isLive } from "./seats.ts";

/** FP-1: a part that more activations carry identifies nobody. */
const MOST_CARRIERS = 256;
/** Read of each part at first; mostly the rare ones are whole with that, and are enough. */
const FIRST_LOOK = 16;

interface Match {
  readonly activation: Activation;
  /** Of equal parts. */
  readonly share: number;
}

/**
 * Of those that `counts` admits, the one with the largest share of equal parts, then a live one, then the oldest. Null:
 * none is alike, or the license compares texts.
 */
export function mostAlike(
  look: Look,
  fingerprint: string,
  scope: Scope,
  counts: (activation: Activation) => boolean,
): Activation | null {
  const { fingerprintMatchingStrategy: strategy } = look.license.terms;
  const parts = strategy === "exact" ? null : structuredParts(fingerprint);
  if (strategy === "exact" || parts === null) return null;
  const { seqs, unread } = candidates(
    look,
    partsNeeded(strategy, parts.size),
    partsOf(fingerprint, scope, look.ledger),
  );
  let best: Match | null = null;
  for (const [seq, found] of byPromise(seqs)) {
    // What it could have in common at most.
    if (best !== null && (found + unread) / parts.size < best.share) break;
    const [activation] = look.ledger.range(seq - 1, seq, 1);
    if (activation === undefined || !isOf(scope, activation) || !counts(activation)) continue;
    const match = { activation, share: shareOf(strategy, activation, parts) };
    if (match.share > 0 && (best === null || isBetter(look, match, best))) best = match;
  }
  return best?.activation ?? null;
}

interface Candidates {
  /** How many of the parts that were read whole each activation carries. */
  readonly seqs: ReadonlyMap<number, number>;
  /** Parts that were not. */
  readonly unread: number;
}

/**
 * Whoever shares `needed` parts stands in one list at least of any so many that the rest is fewer than `needed`: once
 * these are whole, the longer lists need not be read.
 */
function candidates(look: Look, needed: number, parts: readonly string[]): Candidates {
  const after = look.tally.deadUpto;
  const lists = parts.map((part) => look.ledger.parts.carriers(part, after, FIRST_LOOK + 1));
  const isEnough = lists.filter((list) => list.length <= FIRST_LOOK).length > parts.length - needed;
  const whole = lists.flatMap((list, index): readonly (readonly number[])[] => {
    if (list.length <= FIRST_LOOK) return [list];
    if (isEnough) return [];
    const all = look.ledger.parts.carriers(parts[index] ?? "", after, MOST_CARRIERS + 1);
    return all.length > MOST_CARRIERS ? [] : [all];
  });
  const seqs = new Map<number, number>();
  for (const seq of whole.flat()) seqs.set(seq, (seqs.get(seq) ?? 0) + 1);
  const unread = parts.length - whole.length;
  for (const [seq, found] of seqs) if (found + unread < needed) seqs.delete(seq);
  return { seqs, unread };
}

/** The most parts first, then the oldest. */
function byPromise(seqs: ReadonlyMap<number, number>): readonly (readonly [seq: number, found: number])[] {
  return [...seqs].toSorted((one, other) => other[1] - one[1] || one[0] - other[0]);
}

/** Parts are short digests: what stands behind them is compared whole. */
function isOf(scope: Scope, activation: Activation): boolean {
  const { lockedTo, holder } = scopeOf(activation);
  return lockedTo === scope.lockedTo && holder === scope.holder;
}

function shareOf(strategy: ByParts, { facts }: Activation, parts: Parts): number {
  const first = structuredParts(facts.firstFingerprint);
  return first === null ? 0 : likeness(strategy, parts, first);
}

function isBetter(look: Look, one: Match, other: Match): boolean {
  if (one.share !== other.share) return one.share > other.share;
  const [lives, otherLives] = [isLive(look, one.activation), isLive(look, other.activation)];
  return lives === otherLives ? one.activation.seq < other.activation.seq : lives;
}
