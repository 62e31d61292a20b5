/**
 * `npm run bench`: floors, Leasehold, growth and rivals in one run on one machine. Writes `bench/results.json`,
 * `docs/benchmarks.md` and `docs/benchmarks.svg`.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSeeder, buildWorker } from "./build.ts";
import { chart } from "./chart.ts";
import { serveFloors, stateful, stateless } from "./floors.ts";
import { measureGrowth } from "./growth.ts";
import { measureHeap } from "./heap.ts";
import { describeCommit, describeMachine, measureFlush } from "./machine.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { report } from "./report.ts";
import {
  type GrowthResult,
  readResults,
  type Results,
  type RoundsResult,
  type SectionName,
  type Sections,
  writeResults,
} from "./results.ts";
import { measureRivals } from "./rivals.ts";
import { measure } from "./rounds.ts";
import { ROOT_SECRET, Shop } from "./shop.ts";
import { birth, ours } from "./subjects.ts";
import { type Server, serveWorker, type WorkerServer } from "./worker-server.ts";

const CONNECTIONS = 16;
const FULL = { rounds: 15, turnMs: 500, many: 1_000, seats: [10, 1_000, 100_000], growthRounds: 11 };
const QUICK = { rounds: 3, turnMs: 200, many: 20, seats: [10, 100, 1_000], growthRounds: 3 };

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
  const here = { machine: describeMachine(), commit: describeCommit() };
  const bench = new Bench(folder, chosen.quick ? QUICK : FULL, chosen.heapMinutes);
  let measured: Results = {};
  for (const name of chosen.sections) {
    console.error(`${name} ...`);
    const origin = { ...here, at: new Date().toISOString(), flush: measureFlush(folder) };
    measured = { ...measured, [name]: { ...(await bench.measure(name)), origin } };
  }
  return measured;
}

class Bench {
  readonly #folder: string;
  readonly #size: typeof FULL;
  readonly #heapMinutes: number;
  readonly #module: string;

  constructor(folder: string, size: typeof FULL, heapMinutes: number) {
    this.#folder = folder;
    this.#size = size;
    this.#heapMinutes = heapMinutes;
    this.#module = buildWorker(folder);
  }

  async measure(name: SectionName): Promise<Sections[SectionName]> {
    if (name === "growth") return await this.#growth();
    const server = await this.#serve(name, this.#module);
    try {
      const shop = await Shop.open(server);
      const plan = { ...this.#size, connections: CONNECTIONS };
      if (name === "heap") return await measureHeap(server, shop, this.#heapMinutes);
      if (name === "rivals") return await measureRivals(server, shop, plan);
      return await this.#onFloors(name === "one" ? 1 : plan.many, server, shop);
    } finally {
      await server.stop();
    }
  }

  async #onFloors(licenses: number, server: Server, shop: Shop): Promise<RoundsResult> {
    const floors = await serveFloors(join(this.#folder, `floors-${licenses}`), CONNECTIONS);
    try {
      const subjects = [
        ...(licenses === 1 ? stateless(floors) : []),
        ...stateful(floors, licenses),
        ...(await ours(server, shop, licenses)),
        ...(licenses === 1 ? [birth(server, shop)] : []),
      ];
      const { turnMs } = this.#size;
      return { turnMs, connections: CONNECTIONS, subjects: await measure(subjects, this.#size) };
    } finally {
      for (const floor of Object.values(floors)) await floor.stop();
    }
  }

  #growth(): Promise<GrowthResult> {
    const { seats, growthRounds: rounds } = this.#size;
    const servers = {
      leasehold: () => this.#serve("growth", this.#module),
      seeder: () => this.#serve("growth", buildSeeder(this.#folder)),
    };
    return measureGrowth(servers, { seats, rounds, connections: CONNECTIONS });
  }

  #serve(section: SectionName, module: string): Promise<WorkerServer> {
    const options = {
      module,
      database: "DB",
      objects: { LICENSES: "LicenseObject" },
      bindings: { ROOT_SECRET, ENVIRONMENT: "development" },
      inspected: section === "heap",
    };
    return serveWorker(options, join(this.#folder, section), CONNECTIONS);
  }
}

const options = parseOptions(process.argv.slice(2));
if (options === null) {
  console.error(USAGE);
  process.exit(1);
}
await run(options);
// Miniflare may keep a handle or two.
process.exit(0);
