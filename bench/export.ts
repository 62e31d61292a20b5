/**
 * `npm run bench:export -- [rows]`: what an export of the whole catalogue takes, a million licenses unless told
 * otherwise, and whether memory stays what it is. The licenses are planted in D1's file while the server is down.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { buildWorker } from "./build.ts";
import { processorSeconds } from "./processes.ts";
import { ROOT_SECRET, Shop } from "./shop.ts";
import { serveWorker, type WorkerServer } from "./worker-server.ts";

const LINE_END = 10;

const rows = Number(process.argv[2] ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), "leasehold-export-"));
try {
  const module = buildWorker(folder);
  const first = await serve(module);
  const shop = await Shop.open(first);
  await shop.sell(1);
  await first.stop();
  plant(rows - 1);
  const server = await serve(module);
  try {
    await measure(server, shop);
  } finally {
    await server.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

// Miniflare may keep a handle or two.
process.exit(0);

function serve(module: string): Promise<WorkerServer> {
  const objects = { LICENSES: "LicenseObject", WEBHOOKS: "WebhookObject" };
  const bindings = { ROOT_SECRET, ENVIRONMENT: "development" };
  return serveWorker({ module, objects, bindings, database: "DB" }, join(folder, "data"), 1);
}

/** Copies of the one license that there is, seven to an instant. */
function plant(count: number): void {
  const started = performance.now();
  const data = join(folder, "data");
  const files = readdirSync(data, { recursive: true, encoding: "utf8" });
  for (const file of files.filter((name) => name.endsWith(".sqlite"))) {
    const database = new DatabaseSync(join(data, file));
    const isCatalogue = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'licenses'").get() !== undefined;
    if (isCatalogue) {
      database.exec(`
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
        INSERT INTO licenses (id, key, product_id, revision, terms, expires_at, created_at, updated_at)
        SELECT lower(printf('%08x-%04x-8%03x-8%03x-%012x', i * 2654435761 & 0xffffffff, i & 0xffff, i & 0xfff, 0, i)),
               printf('PLANTED-%012d', i), product_id, revision, terms, expires_at, created_at + i / 7, updated_at
        FROM licenses, n`);
    }
    database.close();
  }
  console.log(`planted in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

async function measure(server: WorkerServer, shop: Shop): Promise<void> {
  const before = memory(server.pids);
  const [started, cpuBefore] = [performance.now(), processorSeconds(server.pids)];
  const answer = await fetch(`http://127.0.0.1:${server.port}/v3/licenses/export`, { headers: shop.authorization });
  if (answer.status !== 200 || answer.body === null) throw new Error(`${answer.status}: ${await answer.text()}`);
  const file = { bytes: 0, lines: 0 };
  const peaks = [0, 0, 0, 0];
  for await (const chunk of answer.body) {
    file.bytes += chunk.length;
    for (const byte of chunk) if (byte === LINE_END) file.lines += 1;
    const quarter = Math.min(peaks.length - 1, Math.floor((peaks.length * file.lines) / rows));
    peaks[quarter] = Math.max(peaks[quarter] ?? 0, memory(server.pids));
  }
  const took = (performance.now() - started) / 1000;
  const cpu = (processorSeconds(server.pids) ?? Number.NaN) - (cpuBefore ?? Number.NaN);
  const perSecond = Math.round(rows / took);
  console.log(`${file.lines - 1} licenses, ${mb(file.bytes)}, in ${took.toFixed(1)} s: ${perSecond} a second`);
  console.log(`processor: ${cpu.toFixed(1)} s, of the Worker and its D1 together`);
  console.log(`memory of both: ${mb(before)} before; at most ${peaks.map(mb).join(", ")} in the four quarters`);
}

/** Bytes of the largest process. From `/proc`, so on Linux only. */
function memory(pids: readonly number[]): number {
  const sizes = pids.map((pid) => /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  return Math.max(...sizes.map((kib) => Number(kib) * 1024));
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
