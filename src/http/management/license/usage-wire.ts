/** The use of a license on the wire: ours, since neither of the two products tells it. */

import * as z from "zod/mini";
import { USAGE_DAYS } from "../../../domain/turn/denials.ts";
import type { Usage } from "../../../domain/seats/usage.ts";
import { USAGE_DAYS_SHOWN } from "../../limits.ts";
import { wholeText } from "../../validate.ts";

const DAY = 86_400_000;

export const usageQuery = z.object({ days: z.optional(wholeText(1, USAGE_DAYS)) });

export function daysAsked({ days }: z.output<typeof usageQuery>): number {
  return days ?? USAGE_DAYS_SHOWN;
}

/** `limit` null = unlimited. `peak` and `denials` are those of all days shown. */
export function usageResource(licenseId: string, { used, limit, days }: Usage) {
  const shown = days.map((day) => ({ ...day, denials: counts(day.denials) }));
  const denials: Record<string, number> = {};
  for (const [reason, count] of shown.flatMap((day) => Object.entries(day.denials))) {
    denials[reason] = (denials[reason] ?? 0) + count;
  }
  return {
    licenseId,
    used,
    limit: limit <= 0 ? null : limit,
    peak: Math.max(used, ...days.map((day) => day.peak)),
    denials,
    days: shown.map((day) => ({
      date: new Date(day.day * DAY).toISOString().slice(0, 10),
      peak: day.peak,
      denials: day.denials,
    })),
  };
}

/**
 * Reasons are whatever the object says, a newer one's too (0011-migrations-before-the-worker.md); what is no count is
 * not shown.
 */
function counts(denials: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(denials).filter(([, count]) => typeof count === "number"));
}
