/** `GET /openapi.json`, and the examples in it. */

import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import { EXAMPLE } from "../../scripts/openapi/examples.ts";
import { KEY, plant, type Planted } from "../support/every-route.ts";
import { fullToken } from "../support/management.ts";

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

it("API-1: no example of a body is refused as invalid", async () => {
  const at = await plant();
  const token = await fullToken();
  const { paths } = await (await asked()).json<Document>();
  const refused: unknown[] = [];
  let sent = 0;
  for (const { method, path, name, value } of examplesIn(paths)) {
    const answer = await exports.default.fetch(`http://leasehold.test${pathOf(path, at)}`, {
      method,
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: real(JSON.stringify(value), at),
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

function pathOf(path: string, at: Planted): string {
  const [before = "", after] = path.split(/\/\{\w+\}/);
  if (after === undefined) return path;
  const kind = after.startsWith("/maintenance") ? "maintained" : THERE[before];
  if (kind === undefined) throw new Error(`${path}: say in THERE what its id is of`);
  return `${before}/${at[kind]}${after}`;
}

function real(body: string, at: Planted): string {
  const { product, user, template, activation, license, webhook } = at;
  const planted = { product, user, template, activation, license, webhook, key: KEY };
  const entries = Object.entries(planted) as readonly (readonly [keyof typeof EXAMPLE, string])[];
  return entries.reduce((text, [name, id]) => text.replaceAll(EXAMPLE[name], id), body);
}
