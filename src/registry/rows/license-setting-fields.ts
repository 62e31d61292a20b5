/** How licenses are filtered by their settings (MGMT-1): as the table says, and by what is not built at its default. */

import { sql, type SQL } from "drizzle-orm";
import { NOT_BUILT, type NotBuilt } from "../../domain/terms/not-built.ts";
import { SETTINGS, type Setting } from "../../domain/terms/settings.ts";
import { column, constant, facetField, type Field } from "../find/field.ts";
import type { FilterValue, ValueType } from "../find/filter.ts";
import { LICENSE_INDEX } from "../find/license-index.ts";
import { licenses } from "../db/schema.ts";
import { settingIn, statesWith } from "./license-states.ts";

/** A member of the terms. */
export function term(member: string): SQL {
  return settingIn(sql`${licenses.terms}`, member);
}

export const SETTING_FIELDS: Readonly<Record<string, Field>> = Object.fromEntries(
  Object.entries<Setting>(SETTINGS).flatMap(([name, setting]) => {
    const field = fieldOf(name, setting);
    return field === null ? [] : [[name, field]];
  }),
);

function fieldOf(name: string, setting: Setting): Field | null {
  const { filter } = setting;
  if (filter === null || filter === "own") return null;
  if (filter !== "row") {
    const { facet } = filter;
    const said = (values: readonly FilterValue[]) => statesWith(facet, name, values);
    return facetField(typeOf(setting), LICENSE_INDEX, facet, term(name), { said });
  }
  return column(
    setting.kind === "choice" ? "text" : typeOf(setting),
    term(name),
    setting.default === null ? { nullable: true } : {},
  );
}

function typeOf(setting: Setting): ValueType {
  switch (setting.kind) {
    case "flag":
      return "boolean";
    case "choice":
      return setting.of;
    case "text":
    case "version":
    case "list":
      return "text";
    default:
      return "number";
  }
}

export const NOT_BUILT_FIELDS: Readonly<Record<string, Field>> = Object.fromEntries(
  Object.entries<NotBuilt>(NOT_BUILT).flatMap(([name, { filter, default: value }]) =>
    filter === null || (typeof value === "object" && value !== null) ? [] : [[name, constant(filter, value)]],
  ),
);
