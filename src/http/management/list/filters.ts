/**
 * The query grammar of lists (MGMT-1), in the spellings of v3: `member=value`, `member[op]=value`,
 * `member[op][]=value`; repeated, a filter is any-of, and a comma is a character like others. What a list does not have
 * is refused: a filter that is ignored would lie.
 */

import { wordsOf } from "../../../domain/terms/facets.ts";
import { defaultKey } from "../../../domain/terms/license-key.ts";
import type { Filter, FilterValue, Member, Operator, Search, Wanted } from "../../../registry/find/filter.ts";
import { FILTERS, FILTER_VALUES, FILTER_VALUE_CHARACTERS, SEARCH_WORDS } from "../../limits.ts";
import { nearest } from "../../near-miss.ts";
import { operatorsOf, parseValue, takesSeveral } from "./filter-values.ts";

/** What a list takes beside its pages. */
export interface Filterable {
  readonly members: Readonly<Record<string, Member>>;
  readonly isSearched: boolean;
  /** Linked resources that may be asked for. */
  readonly includes: readonly string[];
}

export interface Filters extends Wanted {
  readonly includes: ReadonlySet<string>;
  /** As they were sent, for the link to the next page. */
  readonly sent: readonly (readonly [string, string])[];
}

const FILTERABLE = new WeakMap<object, Filterable>();

/** The schema of a query that `readFilters` reads, for who describes it. */
export function filtering<Schema extends object>(schema: Schema, known: Filterable): Schema {
  FILTERABLE.set(schema, known);
  return schema;
}

/** Undefined: it is no such schema. */
export function filterableOf(schema: object): Filterable | undefined {
  return FILTERABLE.get(schema);
}

export type Refuse = (name: string, message: string) => void;

interface Parameter {
  readonly name: string;
  readonly member: string;
  readonly operator: string;
  readonly values: readonly string[];
}

const NAME = /^([^[\]]+)(?:\[([a-z]+)\])?(?:\[\])?$/;
/** Older spellings, where the list has the member that they stand for. */
const OLD: Readonly<Record<string, readonly [member: string, operator?: Operator]>> = {
  createdAfter: ["createdAt", "gt"],
  createdBefore: ["createdAt", "lt"],
  lastSeenAfter: ["lastSeenAt", "gt"],
  lastSeenBefore: ["lastSeenAt", "lt"],
  metadataKey: ["metadata.key"],
  metadataValue: ["metadata.value"],
  email: ["user.email"],
  tags: ["tag"],
  event: ["events"],
};

/** `query` without the parameters that the call takes `besides`, whose names count where one is misspelt. */
export function readFilters(
  query: Readonly<Record<string, unknown>>,
  known: Filterable,
  refuse: Refuse,
  besides: readonly string[] = [],
): Filters {
  const filters: Filter[] = [];
  const includes = new Set<string>();
  const parameters = Object.entries(query).map(parameterOf);
  let search: Search | null = null;
  if (parameters.length > FILTERS)
    refuse(parameters[FILTERS]?.name ?? "", `is one filter more than the ${FILTERS} that a list takes`);
  for (const parameter of parameters.slice(0, FILTERS)) {
    const kind = kindOf(parameter, known);
    if (kind === "include") for (const value of includesOf(parameter, known, refuse)) includes.add(value);
    else if (kind === "search" && search !== null) refuse(parameter.name, "must be given in one spelling");
    else if (kind === "search") search = searchOf(parameter, known, refuse);
    else filters.push(...filterOf(parameter, known, refuse, besides));
  }
  const sent = parameters.flatMap(({ name, values }) => values.map((value) => [name, value] as const));
  return { filters, search, includes, sent };
}

function parameterOf([name, value]: readonly [string, unknown]): Parameter {
  const [, member = name, operator = "eq"] = NAME.exec(name) ?? [];
  const values = (Array.isArray(value) ? value : [value]).filter((one) => typeof one === "string");
  return { name, member, operator, values };
}

function kindOf(
  { member, operator }: Parameter,
  { isSearched, includes }: Filterable,
): "include" | "search" | "filter" {
  if (operator !== "eq") return "filter";
  if (member === "include" && includes.length > 0) return "include";
  return isSearched && (member === "search" || member === "query") ? "search" : "filter";
}

/** No name has a comma in it, so here, and only here, it separates. */
function includesOf({ name, values }: Parameter, { includes }: Filterable, refuse: Refuse): readonly string[] {
  const asked = values.flatMap((value) => value.split(","));
  if (!asked.every((one) => includes.includes(one)))
    refuse(name, `must be one or more of ${includes.join(", ")}, separated by commas`);
  return asked;
}

/** An empty search field asks for nothing. KEY-3: where keys are looked through, one is found as it was pasted. */
function searchOf(
  { name, values: [text = "", ...more] }: Parameter,
  { members }: Filterable,
  refuse: Refuse,
): Search | null {
  const key = members["key"]?.type === "key" ? defaultKey(text.slice(0, FILTER_VALUE_CHARACTERS)) : null;
  const words = [...new Set(wordsOf(key ?? text))];
  if (more.length > 0) refuse(name, "must be given once");
  else if (text.length > FILTER_VALUE_CHARACTERS)
    refuse(name, `must have at most ${FILTER_VALUE_CHARACTERS} characters`);
  else if (words.length > SEARCH_WORDS) refuse(name, `must have at most ${SEARCH_WORDS} words`);
  else if (text.trim() !== "") return { parameter: name, words, text: key ?? text };
  return null;
}

function filterOf(
  parameter: Parameter,
  known: Filterable,
  refuse: Refuse,
  besides: readonly string[],
): readonly Filter[] {
  const { name, values } = parameter;
  const found = memberOf(parameter, known.members);
  const operator = found === null ? undefined : operatorsOf(found.member).find((one) => one === found.operator);
  if (found === null) refuse(name, unknownTo(parameter.member, known, besides));
  else if (operator === undefined)
    refuse(name, `must have one of the operators ${operatorsOf(found.member).join(", ")}`);
  else if (values.length > FILTER_VALUES) refuse(name, `must have at most ${FILTER_VALUES} values`);
  else if (values.length > 1 && !takesSeveral(operator)) refuse(name, "must be given once");
  else {
    const parsed = parsedValues(values, found.member, operator, (why) => refuse(name, why));
    return parsed === null ? [] : [{ parameter: name, member: found.name, operator, values: parsed }];
  }
  return [];
}

/** What was meant, where it comes close; else all that a list is filtered by, so that nobody has to look it up. */
function unknownTo(name: string, { members, isSearched, includes }: Filterable, besides: readonly string[]): string {
  const others = [...(isSearched ? ["search"] : []), ...(includes.length > 0 ? ["include"] : [])];
  const names = [...Object.keys(members), ...others];
  const like = nearest(name, [...names, ...besides]);
  if (like !== null) return `is no parameter here: did you mean \`${like.name}\`?`;
  return names.length === 0 ? "is no parameter here" : `is no parameter here: filters are ${names.join(", ")}`;
}

interface FoundMember {
  readonly name: string;
  readonly member: Member;
  readonly operator: string;
}

function memberOf({ member: name, operator }: Parameter, members: Filterable["members"]): FoundMember | null {
  const [current, fixed] = Object.hasOwn(members, name) || !Object.hasOwn(OLD, name) ? [name] : (OLD[name] ?? [name]);
  const member = Object.hasOwn(members, current) ? members[current] : undefined;
  if (member === undefined || (fixed !== undefined && operator !== "eq")) return null;
  return { name: current, member, operator: fixed ?? operator };
}

/** Null, and refused: one of them is no value of the member. */
function parsedValues(
  texts: readonly string[],
  member: Member,
  operator: Operator,
  refuse: (why: string) => void,
): readonly FilterValue[] | null {
  const values: FilterValue[] = [];
  for (const text of texts) {
    const parsed = parseValue(text, member, operator);
    if (!parsed.ok) {
      refuse(parsed.why);
      return null;
    }
    values.push(parsed.value);
  }
  return values;
}
