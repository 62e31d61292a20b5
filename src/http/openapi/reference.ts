/**
 * `GET /docs`: a page that shows the OpenAPI document and makes calls of this deployment, and the files that it loads
 * (0091-swagger-ui-shows-the-document.md). They are modules of bytes that nothing reads before somebody asks for them.
 */

import type { AppEnv } from "../context.ts";
import { Hono } from "../hono.ts";
import { Problem } from "../problem.ts";
import { limitByAddress } from "../rate-limits.ts";
import { isKnown } from "./if-none-match.ts";

const PATH = "/docs";

/** Of the page alone. What it makes of the document is data: no script and no style stands in the page itself. */
const PAGE_HEADERS = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // The viewer's style sheet carries its signs.
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "Cross-Origin-Opener-Policy": "same-origin",
} as const;

const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";
const TEXT = "text/plain; charset=utf-8";

interface Source {
  readonly type: string;
  readonly load: () => Promise<{ readonly default: ArrayBuffer }>;
}

/** By name under the page's own path. */
const SOURCES: ReadonlyMap<string, Source> = new Map([
  ["api-reference.js", { type: SCRIPT, load: () => import("./page/api-reference.js") }],
  ["api-reference.css", { type: STYLE, load: () => import("./page/api-reference.css") }],
  ["swagger-ui-bundle.js", { type: SCRIPT, load: () => import("swagger-ui-dist/swagger-ui-bundle.js") }],
  ["swagger-ui.css", { type: STYLE, load: () => import("swagger-ui-dist/swagger-ui.css") }],
  // The viewer's licence asks that its text comes along.
  ["LICENSE", { type: TEXT, load: () => import("swagger-ui-dist/LICENSE") }],
  ["NOTICE", { type: TEXT, load: () => import("swagger-ui-dist/NOTICE") }],
  [
    "swagger-ui-bundle.js.LICENSE.txt",
    { type: TEXT, load: () => import("swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt") },
  ],
]);

/** What this isolate has handed out already; `tag` as RFC 9110 8.8.3 has it. */
const loaded = new Map<string, { readonly bytes: ArrayBuffer; readonly tag: string }>();

export const reference = new Hono<AppEnv>()
  .get(PATH, limitByAddress, (c) => c.html(PAGE, 200, PAGE_HEADERS))
  .get(`${PATH}/:file`, limitByAddress, async (c) => {
    const name = c.req.param("file");
    const source = SOURCES.get(name);
    if (source === undefined)
      throw new Problem("route-unknown", `There is no such file: ${PATH} shows what there is to call.`);
    const { bytes, tag } = loaded.get(name) ?? (await load(name, source));
    const headers = { ETag: tag, "Cache-Control": "public, max-age=300" };
    if (isKnown(c.req.header("If-None-Match") ?? "", tag)) return c.body(null, 304, headers);
    return c.body(bytes, 200, { ...headers, "Content-Type": source.type });
  });

async function load(name: string, source: Source) {
  const { default: bytes } = await source.load();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = { bytes, tag: `"${btoa(String.fromCharCode(...digest))}"` };
  loaded.set(name, found);
  return found;
}

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Leasehold API reference</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${PATH}/swagger-ui.css">
<link rel="stylesheet" href="${PATH}/api-reference.css">
<script defer src="${PATH}/swagger-ui-bundle.js"></script>
<script type="module" src="${PATH}/api-reference.js"></script>
</head>
<body>
<header>
<p>Leasehold</p>
<nav aria-label="More to read"><a href="/openapi.json">OpenAPI document</a> <a href="/problems">Problems</a></nav>
</header>
<main id="reference"><p role="status">The reference is loading.</p></main>
<noscript><p>This page needs its script. The document that it shows is <a href="/openapi.json">/openapi.json</a>.</p></noscript>
<footer>
<p>Shown by Swagger UI, under the <a href="${PATH}/LICENSE">Apache License 2.0</a>
(<a href="${PATH}/NOTICE">notice</a>, <a href="${PATH}/swagger-ui-bundle.js.LICENSE.txt">what it is built on</a>).
A token that you type stays in this page, and is gone when you leave it.</p>
</footer>
</body>
</html>
`;
