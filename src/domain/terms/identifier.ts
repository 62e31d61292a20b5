/**
 * License and activation ids (ID-1, ID-2): UUIDv8 whose first 60 free bits are the license's locator, the rest random.
 * The locator is 15 lower-case hex digits; it names the license's object (ID-3).
 */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const LOCATOR = /^[0-9a-f]{15}$/;

/**
 * A UUIDv8 (RFC 9562 5.8): `custom_a` and `custom_b` from the locator, `custom_c` from `random` (8 bytes, 62 bits
 * used).
 */
export function idWithLocator(locator: string, random: Uint8Array): string {
  if (!LOCATOR.test(locator) || random.length !== 8)
    throw new Error("a locator is 15 hex digits, the random part 8 bytes");
  const bytes = Uint8Array.from(random);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x80;
  const tail = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${locator.slice(0, 8)}-${locator.slice(8, 12)}-8${locator.slice(12)}-${tail.slice(0, 4)}-${tail.slice(4)}`;
}

/**
 * The locator inside a license or activation id, or null if the text is not a UUIDv8. Case does not matter (RFC 9562
 * 4).
 */
export function locatorOf(id: string): string | null {
  const lower = id.toLowerCase();
  if (!UUID.test(lower) || lower[14] !== "8" || !"89ab".includes(lower[19] ?? "")) return null;
  return lower.slice(0, 8) + lower.slice(9, 13) + lower.slice(15, 18);
}

export function isUuid(text: string): boolean {
  return UUID.test(text.toLowerCase());
}

/** `Activation.device` as it is written. */
export function isDeviceDigest(text: string): boolean {
  return /^[\da-f]{32}$/i.test(text);
}
