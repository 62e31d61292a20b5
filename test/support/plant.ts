/** Planted bugs: takes a guard out of the product's source while it is loaded, to see that somebody notices. */

import { globSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export interface Edit {
  /** A function or constant of src/, or `Class.method`, wherever it stands. */
  readonly in: string;
  /** What stands there exactly once, however its lines are broken. */
  readonly find: string;
  readonly replace: string;
}

export interface Planted {
  readonly name: string;
  readonly edits: readonly Edit[];
}

interface Region {
  readonly from: number;
  readonly to: number;
}

const ROOT = join(import.meta.dirname, "../../src");
/** What declares a function at the margin, and a method two spaces in. */
const TOP = /^(?:export )?(?:abstract )?(?:async )?(?:function|const|class) (\w+)/;
const MEMBER = /^ {2}(?:(?:async|static|get|set|override) )*(#?\w+)[(<]/;
/** What ends a declaration at its own depth, or goes on with it. */
const CLOSES = /^ *[)}\]`]/;

/** Before the files are imported. */
export function plant(bugs: readonly Planted[], name: string): void {
  const bug = bugs.find((candidate) => candidate.name === name);
  if (bug === undefined) throw new Error(`no mutant is called ${name}`);
  const edited = planted(productSource(), bug);
  registerHooks({
    load: (url, context, next) => {
      const source = edited.get(url);
      return source === undefined ? next(url, context) : { format: "module-typescript", source, shortCircuit: true };
    },
  });
}

/** The product's files by URL. */
export function productSource(): ReadonlyMap<string, string> {
  const paths = globSync("**/*.ts", { cwd: ROOT }).map((path) => join(ROOT, path));
  return new Map(paths.map((path) => [pathToFileURL(path).href, readFileSync(path, "utf8")]));
}

/** The files that the bug changes, by URL. Each of its places must be found once. */
export function planted(product: ReadonlyMap<string, string>, { name, edits }: Planted): ReadonlyMap<string, string> {
  const sources = new Map(product);
  const edited = new Map<string, string>();
  for (const edit of edits) {
    const places = [...sources].flatMap(([url, source]) => editions(source, edit).map((text) => ({ url, text })));
    const [place] = places;
    if (place === undefined || places.length > 1) {
      throw new Error(`${name}: "${edit.find}" stands ${places.length} times in a function ${edit.in} of src`);
    }
    sources.set(place.url, place.text);
    edited.set(place.url, place.text);
  }
  return edited;
}

/** The source with the edit made, once for each place where it can be made. */
function editions(source: string, { in: name, find, replace }: Edit): readonly string[] {
  const words = find
    .trim()
    .split(/\s+/)
    .map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return regions(source, name).flatMap(({ from, to }) =>
    [...source.slice(from, to).matchAll(new RegExp(words.join("\\s+"), "g"))].map(
      ({ index, 0: found }) => source.slice(0, from + index) + replace + source.slice(from + index + found.length),
    ),
  );
}

/** From the line that declares it to the next line that is no deeper: the formatter sees to the depths. */
function regions(source: string, name: string): readonly Region[] {
  const lines = source.split("\n");
  const found: Region[] = [];
  let top = "";
  let at = 0;
  for (const [index, line] of lines.entries()) {
    const declared = TOP.exec(line)?.[1];
    if (declared !== undefined) top = declared;
    const member = MEMBER.exec(line)?.[1];
    if (declared === name || (member !== undefined && `${top}.${member}` === name)) {
      found.push({ from: at, to: at + lengthOf(lines.slice(index)) });
    }
    at += line.length + 1;
  }
  return found;
}

function lengthOf([first = "", ...rest]: readonly string[]): number {
  const depth = first.search(/\S/);
  const end = rest.findIndex((line) => line !== "" && line.search(/\S/) <= depth && !CLOSES.test(line));
  return [first, ...(end < 0 ? rest : rest.slice(0, end))].join("\n").length;
}
