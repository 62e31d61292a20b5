/** What an answer means: ANS-1. */

import type { AnswerInput, Case, Expected } from "../format.ts";
import { T } from "../mint.ts";

const NOW = T * 1_000;
const PROBLEM = { "content-type": "application/problem+json" };
const JSON_TYPE = { "content-type": "application/json" };
const HTML = { "content-type": "text/html; charset=utf-8" };
const PAGE = "<!doctype html><title>Welcome to the hotel</title>";
const GRANTED = JSON.stringify({ licenseToken: "a.b.c" });

export function answers(): readonly Case[] {
  const network: Expected = { kind: "network" };
  const transient: Expected = { kind: "transient" };
  const no = (next: string): Expected => ({ kind: "conclusive", next });
  const date = new Date(NOW + 40_000).toUTCString();
  const refused = refusal(403, "license-revoked");
  return [
    answer("answer-renewed", { status: 200, headers: JSON_TYPE, body: GRANTED }, { kind: "ok" }),
    answer("answer-released", { call: "release", status: 204, headers: {}, body: "" }, { kind: "ok" }),
    answer("answer-captive-portal-200", { status: 200, headers: HTML, body: PAGE }, network),
    answer("answer-captive-portal-403", { status: 403, headers: HTML, body: PAGE }, network),
    answer("answer-json-403-without-code", { status: 403, headers: PROBLEM, body: '{"error":"no"}' }, network),
    answer("answer-json-403-with-code", { ...refused, headers: JSON_TYPE }, network),
    answer("answer-json-200-without-token", { status: 200, headers: JSON_TYPE, body: "{}" }, network),
    answer("answer-revoked", refused, { ...no("poll"), code: "license-revoked" }),
    answer("answer-suspended", refusal(403, "license-suspended"), no("poll")),
    answer("answer-expired", refusal(403, "license-expired"), no("poll")),
    answer("answer-session-unknown", refusal(404, "session-unknown"), no("activate")),
    answer("answer-activation-ended", refusal(409, "activation-ended"), no("activate")),
    answer("answer-route-unknown", refusal(404, "route-unknown"), network),
    answer("answer-credentials-invalid-on-renew", refusal(401, "credentials-invalid"), no("activate")),
    answer(
      "answer-credentials-invalid-of-a-person",
      { ...refusal(401, "credentials-invalid"), signedIn: true },
      no("sign-in"),
    ),
    answer("answer-key-unknown", { ...refusal(404, "activation-code-unknown"), call: "activate" }, no("ask")),
    answer(
      "answer-idempotency-key-reused",
      { ...refusal(422, "idempotency-key-reused"), call: "activate" },
      { kind: "retry-now" },
    ),
    answer("answer-429-with-retry-after", refusal(429, "too-many-requests", {}, "7"), { ...transient, retryAfter: 7 }),
    answer("answer-503-with-date", refusal(503, "overloaded", {}, date), { ...transient, retryAfter: 40 }),
    {
      ...answer("answer-503-with-rubbish", refusal(503, "overloaded", {}, "soon"), { ...transient, retryAfter: null }),
      rule: "SCH-4",
    },
    answer("answer-503-html", { status: 503, headers: HTML, body: PAGE }, network),
    answer("answer-500", refusal(500, "internal-error"), transient),
    answer("answer-unknown-code-503", refusal(503, "invented-tomorrow"), transient),
    answer("answer-unknown-code-403", refusal(403, "invented-tomorrow"), network),
    answer(
      "answer-unknown-code-and-action",
      refusal(403, "invented-tomorrow", { action: "contact-vendor" }),
      no("poll"),
    ),
    answer("answer-unknown-code-and-unknown-action", refusal(403, "invented-tomorrow", { action: "dance" }), network),
    answer("answer-body-over-64-KiB", { status: 200, headers: HTML, body: "x", padding: 65_536 }, network),
    answer("answer-body-over-64-KiB-well-formed", { ...refused, padding: 65_536 }, network),
    answer("answer-redirect", { status: 302, headers: { location: "https://portal.example/" }, body: "" }, network),
    answer("answer-redirect-with-a-problem", { ...refused, status: 307 }, network),
    answer("answer-proxy-407", { status: 407, headers: HTML, body: PAGE }, { ...network, cause: "proxy" }),
    answer("answer-seats-exhausted-with-retry", full({ limit: 3, used: 3, retryAfter: 90 }), {
      ...no("wait"),
      retryAfter: 90,
    }),
    answer("answer-seats-exhausted", full({ limit: 3, used: 3 }), { ...no("wait"), retryAfter: null }),
    answer("answer-constructor-as-code", refusal(403, "constructor"), network),
  ];
}

type Given = Partial<AnswerInput> & Pick<AnswerInput, "status" | "headers" | "body">;

function answer(name: string, given: Given, expect: Expected): Case {
  return {
    name,
    rule: "ANS-1",
    kind: "answer",
    input: { call: "renew", now: NOW, ...given },
    expect,
  };
}

function refusal(status: number, code: string, more: object = {}, retryAfter?: string): Given {
  const headers = { ...PROBLEM, ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }) };
  return { status, headers, body: JSON.stringify({ type: "about:blank", title: "No", status, code, ...more }) };
}

function full(more: object): Given {
  return { ...refusal(409, "seats-exhausted", { action: "release-a-device", ...more }), call: "activate" };
}
