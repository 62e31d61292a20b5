/**
 * Lists among the settings as bodies give them, and `allowedIpRange`, the older word for a list of one: read, and shown
 * while there is one.
 */

import * as z from "zod/mini";
import { readEntry, type Entry } from "../../../domain/terms/entries.ts";
import type { Setting, Settings } from "../../../domain/terms/settings.ts";
import { ENTRY_CHARACTERS } from "../../limits.ts";
import { text } from "../../validate.ts";

/** Each entry in its one spelling. One that is there twice is a slip, as in other lists. */
export function listOf({ of, most }: Extract<Setting, { readonly kind: "list" }>) {
  return z.array(entryOf(of, 1)).check(z.maxLength(most), noneTwice);
}

/** `least` 0: `""` is none. */
function entryOf(kind: Entry, least: 0 | 1) {
  return z.pipe(
    text(least, ENTRY_CHARACTERS),
    z.transform((written: string, context) => {
      if (written === "") return written;
      const read = readEntry(kind, written);
      if (read.ok) return read.entry;
      context.issues.push({ code: "custom", message: read.detail, input: written });
      return z.NEVER;
    }),
  );
}

const noneTwice = z.check<readonly string[]>(({ value, issues }) => {
  const twice = value.findIndex((entry, at) => value.indexOf(entry) !== at);
  if (twice !== -1) issues.push({ code: "custom", message: "must be there once", path: [twice], input: value });
});

/** `""` is no range. Null says nothing, as of any list: it is what is shown of several. */
export const ONE_RANGE = { allowedIpRange: z.nullish(entryOf("range", 0)) } as const;

interface RangeWords {
  readonly allowedIpRange?: string | null | undefined;
  readonly allowedIpRanges?: readonly string[] | null | undefined;
}

/** The two words agree: what was read may come back with the list changed, but not without the one that is named. */
export function oneWordForRanges() {
  return z.refine<RangeWords>(
    ({ allowedIpRange: one, allowedIpRanges: all }) =>
      typeof one !== "string" || !Array.isArray(all) || (one === "" ? all.length === 0 : all.includes(one)),
    { path: ["allowedIpRange"], message: "must not differ from `allowedIpRanges`" },
  );
}

/** Without the older word. */
export function inOneWord<Body extends RangeWords>({ allowedIpRange: one, ...body }: Body) {
  if (typeof one !== "string" || Array.isArray(body.allowedIpRanges)) return body;
  return { ...body, allowedIpRanges: one === "" ? [] : [one] };
}

export function rangeShown(ranges: Settings["allowedIpRanges"] | null | undefined): string | null {
  const [first, ...others] = ranges ?? [];
  return others.length === 0 ? (first ?? null) : null;
}
