/**
 * During a deploy, Worker and object run different versions for minutes: what each makes of the other
 * (0011-migrations-before-the-worker.md).
 */

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { locatorOf } from "../../src/domain/terms/identifier.ts";
import type { Principal } from "../../src/domain/license/calls.ts";
import type { LicenseView } from "../../src/domain/terms/license.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { born, granted, patchCall } from "../support/born.ts";
import { call } from "../support/counted-object.ts";
import { created, v3 } from "../support/management.ts";
import { runOtherVersion, type Method, type Methods, type Today } from "../support/other-version.ts";
import { problemOf } from "../support/problems.ts";
import {
  activated,
  bearer,
  deployment,
  documentOf,
  look,
  newFloating,
  post,
  tryActivate,
  tryActivateOnce,
  type Document,
} from "../support/shop.ts";
import { sessionCall } from "../support/world.ts";

interface Met {
  readonly license: LicenseView;
  readonly document: Document;
}

/** Every method that a client's call leads to, with the call; a name's first word is the method. */
const ACTIVATION_CALLS = {
  activate: async ({ license }: Met) => await tryActivate(license.key, "another"),
  "activate with a key": async ({ license }: Met) => await tryActivateOnce(license.key, "once"),
  check: async ({ license }: Met) => await post("/check", { activationCode: license.key }),
  renew: async ({ document }: Met) => await post(`/${document.sessionId}/renew`, undefined, bearer(document)),
  checkIn: async ({ document }: Met) => await post(`/${document.sessionId}/check-in`, undefined, bearer(document)),
  checkOut: async ({ document }: Met) => await post(`/${document.sessionId}/check-out`, undefined, bearer(document)),
  session: async ({ document }: Met) => await look(document.sessionId, bearer(document)),
} as const;

const ANY_STATE = { "If-Match": "*" };

const MANAGEMENT_CALLS = {
  describe: async ({ license }: Met) => await v3("GET", `/licenses/${license.id}`),
  patch: async ({ license }: Met) => await v3("PATCH", `/licenses/${license.id}`, { body: { allowedActivations: 3 } }),
  renewLicense: async ({ license }: Met) => await v3("POST", `/licenses/${license.id}/renew`),
  extendLicense: async ({ license }: Met) =>
    await v3("POST", `/licenses/${license.id}/extend`, { body: { extensionLength: 60 } }),
  "renewLicense with a key": async ({ license }: Met) =>
    await v3("POST", `/licenses/${license.id}/renew`, { headers: { "Idempotency-Key": "once" } }),
  "extendLicense with a key": async ({ license }: Met) =>
    await v3("POST", `/licenses/${license.id}/extend`, {
      body: { extensionLength: 60 },
      headers: { "Idempotency-Key": "once" },
    }),
  // Not sold with it: a device that tells no release would not get in.
  maintain: async ({ license }: Met) => {
    const policy = await created("/maintenance-policies", { name: "updates", validity: 60 });
    await v3("PATCH", `/licenses/${license.id}`, { body: { maintenancePolicyId: policy.id } });
    return await v3("POST", `/licenses/${license.id}/maintenance/renew`);
  },
  setExpiresAt: async ({ license }: Met) =>
    await v3("PATCH", `/licenses/${license.id}/expires-at`, { body: { expiresAt: null } }),
  usage: async ({ license }: Met) => await v3("GET", `/licenses/${license.id}/usage`),
  activation: async ({ document }: Met) => await v3("GET", `/activations/${document.sessionId}`),
  deleteActivation: async ({ document }: Met) => await v3("DELETE", `/activations/${document.sessionId}`),
  deleteActivations: async ({ license }: Met) =>
    await v3("DELETE", `/activations?licenseId=${license.id}&createdAt[gte]=2020-01-01T00:00:00Z`),
  deleteLicense: async ({ license }: Met) => await v3("DELETE", `/licenses/${license.id}`),
  "patch with a condition": async ({ license }: Met) =>
    await v3("PATCH", `/licenses/${license.id}`, { body: { allowedActivations: 3 }, headers: ANY_STATE }),
  "setExpiresAt with a condition": async ({ license }: Met) =>
    await v3("PATCH", `/licenses/${license.id}/expires-at`, { body: { expiresAt: null }, headers: ANY_STATE }),
  "deleteLicense with a condition": async ({ license }: Met) =>
    await v3("DELETE", `/licenses/${license.id}`, { headers: ANY_STATE }),
} as const;

/** Method, call, and what an answer that cannot be had is called there. */
const CALLS = [
  ...Object.entries(ACTIVATION_CALLS).map(([name, send]) => ({
    name,
    method: methodOf(name),
    send,
    code: "storage-unavailable",
  })),
  ...Object.entries(MANAGEMENT_CALLS).map(([name, send]) => ({
    name,
    method: methodOf(name),
    send,
    code: "STORAGE_UNAVAILABLE",
  })),
];

function methodOf(name: string): keyof Today {
  return name.split(" ", 1)[0] as keyof Today;
}

/** Methods that answer an outcome bare; the others say first how far the call came. */
const BARE: ReadonlySet<string> = new Set(["renew", "checkIn", "checkOut", "session"]);

/** A license whose object holds one activation and then runs another version. */
async function meet(methodsOf: (today: Today) => Methods): Promise<Met> {
  const license = await newFloating(2, { validity: 86_400 });
  const document = await activated(license.key, "device");
  await runOtherVersion(objectOf(license), methodsOf);
  return { license, document };
}

function objectOf(license: LicenseView) {
  return env.LICENSES.get(env.LICENSES.idFromName(locatorOf(license.id) ?? ""));
}

async function succeeds(answer: Response): Promise<string> {
  const text = await answer.text();
  expect({ ok: answer.ok, text }).toEqual({ ok: true, text });
  return text;
}

/** What the answers of a made-up older version lack, wherever it stands. */
const CAME_LATER: ReadonlySet<string> = new Set(["user", "expiringSoonEventOffset"]);

/** As an object of that version would have said it. */
function shrunk(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shrunk);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([name]) => !CAME_LATER.has(name));
  return Object.fromEntries(members.map(([name, member]) => [name, shrunk(member)])) as unknown;
}

/** Adds a member to this object and to every object in it. */
function grown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(grown);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, grown(member)]);
  return Object.fromEntries([...members, ["ofTheFuture", { kept: [7] }]]) as unknown;
}

describe("an object that is newer than the Worker", () => {
  it.each(CALLS)("ERR-1: a refusal by $name that nobody knows yet is 503 with Retry-After", async (its) => {
    const refused = { ok: false, refusal: { code: "invented-tomorrow", because: 7 } };
    const answer = BARE.has(its.method) ? refused : { reached: "license", outcome: refused };
    const met = await meet(() => ({ [its.method]: async () => answer }));
    const problem = await its.send(met);
    await problemOf(problem, 503, its.code);
  });

  it.each(CALLS.filter(({ method }) => !BARE.has(method)))(
    "ERR-1: a kind of answer by $name that nobody knows yet is 503, not a 404",
    async (its) => {
      const met = await meet(() => ({ [its.method]: async () => ({ reached: "moved-tomorrow" }) }));
      await problemOf(await its.send(met), 503, its.code);
    },
  );

  it.each(CALLS)("ERR-2: members that the answer of $name has got are ignored", async (its) => {
    const met = await meet((today) => ({ [its.method]: changed(today[its.method], grown) }));
    expect(await succeeds(await its.send(met))).not.toContain("ofTheFuture");
  });
});

describe("an object that is older than the Worker", () => {
  it.each(CALLS)("ERR-1: a missing $name is 503 with Retry-After, and nothing is spoiled", async (its) => {
    const met = await meet(() => ({ [its.method]: null }));
    const problem = await its.send(met);
    await problemOf(problem, 503, its.code);
    // The deploy has come to the object.
    await evictDurableObject(objectOf(met.license));
    await succeeds(await its.send(met));
  });

  it.each(CALLS)("ERR-2: the answer of $name may lack the members that came later", async (its) => {
    const met = await meet((today) => ({ [its.method]: changed(today[its.method], shrunk) }));
    await succeeds(await its.send(met));
  });

  it("ERR-2: it ignores what calls have got", async () => {
    const { stub, address, license } = await born({ type: "hosted-floating", leaseDuration: 3_600 });
    const more = { ofTheFuture: { kept: [7] } };
    const { activationId: sessionId } = granted(
      await stub.activate({ ...address, ...more }, { ...call("device"), ...more }),
    );
    expect(await stub.renew({ ...sessionCall(sessionId), ...more })).toMatchObject({ ok: true });
    const patch = { ...patchCall({ allowedActivations: 7, ...more }), ...more };
    expect(await stub.patch(license.id, patch)).toMatchObject({ outcome: { ok: true } });
    const seen = await stub.describe(license.id);
    expect(seen).toMatchObject({ outcome: { value: { terms: { allowedActivations: 7 } } } });
    expect(JSON.stringify(seen)).not.toContain("ofTheFuture");
  });

  it("AUTH-3: a kind of principal that it does not know acts on nobody's session", async () => {
    const { stub, address } = await born({ type: "hosted-floating", leaseDuration: 3_600 });
    const { activationId: sessionId } = granted(await stub.activate(address, call("device")));
    const principal = { kind: "invented-tomorrow" } as unknown as Principal;
    for (const act of ["renew", "checkIn", "checkOut", "session"] as const) {
      const answer: Outcome<unknown> = await stub[act]({ ...sessionCall(sessionId), principal });
      expect(answer).toMatchObject({ ok: false, refusal: { code: "not-session-owner" } });
    }
    expect(await stub.renew(sessionCall(sessionId))).toMatchObject({ ok: true });
  });
});

describe("a bug in the object", () => {
  it.each(CALLS)("ERR-2: in $name is a 500 with the request id, sent once and without internals", async (its) => {
    let calls = 0;
    const met = await meet(() => ({
      [its.method]: async () => {
        calls += 1;
        throw new TypeError("row of the secret table is not text");
      },
    }));
    const answer = await its.send(met);
    const problem = await problemOf(
      answer,
      500,
      its.code === "STORAGE_UNAVAILABLE" ? "INTERNAL_ERROR" : "internal-error",
    );
    expect(JSON.stringify(problem)).not.toContain("secret table");
    expect(calls).toBe(1);
    await evictDurableObject(objectOf(met.license));
    await succeeds(await its.send(met));
  });

  it("ID-5: in a birth ahead of time does not fail the creation before it", async () => {
    const key = "BORN-AHEAD-OF-TIME";
    const stub = env.LICENSES.get(env.LICENSES.idFromName(await (await deployment()).locator(key)));
    await runOtherVersion(stub, () => ({ bear: () => Promise.reject(new Error("a bug")) }));
    const license = await newFloating(1, { key, region: "weur" });
    await evictDurableObject(stub);
    expect(await documentOf(await tryActivate(license.key))).toMatchObject({ version: 1 });
  });
});

function changed(method: Method, change: (answer: unknown) => unknown): Method {
  return async (...given) => change(await method(...given));
}
