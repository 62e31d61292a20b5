/** `GET /problems/:code`, the page behind a problem's `type`: made from the table of codes. */

import type { AppEnv } from "./context.ts";
import { entriesOf, type ProblemKind } from "./codes.ts";
import { Problem } from "./problem.ts";
import { limitByAddress } from "./rate-limits.ts";
import { Hono } from "./hono.ts";

const ADVICE = {
  "fix-request": "Correct the request.",
  "sign-in": "Sign in, or send the credentials of the session.",
  "activate-again": "Activate again.",
  wait: "Wait, then try again.",
  "release-a-device": "Check out on another device, or wait until a lease ends.",
  "contact-vendor": "Ask the vendor of the license.",
} as const;

export const problemPages = new Hono<AppEnv>().get("/problems/:code", limitByAddress, (c) => {
  const entries = entriesOf(c.req.param("code"));
  if (entries.length === 0) throw new Problem("route-unknown", "There is no problem of this name.");
  const text = entries.map(({ code, kind }) => paragraphOf(code, kind)).join("\n");
  return c.text(text, 200, { "Cache-Control": "public, max-age=3600" });
});

function paragraphOf(code: string, kind: ProblemKind): string {
  const lines = [code, kind.title, `Status: ${kind.status}`];
  if (kind.elsewhere !== undefined) lines.push(`Status at ${kind.elsewhere.at}: ${kind.elsewhere.status}`);
  if (kind.action !== undefined) lines.push(`Action: ${kind.action}. ${kind.advice ?? ADVICE[kind.action]}`);
  if (kind.retryable) lines.push("The same request may succeed later.");
  return `${lines.join("\n")}\n`;
}
