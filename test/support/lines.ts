/** What the Worker and its objects write to the log while a test listens. */

import { vi } from "vitest";
import { hear } from "./heard.ts";

export interface Line extends Readonly<Record<string, unknown>> {
  readonly what: string;
  readonly requestId?: string;
  readonly eventId?: string;
}

export interface Listening {
  /** Everything that was written so far, as text and parsed. */
  readonly said: readonly string[];
  lines(what?: string): readonly Line[];
  stop(): void;
}

/** From now on lines are kept and not printed. */
export function listen(): Listening {
  const said: string[] = [];
  const spies = (["log", "info", "warn", "error", "debug"] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((...words: readonly unknown[]) => {
      hear(words);
      said.push(words.join(" "));
    }),
  );
  return {
    said,
    lines: (what) => said.map((text) => JSON.parse(text) as Line).filter((line) => (what ?? line.what) === line.what),
    stop: () => {
      for (const spy of spies) spy.mockRestore();
    },
  };
}
