/** A grant whose token cannot be signed: a fresh isolate, whose D1 fails between the object's answer and the key. */

import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { UNTOLD } from "../../src/domain/license/device.ts";
import { createApp } from "../../src/app.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { readLicense } from "../../src/operations/license/read-license.ts";
import { born, granted } from "../support/born.ts";
import { problemOf } from "../support/problems.ts";
import {
  activated,
  BASE,
  bearer,
  deployment,
  documentOf,
  newFloating,
  newLicense,
  post,
  tryActivate,
  tryActivateOnce,
} from "../support/shop.ts";

type Call = (path: string, body: object, more?: Record<string, string>) => Promise<Response>;

/** An isolate that has opened and cannot read keys: not when it opened, and not from then on. */
async function withoutKeys(): Promise<Call> {
  const db = new Proxy(env.DB, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...given: unknown[]) => {
        const statement = String(given[0]);
        // The probe reads nothing of any table.
        const readsKeys = statement.includes("signing_keys") && !statement.includes("LIMIT 0");
        if (readsKeys) throw new Error("D1_ERROR: Network connection lost.");
        return Reflect.apply(member, target, given) as unknown;
      };
    },
  });
  const app = createApp(deploymentOpener());
  const fetch = async (request: Request) => {
    const context = createExecutionContext();
    const answer = await app.fetch(request, { ...env, DB: db }, context);
    await waitOnExecutionContext(context);
    return answer;
  };
  await fetch(new Request("http://leasehold.test/problems/internal-error"));
  return async (path, body, more = {}) => {
    const headers = { "Content-Type": "application/json", ...more };
    return await fetch(new Request(`${BASE}${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
  };
}

async function counts(licenseId: string) {
  const found = await readLicense(await deployment(), licenseId);
  if (!found.ok) throw new Error("no such license");
  const { totalActivations, totalDeactivations } = found.value.license;
  return { totalActivations, totalDeactivations };
}

describe("a token that cannot be signed", () => {
  it.each(["/license", "/jwt"])(
    "TOK-1, SEAT-3: at %s takes a fresh grant back, so that reject does not refuse the next try",
    async (path) => {
      const license = await newLicense({ duplicateActivation: "reject", allowedDeactivations: 0 });
      const call = await withoutKeys();
      const answer = await call(path, { activationCode: license.key, fingerprint: "device" });
      const problem = await problemOf(answer, 503, "storage-unavailable");
      expect(problem).toMatchObject({ action: "wait", retryable: true });
      expect(problem.detail).toContain("may or may not have taken effect");
      expect(await counts(license.id)).toEqual({ totalActivations: 0, totalDeactivations: 0 });
      await activated(license.key);
      expect(await counts(license.id)).toEqual({ totalActivations: 1, totalDeactivations: 0 });
      await problemOf(await tryActivate(license.key), 409, "device-already-activated");
    },
  );

  it("TOK-1, SEAT-3: leaves a session that was resumed, whose device has a token", async () => {
    const license = await newFloating(1);
    const document = await activated(license.key);
    const call = await withoutKeys();
    const answer = await call("/license", { activationCode: license.key, fingerprint: "device" });
    await problemOf(answer, 503, "storage-unavailable");
    expect((await post(`/${document.sessionId}/renew`, undefined, bearer(document))).status).toBe(200);
  });

  it("MGMT-4: takes the outcome along that its Idempotency-Key would keep", async () => {
    const license = await newFloating(1);
    const call = await withoutKeys();
    const body = { activationCode: license.key, fingerprint: "device" };
    await problemOf(await call("/license", body, { "Idempotency-Key": "k" }), 503, "storage-unavailable");
    expect(await counts(license.id)).toEqual({ totalActivations: 0, totalDeactivations: 0 });
    const { sessionId } = await documentOf(await tryActivateOnce(license.key, "k"));
    // A repetition that cannot be signed takes nothing back.
    await problemOf(await call("/license", body, { "Idempotency-Key": "k" }), 503, "storage-unavailable");
    expect((await documentOf(await tryActivateOnce(license.key, "k"))).sessionId).toBe(sessionId);
    expect(await counts(license.id)).toEqual({ totalActivations: 1, totalDeactivations: 0 });
  });

  it("SEAT-3: a grant that somebody has resumed meanwhile is not taken back", async () => {
    const { address, stub } = await born({ allowedActivations: 1 });
    const call = {
      ...{ principal: { kind: "anonymous" } as const, requestId: "test", fingerprint: "device", email: null },
      ...{ requestedLeaseSeconds: null, ...UNTOLD, idempotency: null },
    };
    const { activationId } = granted(await stub.activate(address, call));
    expect(granted(await stub.activate(address, call))).toMatchObject({ activationId, generation: 2 });
    const principal = { kind: "license-token", activationId } as const;
    const session = { principal, requestId: "test", activationId, fingerprint: null, requestedLeaseSeconds: null };
    expect(await stub.checkOut({ ...session, undelivered: 1 })).toMatchObject({ ok: false });
    expect(await stub.session(session)).toMatchObject({ ok: true });
  });
});
