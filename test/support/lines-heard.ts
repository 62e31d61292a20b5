/** Vitest's reporter of how many lines of the log were searched for secrets and people (test/support/heard.ts). */

import type { Reporter, TestModule } from "vitest/node";

export class LinesHeard implements Reporter {
  onTestRunEnd(files: readonly TestModule[]): void {
    const lines = files.map((file) => Number((file.meta() as { lines?: number }).lines ?? 0));
    const heard = lines.filter((count) => count > 0);
    const total = heard.reduce((sum, count) => sum + count, 0);
    if (total > 0) console.log(`log: ${total} lines of ${heard.length} files searched for secrets and people`);
  }
}
