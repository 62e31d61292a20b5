/** Says at the end how many answers were compared with the OpenAPI document, and how much of it they were. */

import type { Reporter } from "vitest/node";
import { writtenDocument } from "../../../scripts/openapi/module.ts";

interface Document {
  readonly paths: Readonly<Record<string, object>>;
}

export default class DescribedReporter implements Reporter {
  readonly #counts = new Map<string, number>();

  onTestCaseResult: NonNullable<Reporter["onTestCaseResult"]> = (test) => {
    for (const [name, count] of Object.entries(test.meta().answered ?? {})) {
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
    }
  };

  onTestRunEnd(): void {
    const total = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    if (total === 0) return;
    const named = [...this.#counts.keys()].filter((name) => name !== "").map((name) => name.split(" "));
    const operations = new Set(named.map(([operation]) => operation));
    const statuses = [...new Set(named.map(([, status]) => status))].toSorted();
    const { paths } = JSON.parse(writtenDocument()) as Document;
    const all = Object.values(paths).flatMap((path) => Object.keys(path)).length;
    console.log(
      `openapi: ${total} answers are as they are described, of ${operations.size} of ${all} operations; ` +
        `${named.length} pairs of operation and status; statuses ${statuses.join(", ")}`,
    );
  }
}
