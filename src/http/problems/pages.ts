/**
 * `GET /problems`, a list of all codes, and `GET /problems/:code`, the page behind a problem's `type`: made from the
 * tables beside it. HTML for who asks for it, as browsers do, plain text for everybody else
 * (0061-problem-pages.md).
 */

import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { allSlugs, entriesOf, type ProblemEntry } from "../codes.ts";
import type { AppEnv } from "../context.ts";
import { Hono } from "../hono.ts";
import { Problem } from "../problem.ts";
import type { Action } from "./kind.ts";
import { limitByAddress } from "../rate-limits.ts";

const PATH = "/problems";

/** What an app is told to do, in a sentence. */
const ACTIONS: Readonly<Record<Action, string>> = {
  "fix-request": "correct the request",
  "sign-in": "try again with valid credentials",
  "activate-again": "activate again",
  wait: "wait, then try again",
  "release-a-device": "free the seat of another device",
  "contact-vendor": "ask the vendor of the license",
};

export const problemPages = new Hono<AppEnv>()
  .get(PATH, limitByAddress, (c) => answer(c, "Problems", allSlugs().map(summaryOf)))
  .get(`${PATH}/:code`, limitByAddress, (c) => {
    const slug = c.req.param("code");
    const entries = entriesOf(slug);
    if (entries.length === 0)
      throw new Problem("route-unknown", `There is no problem with this name: ${PATH} lists them all.`);
    return answer(c, slug, entries.map(sectionOf));
  });

/** A heading, what it leads to if that is another page, and lines of text. */
interface Section {
  readonly heading: string;
  readonly link: string | null;
  readonly lines: readonly string[];
}

function summaryOf(slug: string): Section {
  const lines = entriesOf(slug).map(({ codes, kind }) => `${codes.join(", ")}: ${kind.title} (${kind.status})`);
  return { heading: slug, link: `${PATH}/${slug}`, lines };
}

function sectionOf({ codes, kind }: ProblemEntry): Section {
  const lines = [kind.title, `Status: ${kind.status}`];
  if (kind.elsewhere !== undefined) lines.push(`Status at ${kind.elsewhere.at}: ${kind.elsewhere.status}`);
  lines.push(`Cause: ${kind.cause}`, `Cure: ${kind.cure}`);
  if (kind.action !== undefined) lines.push(`Action: ${kind.action} (${ACTIONS[kind.action]})`);
  if (kind.retryable) lines.push("The same request may succeed later.");
  return { heading: codes.join(", "), link: null, lines };
}

function answer(c: Context<AppEnv>, title: string, sections: readonly Section[]): Response {
  const headers = { "Cache-Control": "public, max-age=3600", Vary: "Accept" };
  const type = accepts(c, { header: "Accept", supports: ["text/plain", "text/html"], default: "text/plain" });
  return type === "text/html" ? c.html(htmlOf(title, sections), 200, headers) : c.text(textOf(sections), 200, headers);
}

function textOf(sections: readonly Section[]): string {
  return sections
    .map(({ heading, link, lines }) => [heading, ...(link === null ? [] : [link]), ...lines, ""].join("\n"))
    .join("\n");
}

/** Our own words alone, none of the request's; no script, style or picture, as the Content-Security-Policy has it. */
function htmlOf(title: string, sections: readonly Section[]): string {
  const parts = sections.map(({ heading, link, lines }) => {
    const head = link === null ? escaped(heading) : `<a href="${escaped(link)}">${escaped(heading)}</a>`;
    return [...(heading === title ? [] : [`<h2>${head}</h2>`]), ...lines.map((line) => `<p>${marked(line)}</p>`)].join(
      "\n",
    );
  });
  const all = title === "Problems" ? [] : [`<p><a href="${PATH}">All problems</a></p>`];
  return [
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">\n<meta name="color-scheme" content="light dark">',
    `<title>${escaped(title)}</title>\n</head>\n<body>\n<h1>${escaped(title)}</h1>`,
    ...parts,
    ...all,
    "</body>\n</html>\n",
  ].join("\n");
}

function marked(line: string): string {
  return escaped(line).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
