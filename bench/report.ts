/** `docs/benchmarks.md`, made from what was measured. Pure but for bench/findings.md, the prose that it takes in. */

import { FLOOR_NAMES, HOW_TO_INSTALL } from "./names.ts";
import { readFileSync } from "node:fs";
import { pathText } from "./latency/trips.ts";
import type {
  GrowthResult,
  HeapResult,
  ListsResult,
  Origin,
  Results,
  RivalsResult,
  RoundsResult,
  StartResult,
  TripsResult,
} from "./results.ts";
import type { Measured } from "./rounds.ts";
import { spreadOf, type Spread } from "./stats.ts";
import { heapGrowth, overText, ratioOf, spreadText, subjectNamed, verdicts, waitRatio } from "./targets.ts";

const FINDINGS = "bench/findings.md";

export function report(results: Results): string {
  const { one, unloaded, trips, start, thousand, growth, lists, heap, rivals } = results;
  const parts = [
    HEAD,
    targets(results),
    machine(results),
    one && `## One license\n\n${roundsOf(one)} rounds.\n\n${callsTable(one)}`,
    unloaded && unloadedPart(unloaded),
    trips && tripsPart(trips),
    start && startPart(start),
    thousand && manyPart(thousand),
    growth && growthPart(growth),
    lists && listsPart(lists),
    heap && heapPart(heap),
    rivals && rivalsPart(rivals),
    readFileSync(FINDINGS, "utf8").trim(),
    HOW,
    generator(results),
  ];
  return `${parts.filter((part) => part !== undefined).join("\n\n")}\n`;
}

/** What a quick run prints: what each call did, and last of all how that stands to the targets. */
export function brief(results: Results): string {
  const { one, unloaded, trips, start, thousand } = results;
  const missed = verdicts(results).filter(({ met }) => !met);
  const parts = [
    one && `Under load, one license\n\n${callsTable(one)}`,
    thousand && `Under load, ${overText(thousand)}\n\n${callsTable(thousand)}`,
    unloaded && `One connection\n\n${waitsTable(unloaded)}`,
    trips && `Round trips before the answer\n\n${tripsTable(trips)}`,
    start && `After a start\n\n${startTable(start)}`,
    targetsTable(results),
    `${verdicts(results).length} targets, ${missed.length} missed${missed.map(({ what }) => `\n  ${what}`).join("")}`,
  ];
  return parts.filter((part) => part !== undefined).join("\n\n");
}

const HEAD = `# Benchmarks

Made by \`npm run bench\` from what it measured (\`bench/results.json\`); only "What was found" is written by hand. What counts is the ratio to a floor measured in the same round: the rates themselves are those of a small machine that had other work too. Every figure is a median, followed by the least and the greatest round.

![Each call as a share of the floor that does one RPC, one insert and one signature](benchmarks.svg)`;

function targets(results: Results): string {
  return `## Targets\n\n${targetsTable(results)}`;
}

function targetsTable(results: Results): string {
  const rows = verdicts(results).map(({ what, target, measured, met }) => [
    what,
    target,
    measured,
    met ? "yes" : "**no**",
  ]);
  return table(["what", "target", "measured", "met"], rows);
}

function machine(results: Results): string {
  const all = Object.entries(results).map(([name, { origin }]) => ({ name, ...origin }));
  const rows = all.map(({ name, at, commit, flush }) => [name, at, commit, spreadText(flush)]);
  const machines = [...new Set(all.map(({ machine: one }) => words(one)))];
  return `## Machine

${machines.map((text) => `- ${text}`).join("\n")}

${table(["section", "measured at", "commit", "ms to flush a page to the disk just before"], rows)}

Other programs were running too. Where flushing takes milliseconds, rates are those of the disk, both for the floors and for us. The last column of the tables below is in processor time and is not affected.`;
}

function words(m: Origin["machine"]): string {
  return `${m.cores} × ${m.processor}, ${m.memoryGib} GiB, ${m.system}, workerd ${m.workerd}, Miniflare ${m.miniflare}, Node ${m.node}`;
}

function roundsOf({ subjects }: RoundsResult): number {
  return Math.min(...subjects.map(({ perSecond }) => perSecond.length));
}

function manyPart(result: RoundsResult): string {
  const count = result.licenses.toLocaleString("en");
  const how = `${roundsOf(result)} rounds. The calls go to all of them in turn, and the floors' calls to as many objects; all are awake.`;
  return `## ${count} licenses\n\n${how}\n\n${callsTable(result)}`;
}

function callsTable(result: RoundsResult): string {
  const rows = result.subjects.map((subject) => [
    subject.name,
    rate(spreadOf(subject.perSecond)),
    microseconds(subject),
    spreadText(ratioOf(result, subject.name, FLOOR_NAMES.insertAndSign)),
    spreadText(ratioOf(result, subject.name, FLOOR_NAMES.insert)),
    cpuShare(result, subject),
  ]);
  const head = [
    "call",
    "per second",
    "µs of CPU",
    "of the third floor",
    "of it without signature",
    "third floor's CPU / its own",
  ];
  return table(head, rows);
}

function unloadedPart(result: RoundsResult): string {
  return `## One call at a time

${roundsOf(result)} rounds over one connection and one license: what a call waits where nobody else asks anything. p99 is of all rounds together.

${waitsTable(result)}`;
}

function waitsTable(result: RoundsResult): string {
  const rows = result.subjects.flatMap(({ name, waits }) =>
    waits === undefined
      ? []
      : [
          [
            ...[name, milliseconds(spreadOf(waits.medians).median), milliseconds(waits.p99)],
            ...[FLOOR_NAMES.insertAndSign, FLOOR_NAMES.insert].map((floor) =>
              waits.beside === undefined && name !== floor ? "" : spreadText(waitRatio(result, name, floor)),
            ),
          ],
        ],
  );
  return table(["call", "p50, ms", "p99, ms", "p50 to the third floor's", "to it without signature"], rows);
}

function tripsPart(result: TripsResult): string {
  return `## Round trips

What a call asks of others before it is answered, in sequence: its license's object and D1; in brackets what the object asks of D1 before it answers, and at the end what is asked beside something else. Counted on a build whose wires are long (\`bench/latency\`). "First" is the first call of a Worker that has just been started, with the object asleep, and what that call takes beside its trips. [latency.md](latency.md) says what a device waits for them.

${tripsTable(result)}`;
}

function tripsTable({ calls }: TripsResult): string {
  const rows = calls.map(({ name, warm, cold, coldMs }) => {
    const first = spreadOf(coldMs);
    return [name, pathText(warm), pathText(cold), milliseconds(first.median)];
  });
  return table(["call", "in sequence", "first call", "its own ms"], rows);
}

function startPart(result: StartResult): string {
  return `## After a start

${result.first.length} starts of each. The first answer of a Worker that has just been started, and its eleventh: a problem, which asks no D1. The rest of the first is code that runs for the first time.

${startTable(result)}`;
}

function startTable({ first, eleventh, bareFirst, bareEleventh }: StartResult): string {
  const rows = [
    ["Leasehold", spreadText(spreadOf(first)), spreadText(spreadOf(eleventh))],
    ["a bare Worker", spreadText(spreadOf(bareFirst)), spreadText(spreadOf(bareEleventh))],
  ];
  return table(["Worker", "first answer, ms", "eleventh, ms"], rows);
}

function milliseconds(value: number): string {
  return value.toFixed(2);
}

/** The same ratio in processor time: what else the machine does moves it less. */
function cpuShare(result: RoundsResult, { serverMicroseconds }: Measured): string {
  const floor = subjectNamed(result, FLOOR_NAMES.insertAndSign).serverMicroseconds;
  return floor === null || serverMicroseconds === null ? "" : (floor / serverMicroseconds).toFixed(2);
}

function growthPart({ seats, perSecond, volley }: GrowthResult): string {
  const rows = Object.entries(perSecond).map(([name, bySeats]) => [name, ...bySeats.map((r) => rate(spreadOf(r)))]);
  const head = ["per second at live seats", ...seats.map((count) => count.toLocaleString("en"))];
  return `## Growth

The seats were taken by the rules themselves on the measured Worker's storage, without HTTP (\`bench/seeder\`), before it started. Every ${volley} activations are checked out again before the next, untimed, to keep the number of seats the same.

${table(head, rows)}`;
}

function listsPart({ licenses, perSecond }: ListsResult): string {
  const rows = Object.entries(perSecond).map(([name, byCount]) => [name, ...byCount.map((r) => rate(spreadOf(r)))]);
  const head = ["pages per second at licenses", ...licenses.map((count) => count.toLocaleString("en"))];
  return `## Lists

\`GET /v3/licenses\`, a page of twenty with its count, from a catalogue planted in D1 (\`bench/catalogue.ts\`): a fifth of the licenses belongs to the requested product and a fifth ends, a tenth is revoked, a quarter has a user, all have metadata. Both servers share each turn slice by slice; D1 is local, so its time is included.

${table(head, rows)}`;
}

function heapPart({ minutes, calls, byMinute }: HeapResult): string {
  const rows = byMinute.map((bytes, minute) => [String(minute + 1), (bytes / 2 ** 20).toFixed(2)]);
  return `## Heap

${minutes} minutes of activations, check-outs, renewals and check-ins, ${calls.toLocaleString("en")} calls. Live bytes of the isolate that runs the Worker and all its objects, after a forced collection; the median of each minute. Minute ${minutes} is ${heapGrowth(byMinute).toFixed(2)} of minute 1.

${table(["minute", "MiB"], rows)}`;
}

function rivalsPart({ postgres, one, many, overIssue }: RivalsResult): string {
  if (postgres === null)
    return `## Rivals\n\nNot measured: PostgreSQL was not there. \`${HOW_TO_INSTALL}\`, and run it again.`;
  const races = overIssue.map(({ name, licenses, seats, parallel, granted, tooMany }) => [
    name,
    `${licenses} × ${seats}`,
    String(parallel),
    String(granted),
    String(tooMany),
  ]);
  const rates = [one && rivalsTable(one), many && rivalsTable(many)];
  return `## Rivals

A conventional server of our own (\`bench/rivals\`): Fastify, jose and PostgreSQL ${postgres} on the same machine, with \`fsync\` and \`synchronous_commit\` on. It checks a body's schema, the license's standing and its seats, inserts the activation and an event in one transaction, and signs an ES256 token; it has no copies to keep, no webhooks, no rolling or delayed expiry. "row lock" locks the license's row first, "count, then insert" does not. It runs as several processes on all cores, where one workerd has one thread.

${rates.filter((part) => part !== null).join("\n\n")}

How many seats are given out that do not exist, when all devices ask at once:

${table(["server", "seats", "devices at each license", "granted", "too many"], races)}`;
}

function rivalsTable(result: RoundsResult): string {
  const rows = result.subjects.map((subject) => {
    const ours = result.subjects.find(({ beside }) => beside?.[subject.name] !== undefined);
    const ratio = ours === undefined ? "" : spreadText(ratioOf(result, ours.name, subject.name));
    return [subject.name, rate(spreadOf(subject.perSecond)), microseconds(subject), ratio];
  });
  return table([`over ${overText(result)}`, "per second", "µs of CPU", "ours to it, slice by slice"], rows);
}

const HOW = `## How it is measured

- The Worker is built as it is deployed (\`wrangler deploy --dry-run\`), and so are the floors (\`bench/floors\`). They run in workerd under Miniflare, each in its own process, and are called at their own sockets: Miniflare's proxy is not in the way.
- Databases are on disk. workerd flushes the write-ahead log at each commit, for the floors' objects as well as ours.
- D1 is local too. What an activation hands over to D1 after its answer is done by the same thread of the same process, so it counts against us; at the edge another machine does it.
- A round gives every call one short turn, in turn forwards and backwards. Over one license it shares the turn with its floors, slice by slice (A B C A B C), and a ratio is that of the slices of one turn; over many, a ratio is that of two turns of the same round. Before each slice the server is left until it is quiet.
- One call at a time is measured in the same slices, over one connection that sends its next call when the last one has been answered.
- Devices behave like real ones: each renews with the token that it got last.
- Rate limits are off (\`ENVIRONMENT=development\`): one address makes all the calls.
- No request writes its line of the log (\`LOG_SAMPLING=0\`): at the edge a line is handed over in memory, while here it goes through a pipe to Miniflare. "What was found" says what lines cost.
- To add a call, add one entry in \`bench/subjects.ts\`, and its target in \`bench/targets.ts\`.

\`\`\`sh
npm run bench                          # all but the heap
npm run bench -- --heap                # the heap, ten minutes
npm run bench -- --quick               # some minutes, small, prints how calls stand to their targets, writes nothing
npm run latency                        # docs/latency.md anew from what was measured last
npm run bench:profile -- "renew"        # where a call's processor time goes
npm run bench -- --only rivals         # needs PostgreSQL: ${HOW_TO_INSTALL}
\`\`\``;

function generator(results: Results): string | undefined {
  const { one, thousand } = results;
  const all = [one, thousand].flatMap((section) => section?.subjects ?? []);
  if (all.length === 0) return undefined;
  const busiest = Math.max(...all.map(({ generatorBusy }) => generatorBusy));
  const connections = one?.connections ?? thousand?.connections;
  return `The load comes from ${connections} connections, each of which waits for its answer. Its event loop was busy at most ${Math.round(busiest * 100)} % of any turn, so the servers were the limit and not the load.`;
}

function rate({ median, min, max }: Spread): string {
  return `${Math.round(median)} (${Math.round(min)} to ${Math.round(max)})`;
}

function microseconds({ serverMicroseconds }: Measured): string {
  return serverMicroseconds === null ? "" : String(Math.round(serverMicroseconds));
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, at) => (cells[at] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.map(line)].join("\n");
}
