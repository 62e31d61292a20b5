/** What a warm call costs (HOT-1): one RPC to one object, and no statement of the Worker to D1. */

import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { watchedDatabase } from "../support/bindings.ts";
import { problemOf } from "../support/problems.ts";
import { BASE, bearer, change, jsonOf, newFloating, type Document } from "../support/shop.ts";

/** The app as a fresh isolate has it, its wires to D1 and to the objects counted. */
function countedApp() {
  const database = watchedDatabase();
  const objects = countedObjects();
  const app = createApp(deploymentOpener());
  const bindings = { ...env, DB: database.db, LICENSES: objects.namespace };
  const post = async (path: string, body?: object, authorization?: string): Promise<Response> => {
    const context = createExecutionContext();
    const request = new Request(`${BASE}${path}`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await app.fetch(request, bindings, context);
    await waitOnExecutionContext(context);
    return answer;
  };
  const cost = async (call: () => Promise<Response>) => {
    const before = { d1: database.calls(), rpc: objects.calls() };
    const answer = await call();
    return { answer, d1: database.calls() - before.d1, rpc: objects.calls() - before.rpc };
  };
  return { post, cost, database };
}

/** The real namespace; every method called at a stub is counted. */
function countedObjects() {
  let calls = 0;
  const namespace = new Proxy(env.LICENSES, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      if (name !== "get") return (...given: unknown[]) => Reflect.apply(member, target, given) as unknown;
      return (...given: unknown[]) => counted(Reflect.apply(member, target, given) as object);
    },
  });
  const counted = (stub: object) =>
    new Proxy(stub, {
      get(target, name) {
        return (...given: unknown[]) => {
          calls += 1;
          const method = Reflect.get(target, name, target) as (...given: unknown[]) => unknown;
          return Reflect.apply(method, target, given);
        };
      },
    });
  return { namespace, calls: () => calls };
}

type Post = ReturnType<typeof countedApp>["post"];

const WARM = { d1: 0, rpc: 1 };

describe("a warm isolate", () => {
  it("HOT-1: activate, renew, check-in and check-out ask no D1 and one object, once", async () => {
    const { post, cost } = countedApp();
    const license = await newFloating(10);
    const activate = (fingerprint: string) => post("/license", { activationCode: license.key, fingerprint });
    const first = await jsonOf<Document>(await activate("warms up"));
    // The first renewal warms the verifying key.
    await post(`/${first.sessionId}/renew`, undefined, bearer(first));

    const fresh = await cost(() => activate("another device"));
    expect(fresh).toMatchObject({ ...WARM, answer: { status: 200 } });
    const session = await jsonOf<Document>(fresh.answer);
    expect(await cost(() => activate("another device"))).toMatchObject({ ...WARM, answer: { status: 200 } });
    expect(await cost(() => post("/jwt", { activationCode: license.key, fingerprint: "a third" }))).toMatchObject({
      ...WARM,
      answer: { status: 200 },
    });
    for (const verb of ["renew", "check-in", "check-out"]) {
      const call = await cost(() => post(`/${session.sessionId}/${verb}`, undefined, bearer(session)));
      expect([verb, call.answer.status, call.d1, call.rpc]).toEqual([verb, 200, 0, 1]);
    }
  });

  it("HOT-1: a refusal costs no more", async () => {
    const { post, cost } = countedApp();
    const license = await newFloating(1);
    const activate = (fingerprint: string) => post("/license", { activationCode: license.key, fingerprint });
    await activate("one");
    // Once a minute an isolate adds what it has refused (page 93).
    await activate("two");
    const refused = await cost(() => activate("two"));
    expect(refused).toMatchObject(WARM);
    await problemOf(refused.answer, 409, "seats-exhausted");
  });

  it("ID-4, KEY-3: an unknown key, and a birth, take one call of the object, which asks D1 itself; a changed or differently spelt key two, the first time", async () => {
    const { post, cost } = countedApp();
    const activate = (activationCode: string) => post("/license", { activationCode, fingerprint: "device" });
    await activate("warms up the deployment");
    for (const spelt of ["nobody's", "NOBODY'S", "0123456789abcdef0123456789abcdef0123"]) {
      expect(await cost(() => activate(spelt))).toMatchObject({ ...WARM, answer: { status: 404 } });
    }

    // The isolate knows the product.
    const { key: sold, terms } = await newFloating(1);
    await activate(sold);
    const license = await newFloating(1, { productId: terms.productId });
    expect(await cost(() => activate(license.key))).toMatchObject({ ...WARM, answer: { status: 200 } });
    const key = `CHANGED ${crypto.randomUUID().toUpperCase()}`;
    await change(license, { key });
    for (const spelt of [key, key.toLowerCase()]) {
      expect(await cost(() => activate(spelt))).toMatchObject({ d1: 0, rpc: 2, answer: { status: 200 } });
      expect(await cost(() => activate(spelt))).toMatchObject({ ...WARM, answer: { status: 200 } });
    }
  });

  it("CALL-2, ID-4: a check asks one object, and D1 only of a key that this does not know; nobody is born of it", async () => {
    const { post, cost } = countedApp();
    const ask = (activationCode: string) => post("/check", { activationCode, fingerprint: "device" });
    await ask("warms up the deployment");
    expect(await cost(() => ask("nobody's"))).toMatchObject({ d1: 1, rpc: 1, answer: { status: 404 } });
    const license = await newFloating(1);
    for (let time = 0; time < 2; time += 1) {
      expect(await cost(() => ask(license.key))).toMatchObject({ d1: 2, rpc: 2, answer: { status: 200 } });
    }
    await post("/license", { activationCode: license.key, fingerprint: "device" });
    expect(await cost(() => ask(license.key))).toMatchObject({ ...WARM, answer: { status: 200 } });
    const shown = await jsonOf(await ask(license.key));
    expect(shown).toMatchObject({ valid: true, activated: true });
    await env.DB.prepare("UPDATE licenses SET fence = 9 WHERE id = ?")
      .bind((await newFloating(1, { key: "LOST" })).id)
      .run();
    await problemOf(await ask("LOST"), 503, "license-lost");
  });

  it("ID-4: an unknown key writes nothing", async () => {
    const { post } = countedApp();
    const tables = ["licenses", "license_keys", "activations", "event_log", "management_log", "outbox"];
    const rows = async () =>
      await Promise.all(tables.map((table) => env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first("n")));
    await newFloating(1);
    const before = await rows();
    await problemOf(
      await post("/license", { activationCode: `nobody's ${crypto.randomUUID()}`, fingerprint: "device" }),
      404,
      "activation-code-unknown",
    );
    expect(await rows()).toEqual(before);
  });
});

describe("a fresh isolate", () => {
  it("HOT-1: once it is open, the first call of a device asks one object and no D1", async () => {
    const license = await newFloating(5);
    const activated = await countedApp().post("/license", { activationCode: license.key, fingerprint: "one" });
    const session = await jsonOf<Document>(activated);
    const calls = [
      (post: Post) => post(`/${session.sessionId}/renew`, undefined, bearer(session)),
      (post: Post) => post("/license", { activationCode: license.key, fingerprint: "one" }),
    ];
    for (const call of calls) {
      const { post, cost, database } = countedApp();
      // Opens it, and asks nothing that is about this license.
      await problemOf(await post("/no-session/renew"), 400, "malformed-session-id");
      database.fail();
      expect(await cost(() => call(post))).toMatchObject({ ...WARM, answer: { status: 200 } });
    }
  });
});

describe("a D1 that is down", () => {
  it("HOT-1: warm calls go on, a key whose object leaves the question to the Worker is 503 and not 404", async () => {
    const { post, database } = countedApp();
    const license = await newFloating(5);
    const activate = (activationCode: string, fingerprint: string) => post("/license", { activationCode, fingerprint });
    const first = await jsonOf<Document>(await activate(license.key, "one"));
    await post(`/${first.sessionId}/renew`, undefined, bearer(first));
    const { key: former, ...renamed } = await newFloating(5);
    await activate(former, "one");
    await change({ ...renamed, key: former }, { key: `CHANGED ${crypto.randomUUID().toUpperCase()}` });
    database.fail();
    expect((await activate(license.key, "two")).status).toBe(200);
    for (const verb of ["renew", "check-in", "check-out"]) {
      expect((await post(`/${first.sessionId}/${verb}`, undefined, bearer(first))).status).toBe(200);
    }
    const problem = await problemOf(await activate(former, "one"), 503, "storage-unavailable");
    expect(problem).toMatchObject({ action: "wait", retryable: true });
    await problemOf(
      await post(`/${first.sessionId}/renew`, undefined, `Bearer lh_pat_${"A".repeat(43)}`),
      503,
      "storage-unavailable",
    );
    database.heal();
    expect((await activate(former, "one")).status).toBe(404);
  });
});
