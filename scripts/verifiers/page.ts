/** docs/tokens.md shows the verifiers and an example as they are in docs/verify. */

import { readFileSync } from "node:fs";
import type { Vectors } from "./vectors.ts";

export const PAGE = "docs/tokens.md";
const FENCES: Readonly<Record<string, string>> = {
  "verify.ts": "ts",
  "verify.py": "python",
  "verify.go": "go",
  "Verify.cs": "csharp",
  "verify.sh": "sh",
};

/** The page with each part between its markers made anew. */
export function pageWith(page: string, vectors: Vectors): string {
  let text = page;
  for (const [file, language] of Object.entries(FENCES)) {
    text = within(text, file, `\`\`\`${language}\n${readFileSync(`docs/verify/${file}`, "utf8").trimEnd()}\n\`\`\``);
  }
  return within(within(text, "example", exampleOf(vectors)), "examples", tableOf(vectors));
}

function within(text: string, name: string, made: string): string {
  const [open, close] = [`<!-- ${name}: made by npm run verifiers -- --write -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no place for ${name}`);
  return `${text.slice(0, from)}${open}\n\n${made}\n\n${text.slice(to)}`;
}

/** The arguments of every verifier, for the token that never ends. */
function exampleOf({ publicKeyBase64, product, fingerprint, tokens }: Vectors): string {
  const token = tokens[0]?.token ?? "";
  const lines = [`TOKEN=${token}`, `KEY=${publicKeyBase64}`, `PRODUCT=${product}`, `FINGERPRINT='${fingerprint}'`];
  return `\`\`\`sh\n${lines.join("\n")}\n\`\`\``;
}

function tableOf({ tokens }: Vectors): string {
  const rows = tokens.map(({ name, why, isGood }) => [name, why, isGood ? "good" : "refused"]);
  return aligned([["token", "what is special", "verdict"], ...rows]);
}

function aligned([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
