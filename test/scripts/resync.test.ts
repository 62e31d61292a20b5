/**
 * `npm run resync`, as far as it goes without a Worker: its options, and the lists of objects that it reads (OPS-1).
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { objectsOfAccount, objectsOnDisk } from "../../scripts/object-ids.ts";

const CLASS = { script: "leasehold", className: "LicenseObject" } as const;
const NAMESPACES = "/accounts/acme/workers/durable_objects/namespaces";

/** As wide as an object's id. */
function objectId(n: number): string {
  return n.toString(16).padStart(64, "0");
}

let platform: Server | null = null;
afterEach(() => platform?.close());

/** The platform's API on loopback, answering by path and query; what it was asked, in order. */
async function serve(answers: Readonly<Record<string, unknown>>): Promise<{ apiUrl: string; asked: string[] }> {
  const asked: string[] = [];
  platform = createServer((request: IncomingMessage, response) => {
    asked.push(`${request.headers.authorization} ${request.url}`);
    const answer = answers[request.url ?? ""];
    response.writeHead(answer === undefined ? 403 : 200, { "Content-Type": "application/json" });
    response.end(JSON.stringify(answer ?? { success: false, result: null }));
  });
  platform.listen(0, "127.0.0.1");
  await once(platform, "listening");
  const address = platform.address();
  if (address === null || typeof address === "string") throw new Error("it listens on a port");
  return { apiUrl: `http://127.0.0.1:${address.port}`, asked };
}

async function listed(apiUrl: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const id of objectsOfAccount({ id: "acme", token: "secret", apiUrl }, CLASS)) ids.push(id);
  return ids;
}

describe("the account's objects", () => {
  it("OPS-1: are those of the Worker's class, page after page, but for those that stored nothing", async () => {
    const others = Array.from({ length: 100 }, (_, n) => ({ id: `n${n}`, script: "other", class: "LicenseObject" }));
    const objects = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) => ({ id: objectId(from + n) }));
    const { apiUrl, asked } = await serve({
      [`${NAMESPACES}?page=1&per_page=100`]: { result: others },
      [`${NAMESPACES}?page=2&per_page=100`]: {
        result: [
          { id: "elsewhere", script: "leasehold", class: "Another" },
          { id: "ours", script: "leasehold", class: "LicenseObject" },
        ],
      },
      [`${NAMESPACES}/ours/objects?limit=1000`]: {
        result: [...objects(0, 2), { id: objectId(2), hasStoredData: false }],
        result_info: { cursor: "a/b" },
      },
      [`${NAMESPACES}/ours/objects?limit=1000&cursor=a%2Fb`]: {
        result: objects(3, 1).map((object) => ({ ...object, hasStoredData: true })),
        result_info: { cursor: "" },
      },
    });
    expect(await listed(apiUrl)).toEqual([objectId(0), objectId(1), objectId(3)]);
    expect(asked).toHaveLength(4);
    expect(new Set(asked.map((call) => call.split(" /")[0]))).toEqual(new Set(["Bearer secret"]));
  });

  it("OPS-1: a refusal and a class that is not there say what to do, without the token", async () => {
    const refusing = await serve({});
    await expect(listed(refusing.apiUrl)).rejects.toThrow(/answered 403[^]*Workers Scripts: Read/);
    platform?.close();
    const without = await serve({ [`${NAMESPACES}?page=1&per_page=100`]: { result: [] } });
    await expect(listed(without.apiUrl)).rejects.toThrow("no objects of the class LicenseObject");
  });
});

it("OPS-1: this machine's objects are named by their files, and there may be none", () => {
  const folder = mkdtempSync(join(tmpdir(), "resync-"));
  try {
    expect(objectsOnDisk(folder, CLASS)).toEqual([]);
    const objects = join(folder, "v3", "do", "leasehold-LicenseObject");
    mkdirSync(objects, { recursive: true });
    for (const name of [`${objectId(7)}.sqlite`, `${objectId(7)}.sqlite-wal`, "metadata.sqlite"]) {
      writeFileSync(join(objects, name), "");
    }
    expect(objectsOnDisk(folder, CLASS)).toEqual([objectId(7)]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe("the command", () => {
  function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { status, stdout, stderr } = spawnSync("node", ["scripts/resync.ts", ...args], {
      encoding: "utf8",
      env: { PATH: process.env.PATH, ...env },
    });
    return { status, said: stdout + stderr };
  }

  it("OPS-1: wants an address, a token and one source, and shows no token", () => {
    const url = "http://127.0.0.1:1";
    const TOKEN = "lh_pat_a-secret";
    for (const [args, env] of [
      [["--local"], { TOKEN }],
      [["--url", url, "--local"], {}],
      [["--url", url, "--local", "--from-d1"], { TOKEN }],
      [["--url", url, "--unknown"], { TOKEN }],
    ] as const) {
      const { status, said } = run(args, env);
      expect({ args, status }).toEqual({ args, status: 1 });
      expect(said).toContain("Usage: npm run resync");
      expect(said).not.toContain(TOKEN);
    }
  });

  it("OPS-1: changes nothing before the Worker has let it in", () => {
    const { status, said } = run(["--local"], { LEASEHOLD: "http://127.0.0.1:1/", TOKEN: "lh_pat_a-secret" });
    expect(status).toBe(1);
    expect(said).toContain("http://127.0.0.1:1/v3/recovery/licenses does not answer");
    expect(said).not.toContain("wrangler d1 execute");
    expect(said).not.toContain("a-secret");
  });
});
