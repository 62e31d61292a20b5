/** LIM-1: what floods reach, and what they cost those who are there: on counters without a window, in one isolate. */

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { readConfig, type Vars } from "../../src/config/config.ts";
import { BURST, MISSES } from "../../src/http/limits.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { ROOT_SECRET } from "../support/bindings.ts";
import { ALLOWED, counter } from "../support/limits.ts";
import { activated, BASE, bearer, newFloating } from "../support/shop.ts";

const UNLIMITED = { limit: () => Promise.resolve({ success: true }) };

/** An isolate of its own. */
function isolate(bindings: Partial<Env>) {
  const app = createApp(deploymentOpener());
  return async (path: string, address: string, body?: object, authorization?: string): Promise<number> => {
    const headers = {
      "CF-Connecting-IP": address,
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    };
    const init = { method: "POST", headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const all = { ...env, ...bindings, RATE_LIMITS: "on" };
    const answer = await app.fetch(new Request(`${BASE}${path}`, init), all, createExecutionContext());
    await answer.arrayBuffer();
    return answer.status;
  };
}

it("LIM-1: a flood of unknown keys reaches the objects, and D1 behind them, as often as the limit allows", async () => {
  let reached = 0;
  // An unknown key's object is who asks D1 (0080-a-birth-asks-d1-once.md).
  const objects = new Proxy(env.LICENSES, {
    get: (of, name) => {
      if (name === "get" || name === "getByName") reached += 1;
      const member: unknown = Reflect.get(of, name);
      return typeof member === "function" ? (member.bind(of) as unknown) : member;
    },
  });
  const call = isolate({ LICENSES: objects, BURST_LIMIT: UNLIMITED, ADDRESS_LIMIT: UNLIMITED, MISS_LIMIT: counter() });
  const statuses = [];
  for (let n = 0; n < 300; n += 1) {
    const body = { activationCode: `guess ${n}`, fingerprint: "device" };
    statuses.push(await call(n % 3 === 0 ? "/check" : "/license", "198.51.100.40", body));
    // One call more than is allowed: the one that is told so.
    if (n === ALLOWED) expect(reached).toBeGreaterThan(0);
    if (n > ALLOWED) expect(statuses.at(-1)).toBe(429);
  }
  expect(statuses.slice(0, ALLOWED)).toEqual(Array.from({ length: ALLOWED }, () => 404));
  expect(reached).toBeLessThanOrEqual(2 * (ALLOWED + 1));
});

it("LIM-1: correct keys of born licenses never meet the limit of misses, however often they come", async () => {
  const { key } = await newFloating(2);
  await activated(key, "device");
  const call = isolate({ BURST_LIMIT: UNLIMITED, ADDRESS_LIMIT: UNLIMITED, MISS_LIMIT: counter() });
  const statuses = new Set<number>();
  for (let n = 0; n < 5 * ALLOWED; n += 1) {
    statuses.add(await call("/license", "198.51.100.41", { activationCode: key, fingerprint: "device" }));
  }
  expect([...statuses]).toEqual([200]);
});

it("SEAT-1, LIM-1: a stampede of activations costs no running app its seat, at the same address neither", async () => {
  const license = await newFloating(20);
  const desks = await Promise.all(Array.from({ length: 20 }, (_, desk) => activated(license.key, `desk ${desk}`)));
  const call = isolate({ BURST_LIMIT: counter(), MISS_LIMIT: counter() });
  const address = "198.51.100.42";
  const stampede: Record<number, number> = {};
  const renewals: number[] = [];
  for (const document of desks) {
    const rush = Array.from({ length: 20 }, async (_, n) => {
      const body = { activationCode: license.key, fingerprint: `rush ${document.sessionId} ${n}` };
      return await call("/license", address, body);
    });
    const own = [call(`/${document.sessionId}/renew`, address, undefined, bearer(document))];
    own.push(call(`/${document.sessionId}/check-in`, address, undefined, bearer(document)));
    for (const status of await Promise.all(rush)) stampede[status] = (stampede[status] ?? 0) + 1;
    renewals.push(...(await Promise.all(own)));
  }
  // Nobody got a seat, most met the burst, and everybody who had one has it.
  expect(stampede).toEqual({ 409: ALLOWED, 429: 400 - ALLOWED });
  expect(renewals).toEqual(renewals.map(() => 200));
});

it("LIM-1: limits are on where nothing is said, off in development, and benchmarks run without", () => {
  const limitsIn = (vars: Vars) => {
    const read = readConfig({ ROOT_SECRET, ...vars });
    return read.ok ? read.config.rateLimits : read.faults;
  };
  expect(limitsIn({})).toBe(true);
  expect(limitsIn({ ENVIRONMENT: "development" })).toBe(false);
  expect(limitsIn({ ENVIRONMENT: "development", RATE_LIMITS: "on" })).toBe(true);
  expect([BURST.limit, BURST.periodSeconds, MISSES.limit, MISSES.periodSeconds]).toEqual([100, 10, 100, 60]);
});
