/** Members by which a device says what it is, in bodies of both APIs (NET-2). IN-1: null for an optional is absent. */

import * as z from "zod/mini";
import { FINGERPRINT_CHARACTERS, HOSTNAME_CHARACTERS, USER_HASH_CHARACTERS, VM_NAME_CHARACTERS } from "./limits.ts";
import { text } from "./validate.ts";

/** FP-1: something of it can be seen. */
export const fingerprint = text(1, FINGERPRINT_CHARACTERS).check(
  z.regex(/^$|[^\s\p{C}\p{Z}]/u, "must have a visible character"),
);

export const userHash = optional(text(1, USER_HASH_CHARACTERS));

export const DEVICE_MEMBERS = {
  hostname: optional(text(0, HOSTNAME_CHARACTERS)),
  userHash,
  vmName: optional(text(0, VM_NAME_CHARACTERS)),
  container: optional(z.boolean()),
} as const;

/** Absent and null are both null. */
export function optional<Schema extends z.core.$ZodType>(schema: Schema) {
  return z.pipe(
    z.nullish(schema),
    z.transform((value: z.output<Schema> | null | undefined) => value ?? null),
  );
}
