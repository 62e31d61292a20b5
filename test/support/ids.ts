/** Ids in the shapes of the product (ID-1, ID-2, ID-6), by number: the same seed makes the same ones. */

export class Ids {
  #made = 0;

  /** A UUIDv7, as to its shape. */
  uuid(): string {
    const tail = this.#next();
    return `${tail.slice(0, 8)}-${tail.slice(8)}-7000-8000-${tail}`;
  }

  /** A UUIDv8 with this locator of 15 hex digits. */
  located(locator: string): string {
    return `${locator.slice(0, 8)}-${locator.slice(8, 12)}-8${locator.slice(12)}-8000-${this.#next()}`;
  }

  #next(): string {
    this.#made += 1;
    return this.#made.toString(16).padStart(12, "0");
  }
}
