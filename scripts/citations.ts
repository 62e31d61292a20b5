/**
 * What comments, test names and documents cite, and which of it leads nowhere: rules, decision pages, files, links.
 * Pure but for what `Known` looks up.
 */

import { posix } from "node:path";

/** Where citations lead. Paths are from the root, with slashes. */
export interface Known {
  readonly rules: ReadonlySet<string>;
  /** A file or folder; `*` and `{a,b}` as in a shell. */
  exists(path: string): boolean;
  /** Whether the file has a test, or checks, by that name, as it is written there. */
  hasTest(path: string, name: string): boolean;
  /** The anchors of a document's headings. */
  anchors(path: string): ReadonlySet<string>;
}

interface Line {
  readonly number: number;
  readonly text: string;
}

/** Comment lines are no longer than this. */
const LONGEST = 120;

const LITERAL = /"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\\n]|\\.)*)`/g;
const NAMED = /^[A-Z]+-\d+(?:(?:, | to | and )[A-Z]+-\d+)*:/;
const RULE = /(?<![\w-])[A-Z]{2,6}-\d{1,2}\b/g;
/** Look like rules and are none. */
const NO_RULE = /^(?:UTF|AES|SHA)-/;
/** Texts that are no part of the project, and numbers that lead to no file. */
const ELSEWHERE = [
  /\b(?:spec|facts|architecture)(?:\.md)?:? \d[\d.]*/gi,
  /\bseeds? 00\d/gi,
  /\bissues?:? #?\d+/gi,
  /\(issue: \w+/gi,
  /\barchitecture decisions?\b/gi,
];
const DECISION = /\bdecisions? (\d+)/gi;
const PAGE = /(?<![\w/-])(\d{4}-[a-z][a-z0-9-]*)(?:\.md)?\b/g;
const ROOTED = /(?<![\w/.@-])(?:src|test|scripts|bench|docs|migrations|clients)\/[\w.{},*/-]*[\w}*]/g;
const BARE = /(?<![\w/.@*-])(?:[\w-]+\/)*[\w-]+(?:\.[\w-]+)*\.(?:ts|tsx|md)(?![\w/])/g;
/** A test as documents name it: its file, and what it is called. */
const TEST = /`(test\/\S+\.test\.ts): ([^`]+)`/g;
const LINK = /\]\(([^)\s]+)\)/g;

const DECISIONS = "docs/decisions";

/** One line for each citation in this file that leads nowhere, and for each comment line that is too long. */
export function faultsOf(path: string, source: string, known: Known): readonly string[] {
  const isDocument = path.endsWith(".md");
  const lines = isDocument ? proseOf(source) : path.endsWith(".ts") ? spokenOf(source) : remarksOf(source);
  return lines.flatMap((line) =>
    [
      ...wordsOf(path, line, known),
      ...(isDocument ? [...linksOf(path, line, known), ...testsOf(line, known)] : bareOf(line, known)),
    ].map((fault) => `${path}:${line.number}: ${fault}`),
  );
}

/** Comment lines over the limit, of a TypeScript file. */
export function longOf(path: string, source: string): readonly string[] {
  return source
    .split("\n")
    .flatMap((text, index) =>
      text.length > LONGEST && commentOf(text) !== ""
        ? [`${path}:${index + 1}: a comment of ${text.length} characters`]
        : [],
    );
}

/** `## What it is` as a link names it. */
export function anchorsOf(document: string): ReadonlySet<string> {
  const headings = proseOf(document).flatMap(({ text }) => /^#+ (.*)/.exec(text)?.[1] ?? []);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

function wordsOf(path: string, { text }: Line, known: Known): readonly string[] {
  const rules = found(text, RULE).filter((rule) => !NO_RULE.test(rule) && !known.rules.has(rule));
  const pages = [...text.matchAll(PAGE)].flatMap(([, page = ""]) =>
    known.exists(`${DECISIONS}/${page}.md`) ? [] : page,
  );
  return [
    ...rules.map((rule) => `docs/rules.txt has no ${rule}`),
    ...pages.map((page) => `${DECISIONS} has no ${page}`),
    ...ELSEWHERE.flatMap((pattern) => found(text, pattern)).map((words) => `"${words}" leads nowhere: cite a rule`),
    ...[...text.matchAll(DECISION)].flatMap(([words, number = ""]) => decisionFault(path, words, number, known)),
    ...found(text, ROOTED).flatMap((cited) => (known.exists(cited) ? [] : `there is no ${cited}`)),
  ];
}

/** Among the pages a number is enough; elsewhere the page's file name says what it is about. */
function decisionFault(path: string, words: string, number: string, known: Known): readonly string[] {
  if (!path.startsWith(`${DECISIONS}/`)) return [`"${words}": cite the page by its file name`];
  return known.exists(`${DECISIONS}/${number.padStart(4, "0")}-*.md`) ? [] : [`${DECISIONS} has no page ${number}`];
}

/** Files named in comments, that a rename has to find: paths from the root. */
function bareOf({ text }: Line, known: Known): readonly string[] {
  return found(text, BARE)
    .filter((cited) => !/^\d{4}-/.test(cited) && cited.match(ROOTED) === null && !known.exists(cited))
    .map((cited) => `there is no ${cited} at the root: cite a file by its path from there`);
}

function linksOf(path: string, { text }: Line, known: Known): readonly string[] {
  return [...text.matchAll(LINK)].flatMap(([, link = ""]) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [target = "", anchor] = link.split("#", 2);
    const file = target === "" ? path : posix.normalize(posix.join(posix.dirname(path), target));
    if (!known.exists(file)) return [`the link ${link} leads nowhere`];
    return anchor === undefined || known.anchors(file).has(anchor) ? [] : [`${file} has no heading #${anchor}`];
  });
}

function testsOf({ text }: Line, known: Known): readonly string[] {
  return [...text.matchAll(TEST)].flatMap(([, file = "", name = ""]) =>
    known.hasTest(file, name) ? [] : [`${file} has no test "${name}"`],
  );
}

function found(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([words]) => words);
}

/** A document without its fenced blocks. */
function proseOf(document: string): readonly Line[] {
  let isFenced = false;
  return numbered(document).filter(({ text }) => {
    const isFence = text.trimStart().startsWith("```");
    if (isFence) isFenced = !isFenced;
    return !isFence && !isFenced;
  });
}

/** Comments, and what tests and checks are called. */
function spokenOf(source: string): readonly Line[] {
  return numbered(source).map(({ number, text }) => ({ number, text: `${commentOf(text)} ${namesIn(text)}` }));
}

function namesIn(text: string): string {
  const literals = [...text.matchAll(LITERAL)].map(([, plain, template]) => plain ?? template ?? "");
  return literals
    .flatMap((literal) => NAMED.exec(literal)?.[0] ?? /^(?:spec|seed|decision) \d+/.exec(literal)?.[0] ?? [])
    .join(" ");
}

/** What of a line is a comment; the formatter begins none but these ways. */
function commentOf(text: string): string {
  return /(?:^\s*\/?\*|(?:^|\s)\/\/ |\s\/\*\*? ).*/.exec(text)?.[0] ?? "";
}

/** Of SQL, TOML and shell. */
function remarksOf(source: string): readonly Line[] {
  return numbered(source).map(({ number, text }) => ({ number, text: /(?:^|\s)(?:#|--) .*/.exec(text)?.[0] ?? "" }));
}

function numbered(source: string): readonly Line[] {
  return source.split("\n").map((text, index) => ({ number: index + 1, text }));
}
