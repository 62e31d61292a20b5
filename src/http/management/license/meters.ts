/** A license's meter attributes as bodies give them, and as its resource shows them with what is counted (METER-1). */

import * as z from "zod/mini";
import { MOST_METERS } from "../../../domain/license/meters.ts";
import type { MeterAttribute, MeterUses } from "../../../domain/terms/license.ts";
import { METER_NAME_CHARACTERS } from "../../limits.ts";
import { mustBeWhole, text } from "../../validate.ts";
import { instant } from "../resource/instant.ts";
import { viewers } from "../resource/members.ts";

const MUST_BE_USES = mustBeWhole(-1, Number.MAX_SAFE_INTEGER);

const sentItem = z.object({
  name: text(1, METER_NAME_CHARACTERS),
  /** -1: without limit. */
  allowedUses: z.int({ error: MUST_BE_USES }).check(z.minimum(-1, { error: MUST_BE_USES })),
  floating: z.nullish(z.boolean()),
  viewPermissions: viewers,
  visible: z.nullish(z.boolean()),
});

/** IN-2: counts that were read and are sent back are ignored. A device counts by what it sees, so it sees them. */
const item = z.pipe(
  sentItem,
  z.transform(({ name, allowedUses, floating, viewPermissions, visible }: z.output<typeof sentItem>) => ({
    name,
    allowedUses,
    floating: floating ?? false,
    viewPermissions: [...new Set(viewPermissions ?? (visible === false ? [] : ["activation"]))],
  })),
);

export const meterAttributes = z.array(item).check(z.maxLength(MOST_METERS));

export function metersResource(items: readonly MeterAttribute[], counted: readonly MeterUses[] = []) {
  const byId = new Map(counted.map((uses) => [uses.id, uses]));
  return items.map((meter) => {
    const { total = 0, gross = 0 } = byId.get(meter.id) ?? {};
    return { ...meterShown(meter), totalUses: total, grossUses: gross };
  });
}

/** As it was sold. */
export function meterShown(meter: MeterAttribute) {
  const { id, name, allowedUses, floating, viewPermissions, createdAt, updatedAt } = meter;
  return {
    id,
    createdAt: instant(createdAt),
    updatedAt: instant(updatedAt),
    name,
    allowedUses,
    floating,
    visible: viewPermissions.includes("activation"),
    viewPermissions,
  };
}
