/** The text of docs/problems.md: the tables of `src/http/problems`, which the pages behind `type` are made from too. */

import { allSlugs, entriesOf, type ProblemEntry } from "../src/http/codes.ts";

export const DOCUMENT = "docs/problems.md";

const HEAD = `# Problems

Every code that an error can have ([api.md](api.md#errors)), with cause and cure. Each is also shown at \`/problems/<heading>\` of a deployment. This page is made by \`npm run problems\` from the table that answers are made from. Codes in lower case belong to the activation API, in upper case to \`/v3\`; what both share is listed once.`;

export function problemsDocument(): string {
  const sections = allSlugs().map((slug) => `## ${slug}\n\n${entriesOf(slug).map(paragraphsOf).join("\n\n")}`);
  return `${[HEAD, ...sections].join("\n\n")}\n`;
}

function paragraphsOf({ codes, kind }: ProblemEntry): string {
  const names = codes.map((code) => `\`${code}\``).join(" and ");
  const elsewhere = kind.elsewhere === undefined ? "" : `, ${kind.elsewhere.status} at ${kind.elsewhere.at}`;
  const action = kind.action === undefined ? "" : `, action \`${kind.action}\``;
  const retryable = kind.retryable ? ", retryable" : "";
  const status = `${kind.status}${elsewhere}${action}${retryable}`;
  return `${names}: ${kind.title} (${status}).\n\n- Cause: ${kind.cause}\n- Cure: ${kind.cure}`;
}
