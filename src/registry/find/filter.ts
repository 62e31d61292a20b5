/** What a list is asked to be narrowed to (MGMT-1): filters, their values parsed, before any SQL. */

export type Operator = "eq" | "ne" | "in" | "nin" | "gt" | "gte" | "lt" | "lte" | "sw" | "ew" | "cn" | "nc";

/**
 * How a member's values are written: a list names the only ones there are. `number` is whole, `key` a license key
 * (KEY-1), `digest` 16 bytes in base 16.
 */
export type ValueType = "text" | "key" | "number" | "boolean" | "instant" | "uuid" | "digest" | readonly string[];

/** Instants are epoch ms. Null: the member is void. */
export type FilterValue = string | number | boolean | null;

/** A member that a list can be filtered by. */
export interface Member {
  readonly type: ValueType;
  /** It may be void, which the wire writes as the empty value. */
  readonly nullable?: true;
  /** Unless given, all that its type has. */
  readonly operators?: readonly Operator[];
}

export interface Filter {
  /** As it was sent: where a refusal points. */
  readonly parameter: string;
  readonly member: string;
  readonly operator: Operator;
  /** Any of these; one at least, and no more where the operator compares. */
  readonly values: readonly FilterValue[];
}

/** Words of a `search`, in lower case, all of which are looked for. None: nothing has the text that was sent. */
export interface Search {
  readonly parameter: string;
  readonly words: readonly string[];
  /** What was sent; a key in the default format as it is written. */
  readonly text: string;
}

export interface Wanted {
  readonly filters: readonly Filter[];
  readonly search: Search | null;
}
