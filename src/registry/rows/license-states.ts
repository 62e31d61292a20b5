/**
 * Members with few values that one facet says together, a digit each, so that a license has one row for several of
 * them (MGMT-1). Which of the settings do, their table says.
 */

import { sql, type SQL } from "drizzle-orm";
import { SETTINGS, STATE_RADIX, type Setting } from "../../domain/terms/settings.ts";
import type { FilterValue } from "../find/filter.ts";

export type StateFacet = "model" | "state";

interface StateMember {
  readonly values: readonly FilterValue[];
  /** The place of the row's value among them. */
  readonly digit: SQL;
}

/** A setting of terms as JSON; it lacks what is at its default. */
export function settingIn(terms: SQL, name: string): SQL {
  const setting = Object.entries<Setting>(SETTINGS).find(([known]) => known === name)?.[1];
  const value = sql`(${terms} ->> ${sql.raw(`'$.${name}'`)})`;
  const byDefault = setting?.default ?? null;
  if (byDefault === null || typeof byDefault === "object") return value;
  return sql`COALESCE(${value}, ${sql.raw(typeof byDefault === "string" ? `'${byDefault}'` : String(Number(byDefault)))})`;
}

/** As domain `isPerpetual` finds. */
export function perpetualIn(terms: SQL): SQL {
  const strategy = settingIn(terms, "expirationStrategy");
  const waits = sql`(${strategy} = 'delayed' AND (${terms} ->> '$.activatedAt') IS NULL)`;
  return sql`((${terms} ->> '$.end') IS NULL
    AND ((${terms} ->> '$.period') IS NULL OR (${strategy} <> 'rolling' AND NOT ${waits})))`;
}

function membersOf(facet: StateFacet, terms: SQL): Readonly<Record<string, StateMember>> {
  const ofSettings = Object.entries<Setting>(SETTINGS).flatMap(([name, setting]) => {
    const { filter } = setting;
    if (filter === null || typeof filter !== "object" || filter.facet !== facet) return [];
    const values = setting.kind === "choice" ? setting.of : [false, true];
    return [[name, { values, digit: placeOf(settingIn(terms, name), values) }] as const];
  });
  const own = facet === "state" ? { perpetual: { values: [false, true], digit: perpetualIn(terms) } } : {};
  return { ...Object.fromEntries(ofSettings), ...own };
}

function placeOf(value: SQL, values: readonly FilterValue[]): SQL {
  if (typeof values[0] === "boolean") return value;
  const cases = values.map((one, place) => sql.raw(`WHEN '${String(one)}' THEN ${place}`));
  return sql`CASE ${value} ${sql.join(cases, sql` `)} END`;
}

/** The facet's value of a row with these terms. */
export function stateIn(facet: StateFacet, terms: SQL): SQL {
  const digits = Object.values(membersOf(facet, terms)).map(
    ({ digit }, place) => sql`${sql.raw(String(STATE_RADIX ** place))} * ${digit}`,
  );
  return sql`(${sql.join(digits, sql` + `)})`;
}

/** The values of the facet of all rows whose member has one of these. */
export function statesWith(facet: StateFacet, member: string, wanted: readonly FilterValue[]): readonly number[] {
  const members = Object.entries(membersOf(facet, sql``)).map(([name, { values }], place) => {
    const places = values.flatMap((value, digit) => (name !== member || wanted.includes(value) ? [digit] : []));
    return places.map((digit) => digit * STATE_RADIX ** place);
  });
  return members.reduce<readonly number[]>(
    (sums, digits) => sums.flatMap((sum) => digits.map((digit) => sum + digit)),
    [0],
  );
}
