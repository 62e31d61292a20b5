/** ID-4: what an isolate remembers of keys whose license was found under another locator than their own. Hits only. */

const MOST_HINTS = 10_000;

export class LocatorHints {
  /** The key's own locator to its license's; the least recently used first. */
  readonly #found = new Map<string, string>();

  of(own: string): string | null {
    const found = this.#found.get(own);
    if (found === undefined) return null;
    this.remember(own, found);
    return found;
  }

  remember(own: string, found: string): void {
    this.#found.delete(own);
    this.#found.set(own, found);
    const [oldest] = this.#found.keys();
    if (this.#found.size > MOST_HINTS && oldest !== undefined) this.#found.delete(oldest);
  }

  drop(own: string): void {
    this.#found.delete(own);
  }
}
