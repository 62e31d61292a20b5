/** The log of `npm start`, as a person sees it. */

import { expect, it } from "vitest";
import { ReadableLog } from "../../scripts/readable-log.ts";

const ABOUT = { time: "2026-11-30T09:40:51.000Z", requestId: "0193f3a4-0000-7000-8000-00000000000a" };
const REQUEST = { level: "info", ...ABOUT, what: "request", method: "GET", ms: 3, license: null, principal: "token" };

function shown(...lines: readonly (object | string)[]): string {
  return new ReadableLog().take(
    lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""),
  );
}

it("OBS-1: a request is one short line: time, method, route, status, milliseconds, code", () => {
  const lines = [
    { ...REQUEST, route: "/v3/tags/:id", status: 200, code: null },
    { ...REQUEST, level: "error", route: null, status: 500, code: "internal-error" },
  ];
  expect(shown(...lines)).toBe("09:40:51 GET /v3/tags/:id 200 3 ms\n09:40:51 GET (no route) 500 3 ms internal-error\n");
});

it("OBS-1: any other line of the Worker says what, its facts and what it is about", () => {
  const line = { level: "warn", ...ABOUT, what: "a load from D1 failed", error: "Network connection lost." };
  expect(shown(line)).toBe(
    `09:40:51 warn: a load from D1 failed error=Network connection lost. (${ABOUT.requestId})\n`,
  );
});

it("OBS-1: an error and a warning are shown without wrangler's frame and the empty lines after it", () => {
  const framed = (sign: string, word: string, line: object) => [
    `\u001B[31m${sign} \u001B[41;31m[\u001B[41;97m${word}\u001B[41;31m]\u001B[0m \u001B[1m${JSON.stringify(line)}\u001B[0m`,
    "",
    "",
  ];
  const failed = { ...REQUEST, level: "error", route: "/health", status: 503, code: null };
  const late = { level: "warn", ...ABOUT, what: "the cron is late" };
  expect(shown(...framed("✘", "ERROR", failed), ...framed("▲", "WARNING", late), "and on", "", "")).toBe(
    `09:40:51 GET /health 503 3 ms\n09:40:51 warn: the cron is late (${ABOUT.requestId})\nand on\n\n\n`,
  );
  const others = ["\u001B[31m✘ [ERROR] Uncaught Error: database is locked", "", "    at somewhere"];
  expect(shown(...others)).toBe(`${others.join("\n")}\n`);
});

it("OBS-1: what is no line of the Worker stays as it is, and wrangler's line of a request goes", () => {
  const others = ["Ready on http://localhost:8787", '{"level": "of somebody else"', ""];
  expect(shown(...others, "[wrangler:info] GET /v3/tags?search=a 200 OK (4ms)")).toBe(`${others.join("\n")}\n`);
});

it("OBS-1: pieces of lines wait for their end", () => {
  const log = new ReadableLog();
  const text = `${JSON.stringify({ ...REQUEST, route: "/health", status: 200, code: null })}\nlast`;
  expect([log.take(text.slice(0, 40)), log.take(text.slice(40)), log.end(), log.end()]).toEqual([
    "",
    "09:40:51 GET /health 200 3 ms\n",
    "last",
    "",
  ]);
});
