/**
 * What must hold whatever fails, said independently of the product. All licenses here have one seat and no lease.
 *
 * 1. A license never has two sessions that were granted and not given back (SEAT-1): no second birth, no fresh start.
 * 2. Nothing is granted on a license after its deletion was answered (DEL-1, STAND-2).
 * 3. A key opens the license whose key it is, and no other; a license that stands is never told "unknown key" (KEY-2,
 *   ID-4).
 * 4. Nobody is told that a license is lost (ID-5), unless its object was; then nobody gets in again, never a fresh
 *   start.
 * 5. When all is quiet: D1 says what the objects say, and nothing of a deleted license is left (EVT-3, DEL-1, OPS-1).
 */

export class Violation extends Error {}

interface Known {
  readonly id: string;
  /** The key that is in force, as far as answers told. */
  key: string;
  /** Keys asked for whose answer never came or is under way: each may be in force. */
  readonly maybeKeys: Set<string>;
  /** Step at which the last key change was answered. */
  keySince: number;
  deleteAskedAt: number | null;
  deletedAt: number | null;
  /** Sessions granted and not asked back. */
  readonly sessions: Set<string>;
  /** Sessions asked back, and the step of it. */
  readonly givenBack: Map<string, number>;
  /** Its object was lost. */
  lost: boolean;
  /** D1 was set back since, and may not know this license or its key. */
  unsure: boolean;
}

export class Oracle {
  readonly licenses = new Map<string, Known>();

  /** A creation was sent: whether the license exists is not known before the answer. */
  creating(id: string, key: string, at: number): void {
    this.licenses.set(id, {
      id,
      key,
      maybeKeys: new Set(),
      keySince: at,
      deleteAskedAt: null,
      deletedAt: null,
      sessions: new Set(),
      givenBack: new Map(),
      lost: false,
      unsure: true,
    });
  }

  /** `sure`: D1 was never set back; else an object may hold what D1 has forgotten, until somebody calls it (OPS-1). */
  created(id: string, startedAt: number, at: number, sure: boolean): void {
    const known = this.#known(id);
    const holder = [...this.licenses.values()].find((other) => other.id !== id && stands(other, known.key, startedAt));
    if (holder !== undefined) throw new Violation(`key ${known.key} was sold twice: ${holder.id} has it`);
    known.unsure = !sure;
    known.keySince = at;
  }

  granted(id: string, key: string | null, activationId: string, startedAt: number): void {
    const known = this.#known(id);
    if (known.deletedAt !== null && known.deletedAt < startedAt)
      throw new Violation(`a grant on the deleted license ${id}`);
    if (known.deleteAskedAt !== null) return;
    const opens = key === null || key === known.key || known.maybeKeys.has(key) || known.keySince >= startedAt;
    if (!opens) throw new Violation(`${key} opened ${id}, whose key is ${known.key}`);
    // The answer of a call that was under way when the session was asked back: it may have ended since.
    if ((known.givenBack.get(activationId) ?? -1) >= startedAt) return;
    known.sessions.add(activationId);
    if (known.sessions.size > 1) throw new Violation(`two devices hold the one seat of ${id}`);
  }

  /** A check-out was sent: from here on the seat may be free. */
  givingBack(id: string, activationId: string, at: number): void {
    const known = this.#known(id);
    known.sessions.delete(activationId);
    known.givenBack.set(activationId, at);
  }

  changingKey(id: string, key: string): void {
    this.#known(id).maybeKeys.add(key);
  }

  /**
   * An unanswered change leaves its key among those that may be in force for ever; an answered one settles only itself.
   */
  keyChanged(id: string, key: string, at: number, alone: boolean): void {
    const known = this.#known(id);
    known.keySince = at;
    if (!alone) {
      known.maybeKeys.add(known.key);
      known.maybeKeys.add(key);
      return;
    }
    known.key = key;
    known.maybeKeys.clear();
  }

  keyKept(id: string, key: string, alone: boolean): void {
    if (alone) this.#known(id).maybeKeys.delete(key);
  }

  deleting(id: string, at: number): void {
    this.#known(id).deleteAskedAt ??= at;
  }

  deleted(id: string, at: number): void {
    this.#known(id).deletedAt ??= at;
  }

  /** What the objects under this locator remembered is gone, tombstones too. */
  lost(locator: string): void {
    for (const known of this.licenses.values()) {
      if (
        known.id.replaceAll("-", "").slice(0, 12) !== locator.slice(0, 12) ||
        known.id.slice(15, 18) !== locator.slice(12)
      )
        continue;
      known.lost = true;
    }
  }

  calledLost(key: string): void {
    if (![...this.licenses.values()].some((known) => known.lost))
      throw new Violation(`the license of ${key} is called lost`);
  }

  setBack(): void {
    for (const known of this.licenses.values()) known.unsure = true;
  }

  /** "Unknown key" is wrong while exactly one license stands under it, all the time from `startedAt` on. */
  keyUnknown(key: string, startedAt: number): void {
    const locked = [...this.licenses.values()].find((known) => stands(known, key, startedAt));
    if (locked !== undefined) throw new Violation(`nobody gets into ${locked.id}: its key ${key} is called unknown`);
  }

  #known(id: string): Known {
    const known = this.licenses.get(id);
    if (known === undefined) throw new Violation(`an answer names ${id}, which nobody created`);
    return known;
  }
}

/** True if this license has had this key, for sure and for good, since before `startedAt`. */
function stands(known: Known, key: string, startedAt: number): boolean {
  const settled = known.deleteAskedAt === null && known.maybeKeys.size === 0 && !known.unsure && !known.lost;
  return known.key === key && settled && known.keySince < startedAt;
}
