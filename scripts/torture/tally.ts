/** What was tried and what came of it, by kind of operation. */

export const KINDS = [
  "create a license",
  "change a license",
  "renew a license",
  "change a key",
  "delete a license",
  "create a user",
  "change a user",
  "delete a user",
  "activate",
  "renew a session",
  "check in",
  "check out",
  "activate by v3",
  "sync",
  "deactivate",
] as const;

export type Kind = (typeof KINDS)[number];

export interface Counts {
  /** Operations, each counted once however often it was sent. */
  tried: number;
  /** Sent again with the same content after an answer that never came. */
  resent: number;
  acknowledged: number;
  refused: number;
  /** Given up without an answer: it may have happened or not. */
  unknown: number;
  /** Acknowledged, and not there afterwards. */
  lost: number;
}

export class Tally {
  readonly #counts = new Map<Kind, Counts>(KINDS.map((kind) => [kind, nothing()]));
  /** What was lost, in words. */
  readonly losses: string[] = [];

  add(kind: Kind, what: keyof Counts): void {
    this.of(kind)[what] += 1;
  }

  lost(kind: Kind, what: string): void {
    this.add(kind, "lost");
    this.losses.push(`${kind}: ${what}`);
  }

  of(kind: Kind): Counts {
    const counts = this.#counts.get(kind);
    if (counts === undefined) throw new Error(`nothing is counted under ${kind}`);
    return counts;
  }

  total(): Counts {
    const sum = nothing();
    for (const counts of this.#counts.values())
      for (const [name, count] of Object.entries(counts)) sum[name as keyof Counts] += count;
    return sum;
  }
}

function nothing(): Counts {
  return { tried: 0, resent: 0, acknowledged: 0, refused: 0, unknown: 0, lost: 0 };
}
