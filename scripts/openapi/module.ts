/** The document as the Worker carries it: compressed, in one text, which costs its start next to nothing. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";

export const MODULE = "src/http/openapi/document.ts";

const HEAD =
  "/** Made by `npm run openapi`: the OpenAPI document, gzip in base64, and the SHA-256 that its `ETag` is of. */\n";

export function moduleOf(document: string): string {
  const gzip = gzipSync(document, { level: 9 }).toString("base64");
  const digest = createHash("sha256").update(document).digest("hex").slice(0, 32);
  return `${HEAD}\nexport const DIGEST = "${digest}";\n\nexport const GZIP =\n  "${gzip}";\n`;
}

/** What the module of the checkout holds. */
export function writtenDocument(): string {
  const base64 = /GZIP =\s+"([^"]*)"/.exec(readFileSync(MODULE, "utf8"))?.[1] ?? "";
  return gunzipSync(Buffer.from(base64, "base64")).toString();
}
