/**
 * `/v3/licenses/export`, `/v3/activations/export`, `/v3/trial-activations/export`, `/v3/users/export`: whole lists as
 * CSV files (0024-exports-and-me.md), in the order of creation.
 */

import type { Context } from "hono";
import * as z from "zod/mini";
import type { ExportFilter } from "../../../registry/rows/export-pages.ts";
import { exportActivations, exportLicenses, exportTrials, exportUsers } from "../../../registry/rows/exports.ts";
import { membersOf } from "../../../registry/find/condition.ts";
import type { Filter, Wanted } from "../../../registry/find/filter.ts";
import { licenseList } from "../../../registry/rows/license-fields.ts";
import { trialList } from "../../../registry/trials/trial-fields.ts";
import { trialResource } from "../trial/trial-wire.ts";
import { Hono } from "../../hono.ts";
import { validQuery } from "../../validate.ts";
import { activationResource } from "../activation/activation-resource.ts";
import { holding } from "../resource/authentication.ts";
import { allow } from "../resource/sight.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { ACTIVATION_COLUMNS, LICENSE_COLUMNS, TRIAL_COLUMNS, USER_COLUMNS } from "./export-columns.ts";
import { answerExport } from "../list/export-stream.ts";
import { filtering, readFilters, type Filterable, type Filters } from "../list/filters.ts";
import { notFound } from "../list/paging.ts";
import { anyOf, spanOf, spans, valuesOf } from "../list/plain-filters.ts";
import { licenseResource } from "../license/license-resource.ts";
import { userResource } from "../catalogue/user-wire.ts";

/** A file has all pages and one order: it takes filters and nothing else. */
function filtersOf(known: Filterable) {
  const schema = z.pipe(
    z.looseObject({}),
    z.transform((query: Record<string, unknown>, context): Filters => {
      const refuse = (name: string, message: string) =>
        context.issues.push({ code: "custom", path: [name], message, input: query });
      return readFilters(query, known, refuse);
    }),
  );
  return filtering(schema, known);
}

function exportQuery(...values: readonly string[]) {
  const members = { ...anyOf(...values), ...spans("createdAt") };
  return z.pipe(
    filtersOf({ members, isSearched: false, includes: [] }),
    z.transform((filters: Filters) => plainFilter(filters)),
  );
}

function plainFilter({ filters }: Wanted): ExportFilter {
  return {
    createdAt: spanOf(filters, "createdAt"),
    productIds: idsOf(valuesOf(filters, "productId")),
    licenseIds: idsOf(valuesOf(filters, "licenseId")),
  };
}

const PLAIN = { ...anyOf("productId"), ...spans("createdAt") };

/** E9: as the list of licenses. What asks for products and a range of the creation alone is read where it lies. */
function isPlain({ filters, search }: Wanted): boolean {
  const products = filters.filter(({ member }) => member === "productId");
  const isKnown = ({ member, operator, values: [value, ...more] }: Filter) =>
    Object.hasOwn(PLAIN, member) &&
    PLAIN[member]?.operators?.includes(operator) === true &&
    (member === "productId" || (more.length === 0 && value !== null));
  return search === null && products.length <= 1 && filters.every(isKnown);
}

/** Ids are stored in lower case. One that is asked for twice is one. */
function idsOf(values: readonly string[] | null): readonly string[] | undefined {
  return values === null ? undefined : [...new Set(values.map((id) => id.toLowerCase()))];
}

export const licenseExport = new Hono<ManagementEnv>().get(
  "/",
  holding("license:read"),
  validQuery(
    filtersOf({ members: membersOf(licenseList), isSearched: true, includes: [] }),
    (wanted, c: Context<ManagementEnv>) => allow(c.var.sight, "license", wanted),
  ),
  async (c) => {
    const wanted = c.req.valid("query");
    const filter = isPlain(wanted) ? plainFilter(wanted) : wanted;
    const exported = await exportLicenses(c.var.deployment.db, filter, c.var.now);
    if (!exported.found) throw notFound(exported);
    return await answerExport(c, "license", LICENSE_COLUMNS, exported.pages, ({ license, names }) =>
      licenseResource(license, names),
    );
  },
);

export const trialExport = new Hono<ManagementEnv>().get(
  "/",
  holding("trialActivation:read"),
  validQuery(filtersOf({ members: membersOf(trialList), isSearched: true, includes: [] })),
  async (c) => {
    const exported = await exportTrials(c.var.deployment.db, c.req.valid("query"), c.var.now);
    if (!exported.found) throw notFound(exported);
    return await answerExport(c, "trialActivation", TRIAL_COLUMNS, exported.pages, trialResource);
  },
);

export const activationExport = new Hono<ManagementEnv>().get(
  "/",
  holding("activation:read"),
  validQuery(exportQuery("productId", "licenseId")),
  async (c) => {
    const pages = exportActivations(c.var.deployment.db, c.req.valid("query"));
    return await answerExport(c, "activation", ACTIVATION_COLUMNS, pages, (row) => activationResource(row));
  },
);

export const userExport = new Hono<ManagementEnv>().get(
  "/",
  holding("user:read"),
  validQuery(exportQuery()),
  async (c) => {
    const pages = exportUsers(c.var.deployment.db, c.req.valid("query"));
    return await answerExport(c, "user", USER_COLUMNS, pages, ({ user, tagNames }) => userResource(user, tagNames));
  },
);
