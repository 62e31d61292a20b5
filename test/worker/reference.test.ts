/** `GET /docs`: the page that shows the OpenAPI document, and what it loads. */

import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";

async function asked(path: string, method = "GET", headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return await exports.default.fetch(`http://leasehold.test${path}`, { method, headers });
}

/** What the page names in `src` and `href`, and is served below it. */
async function files(): Promise<readonly string[]> {
  const page = await (await asked("/docs")).text();
  return [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, to = ""]) => to).filter((to) => to.startsWith("/docs/"));
}

it("API-2: the page runs nothing but what it loads from this deployment, and stands in no frame", async () => {
  const answer = await asked("/docs");
  const page = await answer.text();
  expect(answer.status).toBe(200);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "content-type": "text/html; charset=UTF-8",
    "content-security-policy":
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  });
  expect(answer.headers.get("Access-Control-Allow-Origin")).toBeNull();
  expect(page).toContain("<title>Leasehold API reference</title>");
  expect(page).not.toMatch(/<script(?![^>]* src="\/docs\/)|<style|\sstyle=|\son\w+=|https?:/);
});

it("API-2: what the page loads is there, each under its type, and is not sent again to who has it", async () => {
  const types = new Map<string, string>();
  for (const file of await files()) {
    const answer = await asked(file);
    const bytes = await answer.arrayBuffer();
    expect([file, answer.status]).toEqual([file, 200]);
    expect(bytes.byteLength).toBeGreaterThan(50);
    expect(answer.headers.get("Content-Security-Policy")).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(answer.headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(answer.headers.get("Cache-Control")).toBe("public, max-age=300");
    const tag = String(answer.headers.get("ETag"));
    const again = await asked(file, "GET", { "If-None-Match": `W/${tag}` });
    expect([again.status, await again.text(), again.headers.get("ETag")]).toEqual([304, "", tag]);
    const head = await asked(file, "HEAD");
    expect([head.status, await head.text(), head.headers.get("ETag")]).toEqual([200, "", tag]);
    types.set(file.replace("/docs/", ""), String(answer.headers.get("Content-Type")));
  }
  expect(Object.fromEntries(types)).toEqual({
    "api-reference.css": "text/css; charset=utf-8",
    "api-reference.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui-bundle.js.LICENSE.txt": "text/plain; charset=utf-8",
    LICENSE: "text/plain; charset=utf-8",
    NOTICE: "text/plain; charset=utf-8",
  });
});

it("API-2: an unknown file and another method are problems", async () => {
  for (const path of ["/docs/none", "/docs/", "/docs/constructor", "/docs/..%2fopenapi.json", "/docs/LICENSE/x"]) {
    const answer = await asked(path);
    expect([path, answer.status]).toEqual([path, 404]);
    expect(await answer.json()).toMatchObject({ code: expect.any(String) as string, status: 404 });
    expect(answer.headers.get("Content-Security-Policy")).toBe("default-src 'none'; frame-ancestors 'none'");
  }
  for (const path of ["/docs", "/docs/swagger-ui.css"]) {
    const answer = await asked(path, "POST");
    expect([answer.status, answer.headers.get("Allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
    await answer.body?.cancel();
    const head = await asked(path, "HEAD");
    expect([head.status, await head.text()]).toEqual([200, ""]);
  }
});
