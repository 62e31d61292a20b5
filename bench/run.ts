/**
 * `npm run bench`: floors, Leasehold, growth and rivals in one run on one machine. Writes `bench/results.json`,
 * `docs/benchmarks.md` and `docs/benchmarks.svg`.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildWorker } from "./build.ts";
import { chart } from "./chart.ts";
import { serveFloors, stateful, stateless } from "./floors.ts";
import { measureGrowth } from "./growth.ts";
import { measureHeap } from "./heap.ts";
import { describeCommit, describeMachine } from "./machine.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { report } from "./report.ts";
import { readResults, type Results, type SectionName, type Sections, writeResults } from "./results.ts";
import { measureRivals } from "./rivals.ts";
import { measure } from "./rounds.ts";
import { ROOT_SECRET, Shop } from "./shop.ts";
import { birth, ours } from "./subjects.ts";
import { serveWorker } from "./worker-server.ts";

const CONNECTIONS = 16;
const FULL = { rounds: 15, turnMs: 500, many: 1_000, seats: [10, 1_000, 100_000], growthRounds: 11 };
const QUICK = { rounds: 3, turnMs: 200, many: 20, seats: [10, 100, 1_000], growthRounds: 3 };

const options = parseOptions(process.argv.slice(2));
if (options === null) {
  console.error(USAGE);
  process.exit(1);
}
await run(options);
// Miniflare may keep a handle or two.
process.exit(0);

async function run(chosen: Options): Promise<void> {
  const before = readResults();
  if (chosen.reportOnly) return write(before);
  const folder = mkdtempSync(join(tmpdir(), "leasehold-bench-"));
  try {
    const measured = await sections(chosen, folder);
    if (chosen.quick) console.log(report(measured));
    else {
      writeResults({ ...before, ...measured });
      write(readResults());
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(results: Results): void {
  writeFileSync("docs/benchmarks.md", report(results));
  writeFileSync("docs/benchmarks.svg", chart(results));
  console.log("docs/benchmarks.md and docs/benchmarks.svg are written.");
}

async function sections(chosen: Options, folder: string): Promise<Results> {
  const size = chosen.quick ? QUICK : FULL;
  const module = buildWorker(folder);
  const origin = { machine: describeMachine(), at: new Date().toISOString(), commit: describeCommit() };
  const measured: { [Name in SectionName]?: Sections[Name] & { readonly origin: typeof origin } } = {};
  for (const name of chosen.sections) {
    console.error(`${name} ...`);
    const server = await serveWorker(
      {
        module,
        database: "DB",
        objects: { LICENSES: "LicenseObject" },
        bindings: { ROOT_SECRET, ENVIRONMENT: "development" },
        inspected: name === "heap",
      },
      join(folder, name),
      CONNECTIONS,
    );
    try {
      Object.assign(measured, { [name]: { ...(await section(name)), origin } });
    } finally {
      await server.stop();
    }

    async function section(asked: SectionName): Promise<Sections[SectionName]> {
      const shop = await Shop.open(server);
      const { rounds, turnMs, many } = size;
      if (asked === "growth")
        return await measureGrowth(server, shop, { ...size, rounds: size.growthRounds, connections: CONNECTIONS });
      if (asked === "heap") return await measureHeap(server, shop, chosen.heapMinutes);
      if (asked === "rivals")
        return await measureRivals(server, shop, { rounds, turnMs, many, connections: CONNECTIONS });
      return await onFloors(asked === "one" ? 1 : many, shop);
    }

    async function onFloors(licenses: number, shop: Shop): Promise<Sections["one"]> {
      const floors = await serveFloors(join(folder, `floors-${licenses}`), CONNECTIONS);
      try {
        const subjects = [
          ...(licenses === 1 ? stateless(floors) : []),
          ...stateful(floors, licenses),
          ...(await ours(server, shop, licenses)),
          ...(licenses === 1 ? [birth(server, shop)] : []),
        ];
        const { turnMs } = size;
        return { turnMs, connections: CONNECTIONS, subjects: await measure(subjects, size) };
      } finally {
        for (const floor of Object.values(floors)) await floor.stop();
      }
    }
  }
  return measured;
}
