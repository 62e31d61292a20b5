/** Compares a secret with what a stranger sent, in a time that tells nothing about it. */

/** Both are hashed first: digests are of one length, as the comparison demands. */
export async function isSameSecret(sent: string, secret: string): Promise<boolean> {
  const [one, other] = await Promise.all([digest(sent), digest(secret)]);
  return crypto.subtle.timingSafeEqual(one, other);
}

async function digest(text: string): Promise<ArrayBuffer> {
  return await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
