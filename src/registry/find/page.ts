/** Pages of lists (MGMT-1): by number, or after a row (keyset). Every order ends in the id. */

/** A row's place in an order: the value it is sorted by and its id. */
export interface Place {
  readonly value: number | string | null;
  readonly id: string;
}

export interface PageRequest<Sort extends string> {
  /** One that the list declares. */
  readonly sort: Sort;
  readonly descending: boolean;
  /** Rows, 1 to 100. */
  readonly limit: number;
  /** Rows to skip, or the place of the last row already seen. */
  readonly from: { readonly skip: number } | { readonly after: Place };
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** The place of the last row, if rows follow it. */
  readonly next: Place | null;
}

/** A list counts exactly to here. */
export const COUNT_LIMIT = 10_000;
