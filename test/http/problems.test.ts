/** ERR-1, ERR-4: what problems tell, and the pages behind them. */

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { allProblems, allSlugs, entriesOf, kindOf, slugOf, type ProblemCode } from "../../src/http/codes.ts";
import { Problem, renderProblem, type Asked } from "../../src/http/problem.ts";
import { endOfWindow, retryAfterOutage, retryAfterWindow } from "../../src/http/problems/retry-after.ts";
import { DOCUMENT, problemsDocument } from "../../scripts/problems-document.ts";
import { nodeApp } from "../support/node-app.ts";
import { problemOf } from "../support/problems.ts";

const config = { rateLimits: false, publicUrl: null, logSampling: 0 } as Config;
const CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

const asked = (path: string, publicUrl: string | null = null): Asked => ({
  path,
  url: `http://leasehold.test${path}`,
  requestId: "a-request",
  publicUrl,
});

describe("a problem", () => {
  it("ERR-1: names its request, which is the header too, and where it is explained", async () => {
    const here = nodeApp({ config });
    const one = await problemOf(await here.call("GET", "/nothing"), 404, "route-unknown");
    const other = await problemOf(await here.call("GET", "/v3/nothing"), 404, "NOT_FOUND");
    expect(one.requestId).not.toBe(other.requestId);
    expect((await here.call("GET", one.type)).status).toBe(200);
    const absolute = nodeApp({ config: { ...config, publicUrl: "https://licenses.acme.test" } });
    expect(await (await absolute.call("GET", "/v3/nothing")).json()).toMatchObject({
      type: "https://licenses.acme.test/problems/not-found",
      instance: "/v3/nothing",
    });
    const closed = nodeApp(
      { ok: false, reason: "not-configured", detail: "x" },
      { PUBLIC_URL: "https://licenses.acme.test" },
    );
    const refused = await closed.call("GET", "/v3/nothing");
    expect(await refused.json()).toMatchObject({ type: "https://licenses.acme.test/problems/not-configured" });
  });

  it("ERR-1: tells a client what to do, whatever code of the activation API it has, and never a secret word", async () => {
    for (const [code, kind] of allProblems()) {
      const path = code === code.toUpperCase() ? "/v3/activations" : "/api/v1/activations/license";
      const body: unknown = await renderProblem(new Problem(code as ProblemCode, "because"), asked(path)).json();
      expect(body).toMatchObject({ code, status: kind.status, detail: "because", message: "because" });
      expect(body).toMatchObject({ requestId: "a-request" });
      if (path.startsWith("/api")) expect(body).toMatchObject({ action: expect.any(String) });
    }
  });
});

describe("Retry-After", () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it("ERR-4: of a 429 is what is left of its window and up to half a period more, in whole seconds, at most 60", () => {
    const windows = fc.record({ period: fc.constantFrom(10, 60, 86_400), now: fc.nat({ max: 4e12 }), random });
    fc.assert(
      fc.property(windows, ({ period, now, random: share }) => {
        const end = endOfWindow(now, period);
        expect(end).toBeGreaterThan(now);
        expect(end - now).toBeLessThanOrEqual(period * 1000);
        expect(end % (period * 1000)).toBe(0);
        const left = Math.ceil((end - now) / 1000);
        const seconds = retryAfterWindow(left, period, () => share);
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(Math.min(60, left));
        expect(seconds).toBeLessThanOrEqual(Math.min(60, left + period / 2));
      }),
    );
  });

  it("ERR-4: of a 503 is 30 to 90, of renew and check-in 5 to 30, every second of it", () => {
    const spread = (isLease: boolean) => {
      const all = Array.from({ length: 1_000 }, (_, index) => retryAfterOutage(isLease, () => index / 1_000));
      return [...new Set(all)];
    };
    expect(spread(false)).toEqual(Array.from({ length: 61 }, (_, index) => 30 + index));
    expect(spread(true)).toEqual(Array.from({ length: 26 }, (_, index) => 5 + index));
  });

  it("ERR-4: stands in header and body of a 429 and a 503, by the call, and nowhere else", async () => {
    const told = async (code: ProblemCode, path: string, window?: { leftSeconds: number; periodSeconds: number }) => {
      const problem = new Problem(code, "because", window === undefined ? {} : { window });
      const answer = renderProblem(problem, asked(path), () => 0.5);
      const { retryAfter } = (await answer.json()) as { retryAfter?: number };
      return [Number(answer.headers.get("Retry-After")), retryAfter];
    };
    const session = "/api/v1/activations/x";
    expect(await told("overloaded", `${session}/renew`)).toEqual([18, 18]);
    expect(await told("overloaded", `${session}/check-in`)).toEqual([18, 18]);
    expect(await told("overloaded", `${session}/check-out`)).toEqual([60, 60]);
    expect(await told("overloaded", "/v3/licenses/x/renew")).toEqual([60, 60]);
    expect(await told("too-many-requests", session, { leftSeconds: 4, periodSeconds: 10 })).toEqual([7, 7]);
    // Where the window is longer than clients wait, the body says how long it is.
    expect(await told("too-many-requests", session, { leftSeconds: 80_000, periodSeconds: 86_400 })).toEqual([
      60, 80_000,
    ]);
    expect(await told("license-expired", session)).toEqual([0, undefined]);
  });
});

describe("the pages behind problems", () => {
  it("ERR-1: every code has a page with cause and cure, as text and as HTML", async () => {
    const here = nodeApp({ config });
    for (const [code, kind] of allProblems()) {
      const path = `/problems/${slugOf(code)}`;
      const text = await (await here.call("GET", path)).text();
      expect(text).toContain(code);
      expect(text).toContain(
        `${kind.title}\nStatus: ${kind.status}\n${kind.elsewhere === undefined ? "Cause" : "Status at"}`,
      );
      expect(text).toContain(`Cause: ${kind.cause}\nCure: ${kind.cure}\n`);
      const page = await here.call("GET", path, { Accept: CHROMIUM });
      expect(page.headers.get("Content-Type")).toBe("text/html; charset=UTF-8");
      expect(page.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
      expect(page.headers.get("Vary")).toBe("Accept");
      const html = await page.text();
      expect(html).toContain("<p>Cause: ");
      const headings = [...html.matchAll(/<h[12]>([^<]+)</g)].map(([, heading]) => heading);
      expect(headings).toEqual([...new Set(headings)]);
      expect(html).not.toMatch(/`|<(script|style|img|link|form)/);
    }
  });

  it("ERR-1: causes and cures say more than the answer does, in a few sentences", () => {
    const seen = new Set<string>();
    for (const slug of allSlugs()) {
      for (const { kind } of entriesOf(slug)) {
        for (const words of [kind.cause, kind.cure]) {
          expect(words).toMatch(/^[A-Z`].{15,330}[.]$/);
          expect(words).not.toContain(kind.title);
        }
        expect(kind.cause).not.toBe(kind.cure);
        seen.add(kind.title);
      }
    }
    expect(seen.size).toBeGreaterThan(50);
  });

  it("ERR-1: GET /problems lists every code with a link to its page", async () => {
    const here = nodeApp({ config });
    const text = await (await here.call("GET", "/problems")).text();
    const html = await (await here.call("GET", "/problems", { Accept: CHROMIUM })).text();
    const links = [...html.matchAll(/href="([^"]+)"/g)].map(([, link = ""]) => link);
    expect(links).toEqual(allSlugs().map((slug) => `/problems/${slug}`));
    for (const [code] of allProblems()) {
      expect(text).toContain(code);
      expect(text).toContain(`/problems/${slugOf(code)}`);
      expect(html).toContain(code);
    }
  });

  it("ERR-1: say the same as the documentation", () => {
    expect(readFileSync(DOCUMENT, "utf8"), "npm run problems writes it").toBe(problemsDocument());
  });

  it("ERR-1: are text unless HTML is what is wanted", async () => {
    const here = nodeApp({ config });
    for (const [accept, type] of [
      [CHROMIUM, "text/html"],
      ["text/html", "text/html"],
      ["*/*", "text/plain"],
      ["text/plain, text/html", "text/plain"],
      ["text/plain;q=0.5, text/html;q=0.9", "text/html"],
      ["text/html;q=0", "text/plain"],
      ["application/json", "text/plain"],
    ] as const) {
      const answer = await here.call("GET", "/problems/overloaded", { Accept: accept });
      expect([accept, answer.headers.get("Content-Type")?.split(";", 1)[0]]).toEqual([accept, type]);
    }
    await problemOf(await here.call("GET", "/problems/<script>", { Accept: CHROMIUM }), 404, "route-unknown");
    await problemOf(await here.call("GET", "/problems/toString"), 404, "route-unknown");
  });

  it("ERR-1: what client apps may meet on either API says what they can do", () => {
    const vendors = allProblems().filter(([, kind]) => kind.action === undefined);
    expect(vendors.map(([code]) => code)).toEqual([
      "INVALID_LICENSE_TYPE",
      "INVALID_OFFLINE_REQUEST",
      "LICENSE_PERPETUAL",
      "NO_PERIOD",
      "FORBIDDEN",
      "ALREADY_EXISTS",
      "IN_USE",
      "ACTIVATIONS_LIVE",
      "KEY_TOO_NEW",
      "KEY_COMPROMISED",
      "WEBHOOK_GONE",
      "COUNT_DIFFERS",
      "JOBS_RUNNING",
      "PRECONDITION_FAILED",
    ]);
    expect(kindOf("seats-exhausted").action).toBe("release-a-device");
  });
});
