/**
 * What a guess costs (ID-3): one that is nearly right asks no more of D1 and of objects than one that is far off, and
 * is compared as often. So no answer comes sooner or later because of how near it was.
 */

import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { bindingsWith, ROOT_SECRET } from "../support/bindings.ts";
import { created, jsonOf, mint, productId, type Json } from "../support/management.ts";
import { recordedTrips, type Trip } from "../support/round-trips.ts";

const trips = recordedTrips();
const app = createApp(deploymentOpener());
const bindings = {
  ...bindingsWith({ ROOT_SECRET, ENVIRONMENT: "development" }, trips.db),
  LICENSES: trips.licenses,
};
/** Each comparison of secrets writes both sides (src/same-text.ts). */
const writes = vi.spyOn(TextEncoder.prototype, "encodeInto");

interface Guess {
  readonly method?: string;
  readonly path: string;
  readonly bearer?: string;
  readonly body?: Json;
}

/** `answered`: once the answer is there, before what is done afterwards. */
async function call({ method = "POST", path, bearer, body }: Guess, answered = () => {}): Promise<Response> {
  const context = createExecutionContext();
  const headers = {
    "Content-Type": "application/json",
    ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
  };
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const request = new Request(`http://leasehold.test${path}`, { method, headers, ...content });
  const answer = await app.fetch(request, bindings, context);
  answered();
  await waitOnExecutionContext(context);
  return answer;
}

interface Cost {
  readonly status: number;
  readonly code: unknown;
  readonly objects: number;
  readonly statements: readonly string[];
  readonly comparisons: number;
}

async function costOf(guess: Guess): Promise<Cost> {
  trips.taken();
  writes.mockClear();
  let comparisons = 0;
  let taken: readonly Trip[] = [];
  const answer = await call(guess, () => {
    comparisons = writes.mock.calls.length / 2;
    taken = trips.taken();
  });
  const { code } = await jsonOf(answer, answer.status);
  return {
    status: answer.status,
    code,
    objects: taken.filter(({ to }) => to === "object").length,
    statements: taken.flatMap(({ statements }) => statements.map(({ text }) => text)),
    comparisons,
  };
}

let license: Json = {};
let other: Json = {};
let session: Json = {};
let token = "";

beforeAll(async () => {
  const product = await productId();
  license = await created("/licenses", { productId: product, allowedActivations: 5 });
  other = await created("/licenses", { productId: product, allowedActivations: 5 });
  token = await mint(["license:read"]);
  session = await activated(license);
  await activated(other);
  await call({ method: "GET", path: "/v3/licenses?limit=1", bearer: token });
});

afterAll(() => writes.mockRestore());

async function activated({ key }: Json): Promise<Json> {
  const body = { activationCode: key, fingerprint: "board=1;disk=2" };
  return await jsonOf(await call({ path: "/api/v1/activations/license", body }), 200);
}

/** The last character is another one. */
function near(text: unknown): string {
  const written = String(text);
  return written.slice(0, -1) + (written.endsWith("0") ? "1" : "0");
}

/** Of the same form, and like it nowhere. */
function far(text: unknown): string {
  return String(text).replaceAll(/[0-9A-F]/g, (digit) => (15 - Number.parseInt(digit, 16)).toString(16).toUpperCase());
}

const FINGERPRINT = "board=1;disk=2";

/** Each with its secret left open. */
const ROUTES: readonly (readonly [string, () => unknown, (secret: string) => Guess])[] = [
  ["license", () => license.key, byCode("license")],
  ["jwt", () => license.key, byCode("jwt")],
  ["check", () => license.key, byCode("check")],
  ["v3 activation", () => license.key, (key) => ({ path: "/v3/activations", body: v3Body(key) })],
  [
    "v3 sync",
    () => license.key,
    (key) => ({ method: "PATCH", path: `/v3/activations/${session.sessionId}`, body: v3Body(key) }),
  ],
  [
    "v3 use of a meter",
    () => license.key,
    (key) => ({
      path: `/v3/activations/meter-attributes/${other.id}`,
      body: { activationId: session.sessionId, key, increment: 1 },
    }),
  ],
  [
    "v3 deactivation, without a key",
    () => "board=1;disk=0F",
    (fingerprint) => ({ path: `/v3/activations/${session.sessionId}/deactivate`, body: { fingerprint } }),
  ],
  ["access token", () => token, (bearer) => ({ method: "GET", path: `/v3/licenses/${license.id}`, bearer })],
  ["access token, of a list", () => token, (bearer) => ({ method: "GET", path: "/v3/licenses", bearer })],
  ["ROOT_SECRET", () => ROOT_SECRET, minted],
];

function byCode(verb: string): (key: string) => Guess {
  return (activationCode) => ({
    path: `/api/v1/activations/${verb}`,
    body: { activationCode, fingerprint: FINGERPRINT },
  });
}

function v3Body(key: string): Json {
  return { key, productId: license.productId, fingerprint: FINGERPRINT };
}

function minted(bearer: string): Guess {
  return { path: "/v3/personal-access-tokens", bearer, body: { name: "x", scopes: ["*"] } };
}

it.each(ROUTES)("ID-3, READ-2: a near miss costs what an unknown one does: %s", async (_, secret, guess) => {
  // What an isolate learns once, and what is counted once in a while, is nobody's guess.
  await costOf(guess(far(secret())));
  const unknown = await costOf(guess(far(secret())));
  const close = await costOf(guess(near(secret())));
  expect(close).toEqual(unknown);
  expect(close.status).toBeGreaterThanOrEqual(400);
});

it.each(["renew", "check-in", "check-out"])("AUTH-5: so does a license token that is forged: %s", async (verb) => {
  const [head, claims, signature = ""] = String(session.licenseToken).split(".");
  const sent = (last: string) => ({
    path: `/api/v1/activations/${session.sessionId}/${verb}`,
    bearer: [head, claims, last].join("."),
  });
  const middle = signature.length / 2;
  const close = signature.slice(0, middle) + (signature[middle] === "A" ? "B" : "A") + signature.slice(middle + 1);
  await costOf(sent("A".repeat(signature.length)));
  const unknown = await costOf(sent("A".repeat(signature.length)));
  expect(await costOf(sent(close))).toEqual(unknown);
  expect(unknown).toMatchObject({ status: 401, objects: 0, statements: [] });
});
