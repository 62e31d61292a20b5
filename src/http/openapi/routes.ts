/** `GET /openapi.json`: the document that `npm run openapi` made, with a strong `ETag`, compressed for who takes it. */

import type { AppEnv } from "../context.ts";
import { Hono } from "../hono.ts";
import { limitByAddress } from "../rate-limits.ts";
import { DIGEST, GZIP } from "./document.ts";
import { isKnown } from "./if-none-match.ts";

/** RFC 9110 8.8.3: two codings of one document have two strong tags. */
const TAGS = { gzip: `"${DIGEST}-gzip"`, identity: `"${DIGEST}"` } as const;

export const openapi = new Hono<AppEnv>().get("/openapi.json", limitByAddress, (c) => {
  const coding = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(c.req.header("Accept-Encoding") ?? "")
    ? "gzip"
    : "identity";
  const headers = { ETag: TAGS[coding], "Cache-Control": "public, max-age=300", Vary: "Accept-Encoding" };
  if (isKnown(c.req.header("If-None-Match") ?? "", TAGS[coding])) return c.body(null, 304, headers);
  const packed = Uint8Array.from(atob(GZIP), (letter) => letter.charCodeAt(0));
  const type = { ...headers, "Content-Type": "application/json" };
  if (coding === "identity") {
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip")), { headers: type });
  }
  return new Response(packed, { headers: { ...type, "Content-Encoding": "gzip" }, encodeBody: "manual" });
});
