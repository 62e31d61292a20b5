/** The rules of docs/rules.txt: one a line, with its mark and its sentence. */

import { readFileSync } from "node:fs";

export interface Rule {
  readonly rule: string;
  /** `both`: tested in plain Node and in the Workers runtime; `later`: cited, and not built yet. */
  readonly mark: "both" | "later" | null;
  readonly sentence: string;
}

const LINE = /^([A-Z]+-\d+)(?: (both|later))? (.+)$/gm;

export const RULES: readonly Rule[] = [...readFileSync("docs/rules.txt", "utf8").matchAll(LINE)].map(
  ([, rule = "", mark, sentence = ""]) => ({
    rule,
    mark: mark === "both" || mark === "later" ? mark : null,
    sentence,
  }),
);
