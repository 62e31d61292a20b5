/**
 * `npm run bench`: floors, Leasehold, growth and rivals in one run on one machine. Writes `bench/results.json`,
 * `docs/benchmarks.md`, `docs/benchmarks.svg` and `docs/latency.md`.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildFloor, buildSeeder, buildWatched, buildWorker } from "./build.ts";
import { chart } from "./chart.ts";
import { serveFloors, stateful, stateless } from "./floors.ts";
import { measureGrowth } from "./growth.ts";
import { measureHeap } from "./heap.ts";
import { latencyPage, PAGE } from "./latency/page.ts";
import { measureTrips } from "./latency/measure.ts";
import { measureLists } from "./lists.ts";
import { describeCommit, describeMachine, measureFlush } from "./machine.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { brief, report } from "./report.ts";
import {
  type GrowthResult,
  type ListsResult,
  readResults,
  type Results,
  type RoundsResult,
  type SectionName,
  type Sections,
  type StartResult,
  type TripsResult,
  writeResults,
} from "./results.ts";
import { measureRivals } from "./rivals.ts";
import { measure, type Plan } from "./rounds.ts";
import { ROOT_SECRET, Shop } from "./shop.ts";
import { measureStarts } from "./start.ts";
import { birth, ours } from "./subjects.ts";
import { measureSpace } from "./space.ts";
import { type Server, serveWorker, type WorkerServer } from "./worker-server.ts";

const CONNECTIONS = 16;
/**
 * No lines of requests. At the edge a line is handed over in memory; here workerd writes it to a pipe, and Miniflare
 * reads and prints it beside the load.
 */
const LOG_SAMPLING = "0";
/** Over many licenses each round first wakes every object, so there are fewer of them. */
const FULL = {
  turnMs: 500,
  rounds: { one: 11, unloaded: 11, thousand: 5, growth: 9, rivals: 5, lists: 9 },
  starts: 3,
  firstAnswers: 30,
  licenses: 1_000,
  rivalLicenses: 100,
  seats: [10, 1_000, 100_000],
  listed: [1_000, 1_000_000] as const,
};
const QUICK = {
  turnMs: 200,
  rounds: { one: 3, unloaded: 5, thousand: 3, growth: 3, rivals: 3, lists: 3 },
  starts: 1,
  firstAnswers: 10,
  licenses: 20,
  rivalLicenses: 10,
  seats: [10, 100, 1_000],
  listed: [1_000, 20_000] as const,
};

async function run(chosen: Options): Promise<void> {
  if (chosen.reportOnly) return write(readResults());
  const folder = mkdtempSync(join(tmpdir(), "leasehold-bench-"));
  try {
    if (chosen.space) {
      const over = measureSpace(folder);
      for (const what of over) console.error(`over its limit: ${what}`);
      process.exitCode = over.length === 0 ? 0 : 1;
      return;
    }
    // Kept section by section: a run takes half an hour where others use the machine.
    const measured = await sections(chosen, folder, (section) => {
      if (!chosen.quick) writeResults({ ...readResults(), ...section });
    });
    if (chosen.quick) console.log(brief(measured));
    else write(readResults());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(results: Results): void {
  writeFileSync("docs/benchmarks.md", report(results));
  writeFileSync("docs/benchmarks.svg", chart(results));
  writeFileSync(PAGE, latencyPage(results));
  console.log(`docs/benchmarks.md, docs/benchmarks.svg and ${PAGE} are written.`);
}

async function sections(chosen: Options, folder: string, keep: (section: Results) => void): Promise<Results> {
  const here = { machine: describeMachine(), commit: describeCommit() };
  const bench = new Bench(folder, chosen.quick ? QUICK : FULL, chosen.heapMinutes);
  let measured: Results = {};
  for (const name of chosen.sections) {
    console.error(`${name} ...`);
    const origin = { ...here, at: new Date().toISOString(), flush: measureFlush(folder) };
    const section: Results = { [name]: { ...(await bench.measure(name)), origin } };
    keep(section);
    measured = { ...measured, ...section };
  }
  return measured;
}

class Bench {
  readonly #folder: string;
  readonly #size: typeof FULL | typeof QUICK;
  readonly #heapMinutes: number;
  readonly #module: string;

  constructor(folder: string, size: typeof FULL | typeof QUICK, heapMinutes: number) {
    this.#folder = folder;
    this.#size = size;
    this.#heapMinutes = heapMinutes;
    this.#module = buildWorker(folder);
  }

  async measure(name: SectionName): Promise<Sections[SectionName]> {
    if (name === "growth") return await this.#growth();
    if (name === "lists") return await this.#lists();
    if (name === "trips") return await this.#trips();
    if (name === "start") return await this.#start();
    const connections = name === "unloaded" ? 1 : CONNECTIONS;
    const server = await this.#serve(name, this.#module, connections);
    try {
      const shop = await Shop.open(server);
      if (name === "heap") return await measureHeap(server, shop, this.#heapMinutes);
      const { turnMs, licenses, rivalLicenses } = this.#size;
      const plan = { turnMs, rounds: this.#size.rounds[name], connections, isTimed: name === "unloaded" };
      if (name === "rivals") return await measureRivals(server, shop, { ...plan, licenses: rivalLicenses });
      return await this.#onFloors(name === "thousand" ? licenses : 1, server, shop, plan);
    } finally {
      await server.stop();
    }
  }

  async #onFloors(
    licenses: number,
    server: Server,
    shop: Shop,
    plan: Plan & { readonly connections: number },
  ): Promise<RoundsResult> {
    const { connections } = plan;
    const floors = await serveFloors(join(this.#folder, `floors-${licenses}-${connections}`), connections);
    try {
      const subjects = [...(await ours(server, shop, licenses)), ...(licenses === 1 ? [birth(server, shop)] : [])];
      const under = stateful(floors, licenses);
      const measured =
        licenses === 1
          ? [...(await measure(stateless(floors), plan)), ...(await measure(subjects, plan, under))]
          : // Waking as many objects as there are licenses for every turn would take longer than all turns.
            await measure([...under, ...subjects], plan);
      return { turnMs: plan.turnMs, connections, licenses, subjects: measured };
    } finally {
      for (const floor of Object.values(floors)) await floor.stop();
    }
  }

  #lists(): Promise<ListsResult> {
    const { turnMs, rounds, listed } = this.#size;
    const serve = (licenses: number) => ({
      folder: join(this.#folder, `lists-${licenses}`),
      start: () => this.#serve(`lists-${licenses}`, this.#module),
    });
    return measureLists(serve, { turnMs, rounds: rounds.lists, licenses: listed });
  }

  #trips(): Promise<TripsResult> {
    const module = buildWatched(this.#folder);
    return measureTrips(() => this.#serve("trips", module, 1), this.#size.starts);
  }

  #start(): Promise<StartResult> {
    const modules = { ours: this.#module, bare: buildFloor(this.#folder, "constant") };
    return measureStarts(modules, join(this.#folder, "start"), this.#size.firstAnswers);
  }

  #growth(): Promise<GrowthResult> {
    const { seats, rounds } = this.#size;
    const servers = {
      leasehold: () => this.#serve("growth", this.#module),
      seeder: () => this.#serve("growth", buildSeeder(this.#folder)),
    };
    return measureGrowth(servers, { seats, rounds: rounds.growth, connections: CONNECTIONS });
  }

  #serve(section: string, module: string, connections = CONNECTIONS): Promise<WorkerServer> {
    const options = {
      module,
      database: "DB",
      objects: { LICENSES: "LicenseObject" },
      bindings: { ROOT_SECRET, ENVIRONMENT: "development", LOG_SAMPLING },
      inspected: section === "heap",
    };
    return serveWorker(options, join(this.#folder, section), connections);
  }
}

const options = parseOptions(process.argv.slice(2));
if (options === null) {
  console.error(USAGE);
  process.exit(1);
}
await run(options);
// Miniflare may keep a handle or two.
process.exit(process.exitCode ?? 0);
