/** What a run prints of each part, and what makes it fail. */

import type { Report } from "./crash-test.ts";
import type { DeliveriesReport } from "./deliveries.ts";
import type { HistoriesReport } from "./histories.ts";
import type { RepeatsReport } from "./repeats.ts";
import { KINDS } from "./tally.ts";

export function printedCrashTest({ tally, torn, overIssued, bugs, licenses, sessions, events }: Report) {
  const rows = [
    ["", "tried", "resent", "acknowledged", "refused", "unknown", "lost"],
    ...KINDS.map((kind) => [kind, ...Object.values(tally.of(kind)).map(String)]),
    ["all", ...Object.values(tally.total()).map(String)],
  ];
  const printed = [
    table(rows),
    "",
    `licenses ${licenses}, sessions ${sessions}, events ${events}`,
    `lost ${tally.total().lost}, torn ${torn.length}, over-issued ${overIssued.length}, bugs ${bugs.length}`,
  ].join("\n");
  const faults = [
    ...tally.losses.map((what) => `lost: ${what}`),
    ...torn.map((what) => `torn: ${what}`),
    ...overIssued.map((what) => `over the limit: ${what}`),
    ...bugs.map((what) => `a bug: ${what}`),
  ];
  return { printed, faults };
}

export function printedHistories(report: HistoriesReport) {
  const { histories, calls, unanswered, duplicates, faults } = report;
  const printed = `histories ${histories}, calls ${calls}, of them unanswered ${unanswered}, sent twice ${duplicates}; not linearizable ${faults.length}`;
  return { printed, faults };
}

export function printedDeliveries({ activations, events, delivered, repeated, faults }: DeliveriesReport) {
  const printed = `activations ${activations}, events ${events}, delivered ${delivered}, again ${repeated}; faults ${faults.length}`;
  return { printed, faults };
}

export function printedRepeats({ licenses, activations, renewals, sent, unanswered, faults }: RepeatsReport) {
  const printed = `licenses ${licenses}, activations ${activations}, renewals ${renewals}, calls sent ${sent}, of them unanswered ${unanswered}; faults ${faults.length}`;
  return { printed, faults };
}

export function printedRestarts(times: readonly number[]): string {
  const sorted = times.toSorted((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return `kills ${sorted.length}, restart times: median ${Math.round(median)} ms, longest ${Math.round(sorted.at(-1) ?? 0)} ms`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const padded = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(padded).join("  ")).join("\n");
}
