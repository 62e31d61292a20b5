/** `CORS_ORIGINS` (WEB-1): whose pages may call the activation API. */

import { given, type Parsed } from "./text.ts";

const MOST_ORIGINS = 20;
const LONGEST_ORIGIN = 256;
/** Scheme, host, port; desktop shells have schemes of their own (`tauri://localhost`). */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;
const REMEDY =
  "Set it to exact origins with commas between them, for example `https://app.example.com`, in lower case and without " +
  "a path, a slash at the end or `*`; or remove it.";

export function parseOrigins(text: string | null): Parsed<readonly string[]> {
  if (text === null) return { value: [] };
  const origins = text.split(",").map((origin) => origin.trim());
  if (origins.length > MOST_ORIGINS) return { fault: `It has more than ${MOST_ORIGINS} origins.` };
  return origins.every(isOrigin) ? { value: origins } : { fault: REMEDY };
}

/** Also where something else of the configuration has a fault, so that a page can read what; none if it has one. */
export function corsOrigins(vars: { readonly CORS_ORIGINS?: string }): readonly string[] {
  const parsed = parseOrigins(given(vars.CORS_ORIGINS));
  return "value" in parsed ? parsed.value : [];
}

/** As browsers write it: what they would write otherwise (a default port, say) would never be met. */
function isOrigin(text: string): boolean {
  if (text.length > LONGEST_ORIGIN || !ORIGIN.test(text) || !URL.canParse(text)) return false;
  const { origin, protocol } = new URL(text);
  return origin === text || !["http:", "https:", "ws:", "wss:", "ftp:"].includes(protocol);
}
