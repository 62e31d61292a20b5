/**
 * What `/v3/activations` can be asked for: the filters of its list (MGMT-1), and the activations that a bulk deletion
 * means.
 */

import * as z from "zod/mini";
import { activationList } from "../../../registry/rows/activation-fields.ts";
import { filtering, readFilters } from "../list/filters.ts";
import { listQuery } from "../list/paging.ts";
import { anyOf, spanOf, spans, valuesOf } from "../list/plain-filters.ts";

export const activationQuery = listQuery(["createdAt"], {
  list: activationList,
  includes: ["user", "organization", "license", "product"],
});

/** SEAT-10: of one that ends, `hold=none` leaves no hold, and frees one that is there. */
export const endingQuery = z.object({ hold: z.optional(z.literal("none")) });

/** `include=user`, also as one of a list. */
export function wantsUser(included: readonly string[]): boolean {
  return included.some((names) => names.split(",").includes("user"));
}

const RANGE = {
  members: { ...anyOf("licenseId"), ...spans("createdAt", "lastSyncedAt") },
  isSearched: false,
  includes: [],
};

/** The license, and a range of `createdAt`, of `lastSyncedAt`, or of both. */
export const activationDeletion = filtering(
  z.pipe(
    z.looseObject({}),
    z.transform((query: Readonly<Record<string, unknown>>, context) => {
      const refuse = (name: string, message: string) =>
        context.issues.push({ code: "custom", path: [name], message, input: query });
      const { filters } = readFilters(query, RANGE, refuse);
      const [licenseId = "", ...more] = valuesOf(filters, "licenseId") ?? [];
      if (licenseId === "") refuse("licenseId", "is required");
      if (more.length > 0) refuse("licenseId", "must have one value");
      const hasNone = filters.every(({ member }) => member === "licenseId");
      if (hasNone && context.issues.length === 0) refuse("createdAt", "is required, with an operator such as [lt]");
      return {
        licenseId: licenseId.toLowerCase(),
        created: spanOf(filters, "createdAt"),
        contact: spanOf(filters, "lastSyncedAt"),
      };
    }),
  ),
  RANGE,
);
