/** The activation API's outside: paths, methods, headers, problem pages, and a deployment that is not configured. */

import { createExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import type { Bindings } from "../../src/config/config.ts";
import { allProblems, entriesOf } from "../../src/http/codes.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { bindingsWith, fetchWith, ROOT_SECRET, watchedDatabase } from "../support/bindings.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { newFloating } from "../support/shop.ts";

const BASE = "/api/v1/activations";
const SESSION = `${BASE}/00000000-0000-8000-8000-000000000000`;

function call(method: string, path: string, headers: Record<string, string> = {}): Promise<Response> {
  return exports.default.fetch(`http://leasehold.test${path}`, { method, headers });
}

describe("paths and methods", () => {
  it("ERR-3: an unknown path is 404 in the dialect of its surface", async () => {
    const paths = [
      "/",
      "/favicon.ico",
      "/api",
      "/api/v1",
      BASE,
      `${BASE}/`,
      `${SESSION}/renew/`,
      `${SESSION}/unknown`,
      "/problems/",
      "/%ff/%00",
    ];
    for (const path of paths) {
      const problem = await problemOf(await call("GET", path), 404, "route-unknown");
      expect(problem.action).toBe("fix-request");
      expect(problem.instance).toBe(path);
    }
    await problemOf(await call("GET", "/v3/nothing-here"), 404, "NOT_FOUND");
  });

  it("ERR-3: a wrong method is 405 with Allow, and literal paths are no session ids", async () => {
    const wrong: [string, string, string][] = [
      ["GET", `${BASE}/license`, "OPTIONS, POST"],
      ["DELETE", `${BASE}/jwt`, "OPTIONS, POST"],
      ["GET", `${BASE}/check`, "OPTIONS, POST"],
      ["GET", `${SESSION}/renew`, "OPTIONS, POST"],
      ["PUT", `${SESSION}/check-in`, "OPTIONS, POST"],
      ["HEAD", `${SESSION}/check-out`, "OPTIONS, POST"],
      ["POST", SESSION, "GET, HEAD, OPTIONS"],
      ["PATCH", "/health", "GET, HEAD, OPTIONS"],
    ];
    for (const [method, path, allow] of wrong) {
      const answer = await call(method, path);
      expect([method, path, answer.headers.get("Allow")]).toEqual([method, path, allow]);
      if (method === "HEAD") expect(answer.status).toBe(405);
      else await problemOf(answer, 405, "method-not-allowed");
    }
  });

  it("ERR-3: OPTIONS tells the methods and grants nothing to other origins", async () => {
    const answer = await call("OPTIONS", `${BASE}/license`, {
      Origin: "https://elsewhere.test",
      "Access-Control-Request-Method": "POST",
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("Allow")).toBe("OPTIONS, POST");
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBeNull();
    await problemOf(await call("OPTIONS", "/nothing"), 404, "route-unknown");
  });

  it("STAND-4: a malformed session id comes before everything else", async () => {
    const ids = [
      "x",
      "00000000-0000-4000-8000-000000000000",
      "00000000-0000-8000-c000-000000000000",
      "0000000000008000800000000000000",
      "%00",
    ];
    for (const id of ids) {
      for (const [method, path] of [
        ["POST", "/renew"],
        ["POST", "/check-in"],
        ["POST", "/check-out"],
        ["GET", ""],
      ]) {
        const answer = await call(method ?? "", `${BASE}/${id}${path}`, { Authorization: "Bearer junk" });
        expect((await problemOf(answer, 400, "malformed-session-id")).action).toBe("fix-request");
      }
    }
  });
});

describe("headers", () => {
  it("ERR-1: every answer has its own request id and the security headers, errors included", async () => {
    const sent = { "X-Request-Id": "mine" };
    const answers = await Promise.all(
      ["/health", "/", `${BASE}/license`, "/problems/invalid-request"].map((path) => call("GET", path, sent)),
    );
    for (const answer of answers) {
      expect(answer.headers.get("X-Request-Id")).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
      expect(answer.headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(answer.headers.get("Cache-Control")).not.toBeNull();
      await answer.arrayBuffer();
    }
    expect(new Set(answers.map((answer) => answer.headers.get("X-Request-Id"))).size).toBe(answers.length);
  });
});

describe("other origins", () => {
  it("WEB-1: a page of a listed origin activates, renews and reads why it is refused; its preflight asks D1 nothing", async () => {
    const Origin = "https://app.acme.test";
    const license = await newFloating(1);
    const watched = watchedDatabase();
    const bindings = bindingsWith({ ROOT_SECRET, ENVIRONMENT: "development", CORS_ORIGINS: Origin }, watched.db);
    const open = deploymentOpener();
    const send = (method: string, path: string, headers: Record<string, string>, body?: object) =>
      fetchWith(
        bindings,
        path,
        open,
        { Origin, "Content-Type": "application/json", ...headers },
        { method, ...(body && { body: JSON.stringify(body) }) },
      );
    const mayRead = ({ headers }: Response) => [
      headers.get("Access-Control-Allow-Origin"),
      headers.get("Access-Control-Expose-Headers"),
      headers.get("Vary"),
    ];
    const readable = [Origin, "Retry-After, Location, X-Request-Id, Preference-Applied", "Origin"];
    const preflight = await send("OPTIONS", `${BASE}/license`, { "Access-Control-Request-Method": "POST" });
    expect([preflight.status, preflight.headers.get("Access-Control-Max-Age")]).toEqual([204, "7200"]);
    expect(watched.calls()).toBe(0);
    const wanted = { activationCode: license.key, fingerprint: "a browser" };
    const activated = await send("POST", `${BASE}/license`, {}, wanted);
    expect([activated.status, ...mayRead(activated)]).toEqual([200, ...readable]);
    const { licenseToken } = (await activated.json()) as { licenseToken: string };
    const path = `${activated.headers.get("Location")}/renew`;
    const renewed = await send("POST", path, { Authorization: `Bearer ${licenseToken}` });
    expect([renewed.status, ...mayRead(renewed)]).toEqual([200, ...readable]);
    const full = await send("POST", `${BASE}/license`, {}, { ...wanted, fingerprint: "another" });
    expect(mayRead(full)).toEqual(readable);
    await problemOf(full, 409, "seats-exhausted");
    watched.fail();
    // That D1 has to be asked about; keys that nobody knows are asked about by the object.
    const Authorization = `Bearer lh_pat_${"a".repeat(43)}`;
    const down = await send("POST", `${BASE}/license`, { Authorization }, wanted);
    expect(mayRead(down)).toEqual(readable);
    await problemOf(down, 503, "storage-unavailable");
    const faulty = bindingsWith({ ROOT_SECRET, ENVIRONMENT: "development", CORS_ORIGINS: "*" });
    const refused = await fetchWith(faulty, `${BASE}/license`, deploymentOpener(), { Origin }, { method: "POST" });
    expect(refused.headers.get("Access-Control-Allow-Origin")).toBeNull();
    expect((await problemOf(refused, 503, "not-configured")).detail).toMatch(/^CORS_ORIGINS: Set it to exact origins/);
  });
});

describe("credentials", () => {
  const invalid = [
    "Bearer",
    "Bearer ",
    "Basic dXNlcjpwYXNz",
    "Bearer a b",
    "junk",
    "Bearer junk",
    "Bearer a.b.c",
    `Bearer ${"x".repeat(20_000)}`,
    "Bearer eyJhbGciOiJub25lIiwidHlwIjoibGljZW5zZStqd3QifQ.eyJzaWQiOiJ4In0.",
    `Bearer lh_pat_${"A".repeat(43)}`,
  ];

  it("AUTH-2: invalid credentials are 401 even where anonymous would do", async () => {
    for (const Authorization of invalid) {
      const answer = await exports.default.fetch(`http://leasehold.test${BASE}/license`, {
        method: "POST",
        headers: { Authorization, "Content-Type": "application/json" },
        body: JSON.stringify({ activationCode: "no such code", fingerprint: "device" }),
      });
      expect(answer.headers.get("WWW-Authenticate")).toMatch(/^Bearer/);
      expect((await problemOf(answer, 401, "credentials-invalid")).action).toBe("sign-in");
    }
  });

  it("AUTH-3: a session's calls want credentials, and ROOT_SECRET is none", async () => {
    for (const [method, path] of [
      ["POST", "/renew"],
      ["POST", "/check-in"],
      ["POST", "/check-out"],
      ["GET", ""],
    ]) {
      const bare = await call(method ?? "", `${SESSION}${path}`);
      expect(bare.headers.get("WWW-Authenticate")).toBe("Bearer");
      await problemOf(bare, 401, "credentials-required");
      const root = (env as Bindings).ROOT_SECRET ?? "";
      for (const Authorization of [...invalid, `Bearer ${root}`]) {
        await problemOf(await call(method ?? "", `${SESSION}${path}`, { Authorization }), 401, "credentials-invalid");
      }
    }
  });

  it("AUTH-2: what is malformed is told before what is unauthenticated", async () => {
    const answer = await exports.default.fetch(`http://leasehold.test${BASE}/license`, {
      method: "POST",
      headers: { Authorization: "Bearer junk", "Content-Type": "application/json" },
      body: JSON.stringify({ activationCode: "x" }),
    });
    expect(pointersOf(await problemOf(answer, 400, "invalid-request"))).toEqual(["/fingerprint"]);
  });
});

describe("problems as pages", () => {
  it("ERR-1: both dialects' twins share a page", () => {
    expect(entriesOf("invalid-request").map((entry) => entry.codes)).toEqual([["invalid-request", "INVALID_REQUEST"]]);
  });

  it("ERR-1: the table is whole: every code of the specification with its status", () => {
    const activation: Record<number, string> = {
      400: "invalid-request malformed-activation-code malformed-session-id email-mismatch idempotency-key-refused",
      401: "credentials-required credentials-invalid not-session-owner",
      403: "authentication-required wrong-user email-not-verified license-revoked license-suspended country-not-allowed ip-address-not-allowed vm-not-allowed container-not-allowed version-not-allowed license-expired license-not-yet-effective fingerprint-mismatch",
      404: "activation-code-unknown route-unknown session-unknown",
      405: "method-not-allowed",
      409: "device-already-activated deactivation-limit-reached seats-exhausted activation-ended",
      413: "body-too-large",
      415: "unsupported-media-type",
      422: "idempotency-key-reused",
      429: "too-many-requests",
      500: "internal-error",
      503: "not-configured storage-unavailable identity-provider-unavailable overloaded license-lost",
    };
    const management: Record<number, string> = {
      400: "INVALID_REQUEST INVALID_ACTIVATION_FINGERPRINT ACTIVATION_LIMIT_REACHED METER_ATTRIBUTE_USES_LIMIT_REACHED AUTHENTICATION_FAILED INVALID_PRODUCT_ID INVALID_LICENSE_KEY INVALID_LICENSE_TYPE VM_ACTIVATION_NOT_ALLOWED REVOKED_LICENSE COUNTRY_NOT_ALLOWED IP_ADDRESS_NOT_ALLOWED INVALID_OFFLINE_REQUEST TRIAL_NOT_ALLOWED TRIAL_ACTIVATION_LIMIT_REACHED DEVICE_ALREADY_ACTIVATED LICENSE_NOT_EFFECTIVE CONTAINER_ACTIVATION_NOT_ALLOWED RELEASE_VERSION_NOT_ALLOWED LICENSE_PERPETUAL NO_PERIOD",
      401: "UNAUTHORIZED",
      403: "FORBIDDEN",
      404: "NOT_FOUND",
      405: "METHOD_NOT_ALLOWED",
      409: "ALREADY_EXISTS IN_USE ACTIVATIONS_LIVE DEACTIVATION_LIMIT_REACHED ACTIVATION_ENDED WEBHOOK_GONE KEY_TOO_NEW KEY_COMPROMISED COUNT_DIFFERS JOBS_RUNNING",
      412: "PRECONDITION_FAILED",
      413: "BODY_TOO_LARGE",
      415: "UNSUPPORTED_MEDIA_TYPE",
      422: "IDEMPOTENCY_KEY_REUSED",
      429: "TOO_MANY_REQUESTS",
      500: "INTERNAL_ERROR",
      503: "NOT_CONFIGURED STORAGE_UNAVAILABLE IDENTITY_PROVIDER_UNAVAILABLE OVERLOADED LICENSE_LOST",
    };
    const expected = [activation, management].flatMap((table) =>
      Object.entries(table).flatMap(([status, codes]) => codes.split(" ").map((code) => `${status} ${code}`)),
    );
    expect(
      allProblems()
        .map(([code, kind]) => `${kind.status} ${code}`)
        .toSorted(),
    ).toEqual(expected.toSorted());
  });
});

describe("configuration", () => {
  it("CFG-1: without a good ROOT_SECRET every call but health answers 503 and says what to do", async () => {
    for (const secret of ["", "short", "changeme changeme changeme changeme"]) {
      const app = createApp(deploymentOpener());
      const ask = (path: string, method = "GET") =>
        app.fetch(
          new Request(`http://leasehold.test${path}`, { method }),
          { ...env, ROOT_SECRET: secret },
          createExecutionContext(),
        );
      for (const path of ["/", `${BASE}/license`, SESSION, "/problems/invalid-request", "/.well-known/jwks.json"]) {
        const problem = await problemOf(await ask(path), 503, "not-configured");
        expect(problem.detail).toContain("ROOT_SECRET");
        expect(problem.action).toBe("wait");
      }
      await problemOf(await ask("/v3/licenses"), 503, "NOT_CONFIGURED");
      const health = await ask("/health");
      expect(health.status).toBe(503);
      expect(await health.json()).toMatchObject({ status: "unavailable", configuration: "faulty" });
    }
  });
});
