/** What entity tags look like outside (MGMT-7): digests under a key of the deployment, which nobody makes at home. */

import { deriveBytes } from "./derive.ts";

export interface TagSeal {
  /** Of a digest (32 lower-case hex digits), as many again; the same for the same digest. */
  close(digest: string): Promise<string>;
  /** The digest of a tag. Null: nothing that `close` could have made. */
  open(tag: string): Promise<string | null>;
}

const TAG = /^[0-9a-f]{32}$/;
const BLOCK_BYTES = 16;
const ZERO = new Uint8Array(BLOCK_BYTES);
const NOTHING = new Uint8Array(0);

/**
 * A digest is one block of AES, which is a permutation: it can be opened again, so that rows and objects go on
 * comparing digests and know no key (0051-entity-tags-are-sealed.md). `locatorKey`: in force for good (CFG-3), so that
 * a rotated ROOT_SECRET changes no tag.
 */
export async function openTagSeal(locatorKey: string): Promise<TagSeal> {
  const secret = await deriveBytes(locatorKey, "entity-tags", 32);
  const key = await crypto.subtle.importKey("raw", secret, "AES-CBC", false, ["encrypt", "decrypt"]);
  const encrypt = async (iv: Uint8Array, plain: Uint8Array) =>
    new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv }, key, plain)).subarray(0, BLOCK_BYTES);
  return {
    close: async (digest) => hex(await encrypt(ZERO, bytes(digest))),
    open: async (tag) => {
      if (!TAG.test(tag)) return null;
      const block = bytes(tag);
      // WebCrypto pads, and so opens nothing without the block of padding that belongs behind this one.
      const padding = await encrypt(block, NOTHING);
      const padded = new Uint8Array([...block, ...padding]);
      return hex(new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv: ZERO }, key, padded)));
    },
  };
}

function bytes(digits: string): Uint8Array {
  return Uint8Array.from({ length: BLOCK_BYTES }, (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16));
}

function hex(block: Uint8Array): string {
  return Array.from(block, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
