/** Writes that can be taken back: a transaction that did not commit, a database that was set back. */

export class Journal {
  #undo: (() => void)[] | null = null;

  get isOpen(): boolean {
    return this.#undo !== null;
  }

  begin(): void {
    this.#undo = [];
  }

  /** What was written since `begin` stays. */
  commit(): void {
    this.#undo = null;
  }

  /** What was written since `begin` has never been. */
  rollback(): void {
    const undo = this.#undo ?? [];
    this.#undo = null;
    for (const step of undo.toReversed()) step();
  }

  note(undo: () => void): void {
    this.#undo?.push(undo);
  }
}

/** A map whose changes a journal knows how to take back. Values are replaced, never changed. */
export class UndoMap<K, V> extends Map<K, V> {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    super();
    this.#journal = journal;
  }

  override set(key: K, value: V): this {
    if (this.#journal.isOpen) this.#note(key);
    return super.set(key, value);
  }

  override delete(key: K): boolean {
    if (this.#journal.isOpen) this.#note(key);
    return super.delete(key);
  }

  #note(key: K): void {
    const before = super.get(key);
    this.#journal.note(before === undefined ? () => super.delete(key) : () => super.set(key, before));
  }
}
