/** OBS-1 over every route: each request ends in one line, each other line is about a request or event, none quotes. */

import { createExecutionContext, env, waitOnExecutionContext } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import type { Bindings } from "../../src/config/config.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { bindingsWith, ROOT_SECRET } from "../support/bindings.ts";
import { CALLS } from "../support/every-route.ts";
import { KEY, plant, type Planted } from "../support/planted-routes.ts";
import { listen, type Line, type Listening } from "../support/lines.ts";
import { fullToken } from "../support/management.ts";
import { OBJECTS } from "../support/agreement/isolate.ts";
import { activated, newLicense } from "../support/shop.ts";
import { calm, clear, storm } from "../support/unsteady-d1.ts";

const VARS = { ROOT_SECRET, ENVIRONMENT: "development" } as const;
/** In whatever is planted here, and in what is planted for every route. */
const SECRETS = /s3cr3t|heartofgold|PANGALACTIC|lh_pat_|whsec_|eyJ|4f9c2b7e1d8a6035/i;
const SESSION = "01234567-89ab-8cde-8123-456789abcdef";

let planted: Planted;
let token = "";
let heard: Listening;

beforeAll(async () => {
  planted = await plant();
  token = await fullToken();
});

beforeEach(() => {
  heard = listen();
});

afterEach(() => heard.stop());

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly bearer?: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent: a POST has an idempotency key. */
  readonly isKeyless?: true;
}

/** A request with secrets in its query and headers, to an isolate of its own; ends when all that it left has. */
async function send(app: ReturnType<typeof createApp>, bindings: Bindings, sent: Sent): Promise<Response> {
  const { method, path, bearer = "s3cr3t-bearer", body, headers, isKeyless } = sent;
  const context = createExecutionContext();
  const query = path.includes("?") ? "" : "?search=s3cr3t%40heartofgold.example";
  const request = new Request(`http://leasehold.test${path}${query}`, {
    method,
    headers: {
      Authorization: `Bearer ${bearer}`,
      "User-Agent": "s3cr3t agent",
      "X-Request-Id": "s3cr3t-id",
      Cookie: "session=s3cr3t",
      ...(method === "POST" && isKeyless !== true ? { "Idempotency-Key": "s3cr3t-key" } : {}),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await app.fetch(request, bindings, context);
  await answer.text();
  await waitOnExecutionContext(context);
  return answer;
}

const app = createApp(deploymentOpener());
const ROUTES = app.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => ({ method, path }));
const PATTERNS: ReadonlySet<string> = new Set(ROUTES.map(({ path }) => path));

const BODY = {
  activationCode: `${KEY}-s3cr3t`,
  fingerprint: "s3cr3t fingerprint",
  email: "s3cr3t@heartofgold.example",
  name: "s3cr3t name",
  key: "s3cr3t-key-of-a-license",
  url: "https://s3cr3t.example/hook?token=s3cr3t",
  token: "s3cr3t-token-of-a-webhook",
  productId: "s3cr3t",
};

function withSecrets(path: string): string {
  return path.replaceAll(/:\w+/g, "s3cr3t%40heartofgold.example");
}

/** All lines that were heard: of each request one, none without a cause, none with a secret. */
function expectSound(answers: readonly Response[]): readonly Line[] {
  const requests = heard.lines("request");
  const ids = answers.map((answer) => answer.headers.get("X-Request-Id"));
  expect(requests.map(({ requestId }) => requestId)).toEqual(ids);
  expect(requests.map(({ status }) => status)).toEqual(answers.map(({ status }) => status));
  for (const text of heard.said) expect(text).not.toMatch(SECRETS);
  for (const line of heard.lines()) {
    expect(line, JSON.stringify(line)).toSatisfy(({ requestId, eventId }: Line) =>
      requestId === undefined ? eventId !== undefined : requestId !== "unknown",
    );
    if (typeof line["route"] === "string") expect(PATTERNS).toContain(line["route"]);
  }
  return requests;
}

describe("the line of a request", () => {
  it("OBS-1: stands for every request of every route, and has nothing of what was sent in it", async () => {
    const bindings = bindingsWith(VARS);
    const answers: Response[] = [];
    const said = async (sent: Sent) => void answers.push(await send(app, bindings, sent));
    for (const { method, path } of ROUTES) {
      const body = method === "GET" || method === "DELETE" ? {} : { body: BODY };
      await said({ method, path: withSecrets(path), bearer: token, ...body });
      await said({ method, path: withSecrets(path), ...body });
      const session = path.replace(":sessionId", SESSION);
      if (session !== path) await said({ method, path: session, bearer: token, ...body });
    }
    for (const [route, callsOf] of Object.entries(CALLS)) {
      const method = route.slice(0, route.indexOf(" "));
      for (const { path, body, headers } of callsOf(planted)) {
        const query = path.includes("?") || method !== "GET" ? path : `${path}?`;
        await said({ method, path: `/v3${query}`, bearer: token, ...(body && { body }), ...(headers && { headers }) });
      }
    }
    await said({ method: "GET", path: "/s3cr3t/nowhere" });
    await said({ method: "PUT", path: "/v3/tags", bearer: token });
    const lines = expectSound(answers);
    expect(new Set(lines.map(({ route }) => route))).toEqual(new Set([...PATTERNS, null]));
    const counts = lines.filter(({ status }) => Number(status) < 300).length;
    expect(counts).toBeGreaterThan(50);
    expect(new Set(lines.map(({ dialect }) => dialect))).toEqual(new Set(["activation", "management", null]));
    expect(new Set(lines.map(({ principal }) => principal))).toEqual(new Set(["token", null]));
  });

  it("OBS-1: names the license by eight digits, who called by kind, and the problem by its code", async () => {
    const bindings = bindingsWith(VARS);
    const license = await newLicense();
    const { sessionId, licenseToken } = await activated(license.key, "s3cr3t device");
    heard.stop();
    heard = listen();
    const path = `/api/v1/activations/${sessionId}`;
    const answers = [
      await send(app, bindings, { method: "POST", path: `${path}/renew`, bearer: licenseToken, isKeyless: true }),
      await send(app, bindings, { method: "GET", path, bearer: licenseToken }),
      await send(app, bindings, { method: "GET", path }),
      await send(app, bindings, { method: "GET", path: `/v3/licenses/${license.id}?`, bearer: token }),
      await send(app, bindings, { method: "GET", path: "/v3/tags?", bearer: ROOT_SECRET }),
    ];
    const lines = expectSound(answers).map(({ method, route, status, code, license: at, dialect, principal }) =>
      [method, route, status, code, at, dialect, principal].join(" "),
    );
    const at = license.id.slice(0, 8);
    const session = "/api/v1/activations/:sessionId";
    expect(lines).toEqual([
      `POST ${session}/renew 200  ${at} activation device`,
      `GET ${session} 200  ${at} activation device`,
      `GET ${session} 401 credentials-invalid  activation `,
      `GET /v3/licenses/:id 200  ${at} management token`,
      "GET /v3/tags 403 FORBIDDEN  management root",
    ]);
  });

  it("OBS-1: a signature has a span, and the trace of the call names the request, where it is traced", async () => {
    const license = await newLicense();
    const body = JSON.stringify({ activationCode: license.key, fingerprint: "s3cr3t device" });
    const sent = { method: "POST", headers: { "Content-Type": "application/json" }, body };
    for (const isTraced of [true, false]) {
      const [spans, context] = [Array<string>(), createExecutionContext()];
      const enterSpan = (name: string, work: () => unknown) => (spans.push(name), work());
      const setAttribute = (name: string, value: string) => spans.push(`${name} ${value}`);
      const getActiveSpan = () => ({ isTraced, setAttribute });
      Object.defineProperty(context, "tracing", { value: { enterSpan, getActiveSpan } });
      const request = new Request("http://leasehold.test/api/v1/activations/license", sent);
      const { headers } = await app.fetch(request, bindingsWith(VARS), context);
      const told = [`leasehold.request_id ${headers.get("X-Request-Id")}`, "sign a license token"];
      expect([headers.get("Location") !== null, spans]).toEqual([true, isTraced ? told : []]);
    }
  });

  it("OBS-1: is thinned by LOG_SAMPLING, but for a 5xx", async () => {
    const none = bindingsWith({ ...VARS, LOG_SAMPLING: "0" });
    const quiet = createApp(deploymentOpener());
    await send(quiet, none, { method: "GET", path: "/v3/tags?", bearer: token });
    await send(quiet, none, { method: "GET", path: "/v3/tags?" });
    expect(heard.said).toEqual([]);
    const broken = { ...none, DB: talkative("D1_ERROR: Network connection lost.") };
    const answer = await send(quiet, broken, { method: "GET", path: "/v3/tags?", bearer: token });
    // The isolate keeps the D1 that it opened with.
    expect(answer.status).toBe(200);
    const open = deploymentOpener();
    const failing = createApp(async (bindings, moment) => {
      const opened = await open(bindings, moment);
      return opened.ok ? { ok: true, deployment: { ...opened.deployment, db: broken.DB } } : opened;
    });
    expect((await send(failing, none, { method: "GET", path: "/v3/tags?", bearer: token })).status).toBe(503);
    expect(heard.lines("request")).toMatchObject([{ level: "error", status: 503, code: "STORAGE_UNAVAILABLE" }]);
  });
});

/** A D1 that fails with words, and repeats all that it was asked and given. */
function talkative(words: string): D1Database {
  const fail = (told: string) => async (): Promise<never> => {
    throw new Error(`${words} ${told}`);
  };
  const statement = (text: string, given: readonly unknown[]): unknown => {
    const refuse = fail(`${text} ${given.join(" ")} "${given.join(" ")}"`);
    const bind = (...more: readonly unknown[]) => statement(text, [...given, ...more]);
    return { bind, first: refuse, all: refuse, raw: refuse, run: refuse };
  };
  return {
    prepare: (text: string) => statement(text, []),
    batch: fail("s3cr3t-batch"),
    withSession: () => talkative(words),
  } as unknown as D1Database;
}

/** Objects whose every call fails with words of a caller. */
function failingObjects(error: Error): Pick<Env, "LICENSES" | "WEBHOOKS"> {
  const fail = async (): Promise<never> => {
    throw error;
  };
  const stub = new Proxy({}, { get: () => fail });
  const namespace = { idFromName: (name: string) => name, idFromString: (id: string) => id, get: () => stub };
  return { LICENSES: namespace, WEBHOOKS: namespace } as unknown as Pick<Env, "LICENSES" | "WEBHOOKS">;
}

describe("lines of what is broken", () => {
  const FAULTS = [
    ["D1 that is away", { DB: talkative("D1_ERROR: Network connection lost.") }, [503]],
    ["D1 that finds fault", { DB: talkative("D1_ERROR: near syntax error") }, [500, 503]],
    ["objects with a bug", failingObjects(Object.assign(new Error(`s3cr3t ${KEY}`), { remote: true })), [500]],
    ["objects that do not answer", failingObjects(new Error(`Network connection lost: s3cr3t ${KEY}`)), [503]],
  ] as const;

  it.each(FAULTS)("OBS-1: %s", async (_, broken, statuses) => {
    const open = deploymentOpener();
    const whole = bindingsWith(VARS);
    await open(whole, { now: Date.now(), waitUntil: (work) => void work });
    const { licenses, objects, webhooks } = await partsOf({ ...whole, ...broken });
    const failing = createApp(async (bindings, moment) => {
      const opened = await open(bindings, moment);
      if (!opened.ok) return opened;
      const db = "DB" in broken ? broken.DB : env.DB;
      return { ok: true, deployment: { ...opened.deployment, db, licenses, objects, webhooks } };
    });
    const answers: Response[] = [];
    const said = async (sent: Sent) => void answers.push(await send(failing, whole, sent));
    for (const [route, callsOf] of Object.entries(CALLS)) {
      const method = route.slice(0, route.indexOf(" "));
      for (const { path, body } of callsOf(planted)) {
        await said({ method, path: `/v3${path}`, bearer: token, isKeyless: true, ...(body && { body }) });
      }
    }
    const activation = { method: "POST", path: "/api/v1/activations/license", bearer: token, isKeyless: true } as const;
    await said({
      ...activation,
      body: { activationCode: KEY, fingerprint: "s3cr3t", email: "s3cr3t@heartofgold.example" },
    });
    const lines = expectSound(answers);
    const faults = lines.filter(({ status }) => Number(status) >= 500);
    expect(faults.length).toBeGreaterThan(3);
    expect(statuses).toEqual(expect.arrayContaining([...new Set(faults.map(({ status }) => status))]));
    for (const { level, code } of faults) expect({ level, code }).toEqual({ level: "error", code: expect.any(String) });
  });
});

it("OBS-1: a line of a license's object names the request of the call", async () => {
  const license = await newLicense();
  heard.stop();
  heard = listen();
  storm((sql) => (sql.includes("CASE WHEN fence = 0") ? "before" : null));
  const bindings = { ...bindingsWith(VARS), LICENSES: OBJECTS };
  const body = { activationCode: license.key, fingerprint: "s3cr3t device" };
  const path = "/api/v1/activations/license";
  const sent = { method: "POST", path, bearer: token, body, isKeyless: true } as const;
  const answer = await send(createApp(deploymentOpener()), bindings, sent);
  calm();
  await clear();
  const [line] = expectSound([answer]);
  const { requestId } = line ?? {};
  expect(line).toMatchObject({ status: 503, principal: "token", license: license.id.slice(0, 8) });
  const told = {
    level: "error",
    requestId,
    license: license.id.slice(0, 8),
    error: "D1_ERROR: Network connection lost.",
  };
  expect(heard.lines("a license could not be taken over from D1")).toMatchObject([told]);
});

async function partsOf(bindings: Bindings) {
  const opened = await deploymentOpener()(
    { ...bindings, DB: env.DB },
    { now: Date.now(), waitUntil: (work) => void work },
  );
  if (!opened.ok) throw new Error(opened.detail);
  return opened.deployment;
}
