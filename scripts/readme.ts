/** The commands in the README and in the pages by task, taken from their text. */

import { readFileSync } from "node:fs";

const NAMED_BLOCK = /<!-- smoke: ([a-z-]+) -->\s+```(?:ba)?sh\n([\s\S]*?)```/g;

export interface ReadmeBlock {
  readonly name: string;
  readonly command: string;
}

/** The first fenced block under a heading of the second level. */
export function commandUnder(heading: string): string {
  const section = readFileSync("README.md", "utf8")
    .split(/^## /m)
    .find((part) => part.startsWith(`${heading}\n`));
  const command = section === undefined ? null : /```(?:ba)?sh\n([\s\S]*?)```/.exec(section);
  if (command?.[1] === undefined) throw new Error(`README.md has no command under "${heading}"`);
  return command[1].trim();
}

/** The blocks of a page that carry a name for the smoke run, in order. */
export function namedBlocks(page = "README.md"): readonly ReadmeBlock[] {
  return [...readFileSync(page, "utf8").matchAll(NAMED_BLOCK)].map(([, name = "", command = ""]) => ({
    name,
    command,
  }));
}
