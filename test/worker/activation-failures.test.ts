/**
 * What clients see when something of ours is broken: 500 and 503 (ERR-2, ID-5, 0029-what-is-sent-again.md), and rolling
 * ends (EXP-10).
 */

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import type { Bindings } from "../../src/config/config.ts";
import type { Refusal } from "../../src/domain/refusal.ts";
import { problemOf as problemFor } from "../../src/http/activation/refusals.ts";
import { renderProblem } from "../../src/http/problem.ts";
import { deploymentOpener, type Deployment } from "../../src/operations/deployment.ts";
import { problemOf, UNSTAMPED } from "../support/problems.ts";
import { activated, BASE, bearer, deployment, newFloating, newLicense, post, tryActivate } from "../support/shop.ts";

const DAY = 86_400_000;

async function activateOn(
  app: ReturnType<typeof createApp>,
  bindings: Bindings,
  activationCode: string,
): Promise<Response> {
  const body = JSON.stringify({ activationCode, fingerprint: "device" });
  const request = new Request(`${BASE}/license`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
  });
  return await app.fetch(request, bindings, createExecutionContext());
}

/** The objects behind a connection that fails as the platform's does. */
function brokenObjects(error: Error): Bindings {
  const fail = async (): Promise<never> => {
    throw error;
  };
  const stub = new Proxy({}, { get: () => fail });
  const namespace = new Proxy(env.LICENSES, {
    get: (target, name) => {
      if (name === "get") return () => stub;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function"
        ? (...given: unknown[]) => Reflect.apply(member, target, given) as unknown
        : member;
    },
  });
  return { ...env, LICENSES: namespace };
}

describe("a license's object that does not answer", () => {
  it("ERR-1: overloaded is 503, retryable, with Retry-After", async () => {
    const license = await newFloating(1);
    const bindings = brokenObjects(Object.assign(new Error("too many requests"), { overloaded: true }));
    const problem = await problemOf(
      await activateOn(createApp(deploymentOpener()), bindings, license.key),
      503,
      "overloaded",
    );
    expect(problem).toMatchObject({ action: "wait", retryable: true });
  });

  it("ERR-1: a lost connection, and a method that an older object does not have, are 503", async () => {
    const license = await newFloating(1);
    for (const message of ["Network connection lost.", 'The RPC receiver does not implement the method "activate".']) {
      const answer = await activateOn(createApp(deploymentOpener()), brokenObjects(new Error(message)), license.key);
      await problemOf(answer, 503, "storage-unavailable");
    }
  });

  it("ERR-1: a refusal that this version does not know is 503", async () => {
    const unknown = { code: "invented-tomorrow" } as unknown as Refusal;
    for (const refusal of [unknown, { code: "toString" } as unknown as Refusal]) {
      const answer = renderProblem(problemFor(refusal, "activation"), {
        path: "/",
        url: "http://leasehold.test/",
        requestId: UNSTAMPED,
        publicUrl: null,
      });
      await problemOf(answer, 503, "storage-unavailable");
    }
  });

  it("ID-5: a license whose object is lost is 503, never a fresh start", async () => {
    const license = await newFloating(1);
    await env.DB.prepare("UPDATE licenses SET fence = 3, born_at = 1 WHERE id = ?").bind(license.id).run();
    const problem = await problemOf(await tryActivate(license.key), 503, "license-lost");
    expect(problem).toMatchObject({ action: "wait", retryable: true });
  });
});

describe("a bug", () => {
  it("ERR-2: is 500 with the request id, no internals, and a log without what foreign code quotes", async () => {
    const real = await deployment();
    const broken: Deployment = { ...real, locator: () => Promise.reject(new Error('unexpected "the secret" at 1')) };
    const app = createApp(() => Promise.resolve({ ok: true, deployment: broken }));
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    try {
      const answer = await activateOn(app, env, "the key");
      const problem = await problemOf(answer, 500, "internal-error");
      const { requestId } = problem;
      expect(JSON.stringify(problem)).not.toContain("secret");
      const logged = JSON.stringify(log.mock.calls);
      expect(logged).toContain(requestId);
      expect(logged).not.toContain("the secret");
      expect(logged).not.toContain("the key");
    } finally {
      log.mockRestore();
    }
  });
});

describe("rolling ends", () => {
  it("EXP-10: a rolling activation past its end is 404 at activation, 403 at renew and check-in, and keeps its seat", async () => {
    const license = await newLicense({ expirationStrategy: "rolling", validity: 86_400, allowedActivations: 1 });
    const first = await activated(license.key, "one");
    vi.setSystemTime(Date.now() + DAY);
    try {
      expect((await problemOf(await tryActivate(license.key, "one"), 404, "license-expired")).action).toBe(
        "contact-vendor",
      );
      await problemOf(await post(`/${first.sessionId}/renew`, undefined, bearer(first)), 403, "license-expired");
      await problemOf(await post(`/${first.sessionId}/check-in`, undefined, bearer(first)), 403, "license-expired");
      await problemOf(await tryActivate(license.key, "two"), 409, "seats-exhausted");
    } finally {
      vi.useRealTimers();
    }
  });
});
