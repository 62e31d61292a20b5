/** Planted bugs: takes a guard out of the product's source while it is loaded, to see that somebody notices. */

import { registerHooks } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export interface Edit {
  /** From the root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface Planted {
  readonly name: string;
  readonly edits: readonly Edit[];
}

/** Before the files are imported. Each place must be found once. */
export function plant(bugs: readonly Planted[], name: string): void {
  const bug = bugs.find((candidate) => candidate.name === name);
  if (bug === undefined) throw new Error(`no mutant is called ${name}`);
  const edited = new Map<string, string>();
  for (const { file, find, replace } of bug.edits) {
    const path = join(import.meta.dirname, "../..", file);
    const url = pathToFileURL(path).href;
    const source = edited.get(url) ?? readFileSync(path, "utf8");
    if (source.split(find).length !== 2) throw new Error(`${name}: its place in ${file} is not found once`);
    edited.set(
      url,
      source.replace(find, () => replace),
    );
  }
  registerHooks({
    load: (url, context, next) => {
      const source = edited.get(url);
      return source === undefined ? next(url, context) : { format: "module-typescript", source, shortCircuit: true };
    },
  });
}
