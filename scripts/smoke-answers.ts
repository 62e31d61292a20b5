/** What the README's commands printed, and the shape of the document that many of them print. */

import assert from "node:assert/strict";
import type { Variables } from "./running.ts";

/** Name of a command to what it printed. */
export type Answers = ReadonlyMap<string, string>;
export type Check = (answers: Answers, variables: Variables) => void | Promise<void>;
export type Json = Readonly<Record<string, unknown>>;

/** DOC-1: the nine members of MonetizeIt's pages, and ours. */
export function documentMembers(document: Record<string, unknown>): void {
  const texts = ["legalNotice", "copyright", "providerUrl", "providerEmail", "description"];
  for (const name of ["licenseToken", "tokenPublicKeyBase64", "sessionId", "serverTime", ...texts]) {
    assert.equal(typeof document[name], "string", name);
  }
  assert.equal(document.version, 1);
  assert(Array.isArray(document.licensedProducts));
  assert("leaseExpiresAt" in document && "renewAfter" in document);
}

/** Of a command that printed one answer. */
export function parse(answers: Answers, name: string): Json {
  const text = answers.get(name) ?? "";
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`"${name}" answered no JSON: ${text}`);
  }
}

/** Of one that printed several, a line each. */
export function parseLines(answers: Answers, name: string): readonly Json[] {
  const lines = (answers.get(name) ?? "").split("\n");
  return lines.map((_, at) => parse(new Map([[name, lines[at] ?? ""]]), name));
}
