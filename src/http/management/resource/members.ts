/** Types of members that several /v3 bodies share. IN-1: `null` for an optional member is absent. */

import * as z from "zod/mini";
import { isUuid } from "../../../domain/terms/identifier.ts";
import type { MetadataItem } from "../../../domain/terms/license.ts";
import { MOST_METADATA_ITEMS } from "../../../domain/license/list-members.ts";
import {
  LARGEST_COUNT,
  LARGEST_SECONDS,
  METADATA_BYTES,
  METADATA_KEY_CHARACTERS,
  METADATA_VALUE_CHARACTERS,
} from "../../limits.ts";
import { MUST_BE_UUID, mustBeWhole, text } from "../../validate.ts";
import { instant } from "./instant.ts";

/** In lower case, as ids are stored; RFC 9562 4 lets clients write them otherwise. */
export const uuid = z.pipe(
  z.string({ error: MUST_BE_UUID }).check(z.refine(isUuid, MUST_BE_UUID)),
  z.transform((id: string) => id.toLowerCase()),
);

/** `""` is null: nobody. */
export const uuidOrNone = z.union(
  [
    z.pipe(
      z.literal(""),
      z.transform(() => null),
    ),
    uuid,
  ],
  { error: MUST_BE_UUID },
);

export function count(least: number) {
  return whole(least, LARGEST_COUNT);
}

export function seconds(least: number) {
  return whole(least, LARGEST_SECONDS);
}

function whole(least: number, most: number) {
  const error = mustBeWhole(least, most);
  return z.int({ error }).check(z.minimum(least, { error }), z.maximum(most, { error }));
}

/** Who may see an item. The old `visible` is the SDK's view, "activation". */
const VIEWERS = ["activation", "user", "organization", "reseller"] as const;

export const viewers = z.nullish(z.array(z.enum(VIEWERS)).check(z.maxLength(VIEWERS.length)));

const sentItem = z.object({
  key: text(1, METADATA_KEY_CHARACTERS),
  value: text(0, METADATA_VALUE_CHARACTERS),
  viewPermissions: viewers,
  visible: z.nullish(z.boolean()),
});

const metadataItem = z.pipe(
  sentItem,
  z.transform(({ key, value, viewPermissions, visible }: z.output<typeof sentItem>) => ({
    key,
    value,
    viewPermissions: [...new Set(viewPermissions ?? (visible === true ? ["activation"] : []))],
  })),
);

export const metadata = z.array(metadataItem).check(
  z.maxLength(MOST_METADATA_ITEMS),
  z.refine((items) => bytesOf(items) <= METADATA_BYTES, `must be at most ${METADATA_BYTES} bytes when written as JSON`),
);

export function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

export function metadataResource(items: readonly MetadataItem[]) {
  return items.map(({ id, key, value, viewPermissions, createdAt, updatedAt }) => ({
    id,
    createdAt: instant(createdAt),
    updatedAt: instant(updatedAt),
    key,
    value,
    visible: viewPermissions.includes("activation"),
    viewPermissions,
  }));
}

/** A member whose rule is not built: its default may be named, anything else would be a promise that is not kept. */
export function only<const Value extends string | number | boolean | null>(...values: readonly [Value, ...Value[]]) {
  return z.nullish(z.literal([...values], { error: `must be ${JSON.stringify(values[0])} in this version` }));
}

export const onlyEmptyList = z.nullish(
  z.array(z.unknown()).check(z.maxLength(0, "must be an empty list in this version")),
);

/** The members that were sent with a value: what a PATCH of members without a void changes. */
export function sent<Members extends object>(members: Members) {
  const given = Object.entries(members).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(given) as { [Name in keyof Members]?: NonNullable<Members[Name]> };
}
