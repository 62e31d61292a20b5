/** What `/v3/activations` can be asked for: the filters of its list (facts 3.3), and the activations that a bulk deletion means. */

import * as z from "zod/mini";
import { normaliseKey } from "../../domain/license-key.ts";
import {
  ACTIVATION_INSTANTS,
  SOUGHT_ACTIVATIONS,
  WALKED_ACTIVATIONS,
  type ActivationFilter,
} from "../../registry/activation-filters.ts";
import { invalidRequest } from "../problem.ts";
import { readFilters, type Filters } from "./filters.ts";
import { listQuery } from "./paging.ts";

export const activationQuery = listQuery(["createdAt"], {
  values: [...Object.keys(SOUGHT_ACTIVATIONS), ...Object.keys(WALKED_ACTIVATIONS), "include"],
  instants: Object.keys(ACTIVATION_INSTANTS),
});

/** MGMT-1: these name few activations; the ones below look at every one of them. */
const NARROW = ["id", "licenseId", "license.key"] as const;
const WIDE = [...Object.keys(WALKED_ACTIVATIONS), "updatedAt", "lastSyncedAt"];

/** Refuses what would have to look at every activation. `include` is no filter, and is none to the registry either. */
export function filterOf({ values, spans }: Filters): ActivationFilter {
  const wide = WIDE.find((member) => values[member] !== undefined || spans[member] !== undefined);
  if (wide !== undefined && !NARROW.some((member) => values[member] !== undefined)) {
    throw invalidRequest({ pointer: `/${wide}`, detail: "only narrows a list that has licenseId, too" });
  }
  const keys = values["license.key"];
  return { spans, values: keys === undefined ? values : { ...values, "license.key": keys.map(spelt) } };
}

/** KEY-1; a malformed key is nobody's. */
function spelt(key: string): string {
  const normalised = normaliseKey(key);
  return normalised.ok ? normalised.key : key;
}

/** `include=user`, also as one of a list. */
export function wantsUser(included: readonly string[]): boolean {
  return included.some((names) => names.split(",").includes("user"));
}

const EVERY = { from: null, below: null };

/** The license, and a range of `createdAt`, of `lastSyncedAt`, or of both. */
export const activationDeletion = z.pipe(
  z.looseObject({}),
  z.transform((query: Readonly<Record<string, unknown>>, context) => {
    const refuse = (name: string, message: string) =>
      context.issues.push({ code: "custom", path: [name], message, input: query });
    const known = { values: ["licenseId"], instants: ["createdAt", "lastSyncedAt"] };
    const { values, spans } = readFilters(query, known, refuse);
    const [licenseId = "", ...more] = values["licenseId"] ?? [];
    if (licenseId === "") refuse("licenseId", "is required");
    if (more.length > 0) refuse("licenseId", "has more than one value");
    const { createdAt: created, lastSyncedAt: contact } = spans;
    const hasNone = created === undefined && contact === undefined;
    if (hasNone && context.issues.length === 0) refuse("createdAt", "is required, with an operator such as [lt]");
    return { licenseId: licenseId.toLowerCase(), created: created ?? EVERY, contact: contact ?? EVERY };
  }),
);
