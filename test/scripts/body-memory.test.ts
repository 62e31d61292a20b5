/** LIM-2: what bodies cost the process, on real workerd: as much as their bytes, in whatever pieces and values. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT_SECRET, Runtime } from "../../scripts/torture/runtime.ts";

const CONNECTIONS = 20;
const CHUNKS = 60_000;
const MOST_GROWTH_MB = 64;
const ACTIVATION = "/api/v1/activations/license";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.create();
  await runtime.start();
  // What the first calls load is not what bodies cost.
  for (const path of [ACTIVATION, "/v3/personal-access-tokens"]) await send(path, oneByOne('{"a":"b"}'), "chunked");
});
afterAll(() => runtime.remove());

/** JSON of exactly so many bytes, which every route refuses. */
function json(bytes: number): string {
  return `{"a":"${"x".repeat(bytes - 8)}"}`;
}

function oneByOne(text: string): readonly string[] {
  return [...text];
}

/**
 * The status of a POST whose body is sent in these pieces: chunks of HTTP, or packets of a body whose length is told.
 */
async function send(path: string, pieces: readonly string[], kind: "chunked" | "told"): Promise<number> {
  const socket = connect(Number(new URL(runtime.url).port), "127.0.0.1");
  await once(socket, "connect");
  socket.setNoDelay();
  const answered = statusOf(socket);
  const length = kind === "told" ? `Content-Length: ${pieces.join("").length}` : "Transfer-Encoding: chunked";
  const headers = `Content-Type: application/json\r\nAuthorization: Bearer ${ROOT_SECRET}\r\n${length}`;
  socket.write(`POST ${path} HTTP/1.1\r\nHost: leasehold.test\r\n${headers}\r\n\r\n`);
  for (const [index, piece] of pieces.entries()) {
    socket.write(kind === "told" ? piece : `${piece.length.toString(16)}\r\n${piece}\r\n`);
    if (kind === "told" || index % 500 === 0) await turn();
  }
  if (kind === "chunked") socket.write("0\r\n\r\n");
  const status = await answered;
  socket.destroy();
  return status;
}

function statusOf(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    socket.once("data", (text: Buffer) => resolve(Number(text.toString().split(" ", 2)[1])));
    socket.once("error", reject);
  });
}

interface Status {
  readonly pid: string;
  readonly name: string;
  readonly group: number;
  readonly text: string;
}

function workerd(): Status {
  const [found, ...more] = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => statusFile(pid))
    .filter(({ name, group }) => name === "workerd" && group === runtime.group);
  if (found === undefined || more.length > 0) throw new Error("there is one workerd");
  return found;
}

/** A figure of /proc/PID/status: `VmRSS` is now, `VmHWM` the most so far. */
function megabytes(text: string, figure: "VmRSS" | "VmHWM"): number {
  return Number(new RegExp(`^${figure}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1024;
}

function statusFile(pid: string): readonly Status[] {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "utf8");
    const group = Number(/^NSpgid:\s+(\d+)/m.exec(text)?.[1]);
    return [{ pid, name: /^Name:\s+(.+)$/m.exec(text)?.[1] ?? "", group, text }];
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

/** MB by which workerd at its largest exceeds what it had before. */
async function growth(work: () => Promise<void>): Promise<number> {
  const { pid, text } = workerd();
  // proc(5): the largest so far is forgotten.
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  await work();
  return megabytes(workerd().text, "VmHWM") - megabytes(text, "VmRSS");
}

describe.skipIf(process.platform !== "linux")("workerd's memory", () => {
  it("LIM-2: does not grow with the chunks of bodies that anybody may send", async () => {
    const grown = await growth(async () => {
      const body = oneByOne(json(CHUNKS / CONNECTIONS));
      const all = Array.from({ length: CONNECTIONS }, () => send(ACTIVATION, body, "chunked"));
      expect(await Promise.all(all)).toEqual(all.map(() => 400));
    });
    expect(grown).toBeLessThan(MOST_GROWTH_MB);
  });

  it("LIM-2: does not grow with the packets of bodies whose length is told", async () => {
    const grown = await growth(async () => {
      const body = oneByOne(json(CHUNKS / CONNECTIONS));
      const all = Array.from({ length: CONNECTIONS }, () => send(ACTIVATION, body, "told"));
      expect(await Promise.all(all)).toEqual(all.map(() => 400));
    });
    expect(grown).toBeLessThan(MOST_GROWTH_MB);
  });

  it("LIM-2: does not grow with the chunks of a body of 1 MiB", async () => {
    const grown = await growth(async () => {
      const body = json(1024 * 1024).match(/.{16}/gs) ?? [];
      expect(await send("/v3/personal-access-tokens", body, "chunked")).toBe(400);
    });
    expect(grown).toBeLessThan(MOST_GROWTH_MB);
  });

  it.each([
    ["numbers", "x", "0"],
    ["objects", "x", "{}"],
    ["texts that are no scopes", "scopes", '""'],
  ])("LIM-2: does not grow with the values of a body of 1 MiB: %s", async (_, member, value) => {
    const values = Array.from({ length: Math.floor((1024 * 1024 - 20) / (value.length + 1)) }, () => value);
    const grown = await growth(async () => {
      expect(await send("/v3/personal-access-tokens", [`{"${member}":[${values.join()}]}`], "told")).toBe(400);
    });
    expect(grown).toBeLessThan(MOST_GROWTH_MB);
  });
});
