/**
 * Filters of lists (MGMT-1), in the spellings of facts 3.3: `member=value`, `member[eq]=value`, `member[in]=value`,
 * `member[in][]=value`; repeated, a filter is any-of. Members that are instants take `gt`, `gte`, `lt` and `lte`.
 */

import { FILTER_VALUES } from "../limits.ts";
import { parseInstant } from "./instant.ts";

/** Members that a list can be filtered by. */
export interface Filterable {
  readonly values: readonly string[];
  readonly instants: readonly string[];
}

/** Epoch ms: from the first, included, to the second, excluded; null = without end. */
export interface Span {
  readonly from: number | null;
  readonly below: number | null;
}

export interface Filters {
  /** By member: any of these. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly spans: Readonly<Record<string, Span>>;
  /** As they were sent, for the link to the next page. */
  readonly sent: readonly (readonly [string, string])[];
}

type Refuse = (name: string, message: string) => void;

interface Parameter {
  readonly name: string;
  readonly member: string;
  readonly operator: string;
  readonly values: readonly string[];
}

const NAME = /^([^[\]]+)(?:\[([a-z]+)\](?:\[\])?)?$/;
const ANY_OF: ReadonlySet<string> = new Set(["eq", "in"]);

/** `query` without the parameters that are no filters. What this list does not have is refused: a filter that is ignored would lie. */
export function readFilters(query: Readonly<Record<string, unknown>>, known: Filterable, refuse: Refuse): Filters {
  const values = new Map<string, readonly string[]>();
  const spans = new Map<string, Span>();
  const sent: (readonly [string, string])[] = [];
  for (const parameter of Object.entries(query).map(parameterOf)) {
    const { name, member, operator } = parameter;
    sent.push(...parameter.values.map((value) => [name, value] as const));
    if (known.values.includes(member) && ANY_OF.has(operator)) {
      if (parameter.values.length > FILTER_VALUES) refuse(name, `has more than ${FILTER_VALUES} values`);
      else if (values.has(member)) refuse(name, "is there in two spellings");
      else values.set(member, parameter.values);
    } else if (known.instants.includes(member)) {
      const span = spanOf(parameter, refuse);
      if (span !== null) spans.set(member, within(spans.get(member), span));
    } else refuse(name, "is no parameter of this list");
  }
  return { values: Object.fromEntries(values), spans: Object.fromEntries(spans), sent };
}

function parameterOf([name, value]: readonly [string, unknown]): Parameter {
  const [, member = name, operator = "eq"] = NAME.exec(name) ?? [];
  const values = (Array.isArray(value) ? value : [value]).filter((one) => typeof one === "string");
  return { name, member, operator, values };
}

/** Instants have milliseconds, so each comparison is with a whole one. Null: it was refused. */
function spanOf({ name, operator, values: [text = "", ...more] }: Parameter, refuse: Refuse): Span | null {
  const at = parseInstant(text);
  if (more.length > 0) refuse(name, "is there more than once");
  else if (at === null) refuse(name, "is no RFC 3339 date and time between 1970 and 9999");
  else {
    switch (operator) {
      case "eq":
        return { from: at, below: at + 1 };
      case "gt":
        return { from: at + 1, below: null };
      case "gte":
        return { from: at, below: null };
      case "lt":
        return { from: null, below: at };
      case "lte":
        return { from: null, below: at + 1 };
      default:
        refuse(name, "is no parameter of this list");
    }
  }
  return null;
}

function within(one: Span = { from: null, below: null }, other: Span): Span {
  const froms = [one.from, other.from].filter((at) => at !== null);
  const belows = [one.below, other.below].filter((at) => at !== null);
  return {
    from: froms.length === 0 ? null : Math.max(...froms),
    below: belows.length === 0 ? null : Math.min(...belows),
  };
}
