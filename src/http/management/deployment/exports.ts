/**
 * `/v3/licenses/export`, `/v3/activations/export`, `/v3/users/export`: whole lists as CSV files
 * (0024-exports-and-me.md), in the order of creation.
 */

import * as z from "zod/mini";
import type { ExportFilter } from "../../../registry/rows/export-pages.ts";
import { exportActivations, exportLicenses, exportUsers } from "../../../registry/rows/exports.ts";
import { Hono } from "../../hono.ts";
import { validQuery } from "../../validate.ts";
import { activationResource } from "../activation/activation-resource.ts";
import { holding } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { ACTIVATION_COLUMNS, LICENSE_COLUMNS, USER_COLUMNS } from "./export-columns.ts";
import { answerExport } from "../list/export-stream.ts";
import { readFilters } from "../list/filters.ts";
import { anyOf, spanOf, spans, valuesOf } from "../list/plain-filters.ts";
import { licenseResource } from "../license/license-resource.ts";
import { userResource } from "../catalogue/user-wire.ts";

/** A file has all pages and one order: it takes filters and nothing else. */
function exportQuery(...values: readonly string[]) {
  return z.pipe(
    z.looseObject({}),
    z.transform((query: Record<string, unknown>, context): ExportFilter => {
      const refuse = (name: string, message: string) =>
        context.issues.push({ code: "custom", path: [name], message, input: query });
      const members = { ...anyOf(...values), ...spans("createdAt") };
      const { filters } = readFilters(query, { members, isSearched: false, includes: [] }, refuse);
      return {
        createdAt: spanOf(filters, "createdAt"),
        productIds: idsOf(valuesOf(filters, "productId")),
        licenseIds: idsOf(valuesOf(filters, "licenseId")),
      };
    }),
  );
}

/** Ids are stored in lower case. One that is asked for twice is one. */
function idsOf(values: readonly string[] | null): readonly string[] | undefined {
  return values === null ? undefined : [...new Set(values.map((id) => id.toLowerCase()))];
}

export const licenseExport = new Hono<ManagementEnv>().get(
  "/",
  holding("license:read"),
  validQuery(exportQuery("productId")),
  async (c) => {
    const pages = exportLicenses(c.var.deployment.db, c.req.valid("query"));
    return await answerExport(c, "license", LICENSE_COLUMNS, pages, ({ license, names }) =>
      licenseResource(license, names),
    );
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
