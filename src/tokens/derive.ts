/** Every secret of a deployment from its one root secret, by HKDF-SHA-256 with a label per purpose (CFG-3). */

/** One label per purpose; a label never changes its meaning, because stored things depend on it. */
export type Purpose = "entity-tags" | "key-ids" | "locator-key" | "trial-devices" | "wrapping-key" | "wrapping-key-id";

/** `length` bytes for one purpose. Bytes of one purpose say nothing about another's. */
export async function deriveBytes(
  rootSecret: string,
  purpose: Purpose,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const material = await crypto.subtle.importKey("raw", encoder.encode(rootSecret), "HKDF", false, ["deriveBits"]);
  const info = encoder.encode(`leasehold/${purpose}/v1`);
  // No salt: the root secret is random already (RFC 5869, 3.1), and there is nowhere to keep one before D1 answers.
  const parameters = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, material, length * 8));
}
