/**
 * `GET /openapi.json`, and the examples in it. That answers are as they are described is compared after each test of
 * this project (test/support/described); here each operation is called.
 */

import { exports } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { EXAMPLE } from "../../scripts/openapi/examples.ts";
import { comparison } from "../support/described/app.ts";
import { CALLS } from "../support/every-route.ts";
import { KEY, plant, type Planted } from "../support/planted-routes.ts";
import { fullToken, mint, v3 } from "../support/management.ts";
import { post } from "../support/shop.ts";

const URL_OF = "http://leasehold.test/openapi.json";

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly requestBody?: {
    readonly content: { readonly "application/json": { readonly examples: Readonly<Record<string, Example>> } };
  };
}

interface Example {
  readonly value: object;
}

let at: Planted;

beforeAll(async () => {
  at = await plant();
});

async function asked(headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return await exports.default.fetch(URL_OF, { headers });
}

it("API-1: the document is served compressed or not, with a strong ETag for each, and readable by every page", async () => {
  const plain = await asked({ "Accept-Encoding": "identity" });
  const packed = await asked({ "Accept-Encoding": "br, gzip" });
  expect(plain.headers.get("Content-Encoding")).toBeNull();
  expect(plain.headers.get("Content-Type")).toBe("application/json");
  expect(plain.headers.get("Access-Control-Allow-Origin")).toBe("*");
  const tags = [plain, packed].map((answer) => answer.headers.get("ETag"));
  expect(tags[0]).toMatch(/^"[0-9a-f]{32}"$/);
  expect(tags[1]).toBe(tags[0]?.replace(/"$/, '-gzip"'));
  expect(packed.headers.get("Content-Encoding")).toBe("gzip");
  expect(await packed.json()).toEqual(await plain.json());
  await (await asked({ "Accept-Encoding": "gzip;q=0" })).json();
});

it("API-1: who has the document already gets 304", async () => {
  for (const coding of ["identity", "gzip"]) {
    const first = await asked({ "Accept-Encoding": coding });
    await first.arrayBuffer();
    const tag = String(first.headers.get("ETag"));
    const again = await asked({ "Accept-Encoding": coding, "If-None-Match": `"other", W/${tag}` });
    expect([again.status, await again.text(), again.headers.get("ETag")]).toEqual([304, "", tag]);
    const changed = await asked({ "Accept-Encoding": coding, "If-None-Match": '"other"' });
    expect(changed.status).toBe(200);
    await changed.arrayBuffer();
  }
});

it("API-1: every route of /v3 answers as it is described, to whoever sees all, less, or nothing", async () => {
  const tokens = [await fullToken(), await mint(["license:read", "activation:read", "user:write"]), null];
  let answers = 0;
  for (const [route, calls] of Object.entries(CALLS)) {
    for (const { path, body, headers } of calls(at)) {
      for (const token of tokens) {
        const more = { ...(body === undefined ? {} : { body }), ...(headers === undefined ? {} : { headers }) };
        await (await v3(route.split(" ")[0] ?? "", path, { token, ...more })).arrayBuffer();
        answers += 1;
      }
    }
  }
  expect(answers).toBeGreaterThan(250);
});

it("API-1: an answer that is not as it is described is a fault, which names operation, status and member", () => {
  const { license: id } = at;
  const fault = (method: string, path: string, status: number, said: string | null, headers = {}) => {
    const type = status < 400 ? "application/json" : "application/problem+json";
    const answer = new Response(said, { status, headers: { "Content-Type": type, ...headers } });
    return comparison.noteOf(method, path, answer, said).fault;
  };
  const path = `/v3/licenses/${id}`;
  expect(fault("GET", path, 200, '{"id":7}')).toMatch(/^getLicense \(GET \S+\) 200: \/ must have .*required/);
  expect(fault("GET", "/v3/tags", 200, '[{"id":7}]')).toMatch(/^listTags .*\/0 must have required/);
  expect(fault("GET", "/v3/tags", 200, "[]")).toBeNull();
  expect(fault("GET", "/v3/tags", 200, "[]", { "Pagination-Count": "many" })).toMatch(/no integer: many$/);
  expect(fault("GET", "/v3/tags", 200, "[]", { "Content-Type": "text/csv" })).toMatch(/no such type .*: text\/csv$/);
  expect(fault("GET", path, 418, "{}")).toMatch(/^getLicense .* 418: no such status/);
  expect(fault("DELETE", path, 204, null)).toBeNull();
  expect(fault("GET", path, 404, "{}")).toMatch(/^getLicense .* 404: \/ must have/);
  expect(fault("PUT", path, 200, "{}")).toMatch(/^no operation \(PUT \S+\) 200: no such operation/);
  expect(fault("PUT", path, 405, "{}")).toMatch(/^no operation .* 405: \/ must have/);
});

it("API-1: the activation API and what anybody may read answer as they are described", async () => {
  const device = { activationCode: KEY, fingerprint: "described" };
  const first = await post("/license", device);
  const { sessionId, licenseToken } = await first.clone().json<{ sessionId: string; licenseToken: string }>();
  const call = async (path: string, body?: object, bearer: string = licenseToken) =>
    await exports.default.fetch(`http://leasehold.test${path}`, {
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      headers: { "Content-Type": "application/json", ...(bearer === "" ? {} : { Authorization: `Bearer ${bearer}` }) },
    });
  const session = `/api/v1/activations/${sessionId}`;
  const ofSession = "/api/v1/activations/:sessionId";
  const answers: readonly (readonly [string, number, Response])[] = [
    ["POST /api/v1/activations/license", 200, first],
    ["POST /api/v1/activations/license", 404, await post("/license", { ...device, activationCode: "NOBODYS" })],
    ["POST /api/v1/activations/license", 400, await post("/license", {})],
    ["POST /api/v1/activations/jwt", 200, await post("/jwt", device)],
    ["POST /api/v1/activations/check", 200, await post("/check", device)],
    ["POST /api/v1/activations/check", 404, await post("/check", { activationCode: "NOBODYS" })],
    [`GET ${ofSession}`, 200, await call(session)],
    [`GET ${ofSession}`, 401, await call(session, undefined, "")],
    [`GET ${ofSession}`, 400, await call("/api/v1/activations/none")],
    [`POST ${ofSession}/renew`, 200, await call(`${session}/renew`, {})],
    [`POST ${ofSession}/check-in`, 200, await call(`${session}/check-in`, {})],
    [`POST ${ofSession}/check-in`, 403, await call(`${session}/check-in`, { fingerprint: "other" })],
    [`POST ${ofSession}/check-out`, 200, await call(`${session}/check-out`, {})],
    [`POST ${ofSession}/check-out`, 404, await call(`${session}/check-out`, {})],
    ["GET /health", 200, await call("/health", undefined, "")],
    ["GET /v3/status", 200, await call("/v3/status", undefined, "")],
    ["GET /.well-known/jwks.json", 200, await call("/.well-known/jwks.json", undefined, "")],
    ["GET /v3/products/:id/jwks", 200, await call(`/v3/products/${at.product}/jwks`, undefined, "")],
    ["GET /v3/products/:id/jwks.jwt", 200, await call(`/v3/products/${at.product}/jwks.jwt`, undefined, "")],
    ["GET /docs", 200, await call("/docs", undefined, "")],
    ["GET /docs/:file", 200, await call("/docs/swagger-ui.css", undefined, "")],
    ["GET /docs/:file", 404, await call("/docs/none", undefined, "")],
    ["GET /problems", 200, await call("/problems", undefined, "")],
    ["GET /problems/:code", 200, await call("/problems/in-use", undefined, "")],
    ["GET /problems/:code", 404, await call("/problems/none", undefined, "")],
  ];
  for (const [route, status, answer] of answers) {
    expect([route, answer.status]).toEqual([route, status]);
    await answer.arrayBuffer();
  }
});

// Last: the examples change what is planted.
it("API-1: no example of a body is refused as invalid", async () => {
  const token = await fullToken();
  const { paths } = await (await asked()).json<Document>();
  const refused: unknown[] = [];
  let sent = 0;
  for (const { method, path, name, value } of examplesIn(paths)) {
    const answer = await exports.default.fetch(`http://leasehold.test${pathOf(path)}`, {
      method,
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: real(JSON.stringify(value)),
    });
    const text = await answer.text();
    const isTaken = answer.status < 400 || [403, 404, 409].includes(answer.status);
    if (!isTaken) refused.push({ method, path, name, status: answer.status, text });
    sent += 1;
  }
  expect(refused).toEqual([]);
  expect(sent).toBeGreaterThan(40);
});

function examplesIn(paths: Document["paths"]) {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { requestBody }]) =>
      Object.entries(requestBody?.content["application/json"].examples ?? {}).map(([name, { value }]) => {
        return { method: method.toUpperCase(), path, name, value };
      }),
    ),
  );
}

/** What stands for the id in a path, by what it follows. */
const THERE: Readonly<Record<string, keyof Planted>> = {
  "/v3/licenses/meter-attributes": "meter",
  "/v3/licenses": "license",
  "/v3/activations/meter-attributes": "meter",
  "/v3/activations": "activation",
  "/api/v1/activations": "activation",
  "/v3/products": "product",
  "/v3/users": "user",
  "/v3/features": "feature",
  "/v3/entitlement-sets": "entitlementSet",
  "/v3/tags": "tag",
  "/v3/license-templates": "template",
  "/v3/license-policies": "template",
  "/v3/trial-policies": "policy",
  "/v3/trial-activations": "trial",
  "/v3/maintenance-policies": "maintenance",
  "/v3/personal-access-tokens": "token",
  "/v3/webhooks": "webhook",
};

function pathOf(path: string): string {
  const [before = "", after] = path.split(/\/\{\w+\}/);
  if (after === undefined) return path;
  const kind = after.startsWith("/maintenance") ? "maintained" : THERE[before];
  if (kind === undefined) throw new Error(`${path}: say in THERE what its id is of`);
  return `${before}/${at[kind]}${after}`;
}

function real(body: string): string {
  const { product, user, template, activation, license, webhook } = at;
  const planted = { product, user, template, activation, license, webhook, key: KEY };
  const entries = Object.entries(planted) as readonly (readonly [keyof typeof EXAMPLE, string])[];
  // Nothing is sent to strangers.
  const disabled = body.replace('"url":', '"enabled":false,"url":');
  return entries.reduce((text, [name, id]) => text.replaceAll(EXAMPLE[name], id), disabled);
}
