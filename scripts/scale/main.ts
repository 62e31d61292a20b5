/**
 * Writes the tables of docs/scale.md and docs/leases.md from docs/billed-units.json, which a test holds the product to,
 * and docs/stored-bytes.json, which `npm run bench -- --only space` does. `--check` only compares.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { awayRows, span } from "./away.ts";
import { monthOf, type Costs, type Size } from "./cost.ts";

const LEASES = [1, 4, 24] as const;
const SIZES: readonly Size[] = [
  { name: "small", seats: 1_000, licenses: 100 },
  { name: "medium", seats: 50_000, licenses: 5_000 },
  { name: "large", seats: 1_000_000, licenses: 100_000 },
];

const costs = JSON.parse(readFileSync("docs/billed-units.json", "utf8")) as Costs;
const bytes = JSON.parse(readFileSync("docs/stored-bytes.json", "utf8")) as Readonly<
  Record<"license" | "activation", number>
>;
/** The largest D1. */
const D1_BYTES = 10e9;
const SEATS_EACH = [0, 1, 5, 50] as const;

const DOCUMENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "docs/scale.md": { units: unitTable(), months: monthTable(), space: spaceTable() },
  "docs/leases.md": { away: awayTable() },
};

for (const [document, tables] of Object.entries(DOCUMENTS)) {
  const before = readFileSync(document, "utf8");
  const after = Object.entries(tables).reduce((text, [name, table]) => within(text, name, table), before);
  if (!process.argv.includes("--check")) writeFileSync(document, after);
  else if (after !== before) {
    console.error(`${document} is not what docs/billed-units.json gives: run \`npm run scale\`.`);
    process.exit(1);
  }
  console.log(`${document}: tables as billed units and prices give them`);
}

/** The text with what stands between the two markers of this name replaced. */
function within(text: string, name: string, table: string): string {
  const [open, close] = [`<!-- ${name}: made by npm run scale -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`there is no place for ${name}`);
  return `${text.slice(0, from)}${open}\n\n${table}\n\n${text.slice(to)}`;
}

function unitTable(): string {
  const head = ["", "object calls", "object rows read", "object rows written", "D1 rows read", "D1 rows written"];
  const rows = Object.entries(costs).map(([what, units]) => [
    what,
    ...[units.objectCalls, units.objectRead, units.objectWritten, units.d1Read, units.d1Written].map(String),
  ]);
  return aligned([head, ...rows]);
}

function monthTable(): string {
  const head = ["size", "lease", "requests", "renewals/s", "object rows written", "D1 rows written", "US$ a month"];
  const rows = SIZES.flatMap((size) =>
    LEASES.map((hours) => {
      const month = monthOf(size, hours, costs);
      return [
        `${size.name}: ${number(size.seats)} seats, ${number(size.licenses)} licenses`,
        `${hours} h`,
        millions(month.requests),
        month.renewalsPerSecond.toFixed(month.renewalsPerSecond < 10 ? 1 : 0),
        millions(month.objectRowsWritten),
        millions(month.d1RowsWritten),
        number(Math.round(month.dollars)),
      ];
    }),
  );
  return aligned([head, ...rows]);
}

function spaceTable(): string {
  const head = ["live seats of each license", "bytes of a license with them", "licenses in 10 GB"];
  const rows = SEATS_EACH.map((seats) => {
    const each = bytes.license + seats * bytes.activation;
    return [String(seats), number(each), number(Math.floor(D1_BYTES / each / 10_000) * 10_000)];
  });
  return aligned([head, ...rows]);
}

function awayTable(): string {
  const head = ["lease", "grace", "release", "survived always", "at best", "dead computer", "beside the seats", "US$"];
  const rows = awayRows(costs).map((row) => [
    ...[span(row.lease), span(row.grace), `\`${row.release}\``, span(row.survivesAlways), span(row.survivesAtBest)],
    ...[span(row.deadHoldsSeat), span(row.runsBeside), number(Math.round(row.dollars))],
  ]);
  return aligned([head, ...rows]);
}

function aligned([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

function millions(value: number): string {
  return `${(value / 1e6).toFixed(value < 10e6 ? 2 : 0)} M`;
}
