/**
 * LEASE-7: devices that started together do not come back together. Each comes earlier by a share of its own, which its
 * session and generation give and no chance, so that the same answer repeated tells the same instant.
 */

/** Whose share it is. */
export interface Spread {
  readonly activationId: string;
  readonly generation: number;
}

const MOST_OF_INTERVAL = 0.1;
/** FNV-1a, and the last step of MurmurHash3, without which ids that end alike would keep close. */
const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const MIX_FIRST = 0x85ebca6b;
const MIX_SECOND = 0xc2b2ae35;
const TWO_TO_32 = 2 ** 32;

/** The instant in [from, at], epoch ms, that is this holder's; on a second, and so up to one before `from`. */
export function earlier(holder: Spread, from: number, at: number): number {
  const interval = at - from;
  return Math.floor((at - interval * MOST_OF_INTERVAL * share(holder)) / 1000) * 1000;
}

/** In [0, 1). */
export function share({ activationId, generation }: Spread): number {
  let hash = FNV_BASIS;
  for (const character of `${activationId}/${generation}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), FNV_PRIME);
  }
  hash = Math.imul(hash ^ (hash >>> 16), MIX_FIRST);
  hash = Math.imul(hash ^ (hash >>> 13), MIX_SECOND);
  return ((hash ^ (hash >>> 16)) >>> 0) / TWO_TO_32;
}
