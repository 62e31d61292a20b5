/** The rules at the object in workerd: many calls at once, evictions, and alarms that come late, twice or never. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";

import { born, granted, patchCall, type Born } from "../support/born.ts";
import { evictPoisoned } from "../support/poison.ts";
import { call } from "../support/counted-object.ts";
import { sessionCall } from "../support/world.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

const MINUTE = 60_000;

afterEach(() => {
  vi.useRealTimers();
});

async function many({ stub, address }: Born, first: number, count: number) {
  const calls = Array.from({ length: count }, (_, index) => stub.activate(address, call(`device ${first + index}`)));
  return await Promise.all(calls);
}

describe("many calls at once", () => {
  it("SEAT-1, ID-5: 500 parallel activations of an unborn license on 50 seats grant exactly 50", async () => {
    const license = await born({ type: "hosted-floating", allowedActivations: 50 });
    const answers = await many(license, 0, 500);
    const grants = answers.filter((answer) => answer.reached === "license" && answer.outcome.ok).map(granted);
    expect(new Set(grants.map(({ activationId }) => activationId)).size).toBe(50);
    const refused = answers.filter((answer) => answer.reached === "license" && !answer.outcome.ok);
    expect(refused).toHaveLength(450);
    for (const answer of refused) {
      expect(answer).toMatchObject({ outcome: { refusal: { code: "seats-exhausted", limit: 50, used: 50 } } });
    }
    const kept = await runInDurableObject(license.stub, (_, { storage }) =>
      storage.sql
        .exec("SELECT id FROM activation")
        .toArray()
        .map(({ id }) => id),
    );
    expect(new Set(kept)).toEqual(new Set(grants.map(({ activationId }) => activationId)));
    const births = await env.DB.prepare("SELECT born_at FROM licenses WHERE id = ?").bind(license.license.id).all();
    expect(births.results).toEqual([{ born_at: expect.any(Number) }]);
    // SEAT-4: one event for all 450.
    await runDurableObjectAlarm(license.stub);
    expect(await events(license, "license.activation.limit-reached")).toBe(1);
  });

  it("SEAT-3: the same device many times at once has one seat", async () => {
    const license = await born({ allowedActivations: 5 });
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => license.stub.activate(license.address, call("a"))),
    );
    expect(new Set(answers.map((answer) => granted(answer).activationId)).size).toBe(1);
    const generations = answers.map((answer) => granted(answer).generation).toSorted((one, other) => one - other);
    expect(generations).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  it("SEAT-1: check-outs and activations at once never pass the limit", async () => {
    const license = await born({ type: "hosted-floating", allowedActivations: 10 });
    const first = (await many(license, 0, 10)).map(granted);
    const [answers] = await Promise.all([
      many(license, 100, 30),
      ...first.slice(0, 6).map(({ activationId }) => license.stub.checkOut(sessionCall(activationId))),
    ]);
    const won = answers.filter((answer) => answer.reached === "license" && answer.outcome.ok).length;
    expect(won).toBeLessThanOrEqual(6);
    const view = await license.stub.describe(license.license.id);
    expect(view).toMatchObject({ outcome: { value: { totalActivations: 4 + won, totalDeactivations: 6 } } });
  });
});

describe("a revoke", () => {
  it("STAND-2: after its answer no activation and no renewal succeeds, and un-revoking brings none back", async () => {
    const { license, stub, address } = await born({ type: "hosted-floating", allowedActivations: 3 });
    const first = granted(await stub.activate(address, call("a")));
    expect(await stub.patch(license.id, patchCall({ revoked: true }))).toMatchObject({ outcome: { ok: true } });
    const revoked = { refusal: { code: "license-revoked" } };
    expect(await stub.activate(address, call("a"))).toMatchObject({ outcome: revoked });
    expect(await stub.activate(address, call("b"))).toMatchObject({ outcome: revoked });
    for (const answer of [
      await stub.renew(sessionCall(first.activationId)),
      await stub.checkIn(sessionCall(first.activationId)),
      await stub.checkOut(sessionCall(first.activationId)),
      await stub.session(sessionCall(first.activationId)),
    ]) {
      expect(answer).toMatchObject(revoked);
    }
    await stub.patch(license.id, patchCall({ revoked: false }));
    await evictPoisoned(stub);
    expect(await stub.renew(sessionCall(first.activationId))).toMatchObject({ refusal: { code: "session-unknown" } });
    expect(granted(await stub.activate(address, call("a"))).activationId).not.toBe(first.activationId);
  });

  it("STAND-2, STAND-3: a suspension refuses renewals at once, and lets the same activation go on afterwards", async () => {
    const { license, stub, address } = await born({ type: "hosted-floating", allowedActivations: 3 });
    const { activationId } = granted(await stub.activate(address, call("a")));
    await stub.patch(license.id, patchCall({ suspended: true }));
    expect(await stub.renew(sessionCall(activationId))).toMatchObject({ refusal: { code: "license-suspended" } });
    await evictPoisoned(stub);
    expect(await stub.activate(address, call("b"))).toMatchObject({
      outcome: { refusal: { code: "license-suspended" } },
    });
    await stub.patch(license.id, patchCall({ suspended: false }));
    expect(await stub.renew(sessionCall(activationId))).toMatchObject({ ok: true, value: { activationId } });
  });
});

/** An hour of a license with three seats and leases of ten minutes; `between` is what the platform does meanwhile. */
async function hour(start: number, between: (license: Born) => Promise<void>): Promise<unknown> {
  const license = await born({ type: "hosted-floating", allowedActivations: 3, leaseDuration: 600 });
  const { stub, address } = license;
  const told: unknown[] = [];
  const names = new Map<string, string>();
  const plain = (answer: unknown): unknown =>
    JSON.parse(
      JSON.stringify(answer).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|BORN-\d+/g, (id) => {
        if (!names.has(id)) names.set(id, `id ${names.size}`);
        return names.get(id) ?? "";
      }),
      // LEASE-7: each life's sessions have ids of their own, and so other shares.
      (name, value: unknown) => (name === "refreshAt" ? typeof value : value),
    );
  const sessions: string[] = [];
  for (let minute = 0; minute <= 60; minute += 2) {
    vi.setSystemTime(start + minute * MINUTE);
    const answer = await stub.activate(address, call(`device ${minute % 7}`));
    if (answer.reached === "license" && answer.outcome.ok) sessions.push(answer.outcome.value.activationId);
    told.push(plain(answer));
    const one = sessions[(minute * 3) % Math.max(1, sessions.length)];
    if (one !== undefined && minute % 4 === 0) told.push(plain(await stub.renew(sessionCall(one))));
    if (one !== undefined && minute % 10 === 0) told.push(plain(await stub.checkOut(sessionCall(one))));
    told.push(plain(await stub.describe(license.license.id)));
    await between(license);
  }
  return told;
}

/** LEASE-6: a renewal writes its one row, so the license's `lastUsedAt` waits in memory for the next grant or event. */
function withoutLastUse(told: unknown): unknown {
  return JSON.parse(JSON.stringify(told), (name, value: unknown) => (name === "lastUsedAt" ? null : value)) as unknown;
}

describe("what the platform does meanwhile", () => {
  it("LEASE-4, SEAT-1: alarms that come late, twice or never, and evictions, change no answer", async () => {
    // Tomorrow's alarms do not ring by themselves.
    const start = Date.now() + 86_400_000;
    const never = await hour(start, async () => {});
    expect(await hour(start, async ({ stub }) => void (await runDurableObjectAlarm(stub)))).toEqual(never);
    const twice = async ({ stub }: Born) => {
      await runDurableObjectAlarm(stub);
      await runInDurableObject(stub, (object) => object.alarm());
      await runInDurableObject(stub, (object) => object.alarm());
    };
    expect(await hour(start, twice)).toEqual(never);
    const evicted = await hour(start, async ({ stub }) => void (await evictDurableObject(stub)));
    expect(withoutLastUse(evicted)).toEqual(withoutLastUse(never));
    let turns = 0;
    const late = async ({ stub }: Born) => {
      turns += 1;
      if (turns % 9 === 0) await runDurableObjectAlarm(stub);
    };
    expect(await hour(start, late)).toEqual(never);
    expect(JSON.stringify(never)).toContain("seats-exhausted");
    expect(JSON.stringify(never)).toContain("session-unknown");
  });

  it("LEASE-4: a lapse has one event, whoever met it first", async () => {
    const license = await born({ type: "hosted-floating", allowedActivations: 1, leaseDuration: 600 });
    const { stub, address } = license;
    vi.setSystemTime(Date.now() + 86_400_000);
    const { leaseExpiresAt, activationId } = granted(await stub.activate(address, call("a")));
    vi.setSystemTime(leaseExpiresAt ?? 0);
    granted(await stub.activate(address, call("b")));
    await stub.renew(sessionCall(activationId));
    await runInDurableObject(stub, (object) => object.alarm());
    await runInDurableObject(stub, (object) => object.alarm());
    expect(await events(license, "activation.lease-expired")).toBe(1);
  });
});

async function events({ license }: Born, type: string): Promise<number> {
  const row = await env.DB.prepare(`SELECT count(*) AS n FROM ${EVENTS} WHERE subject_id = ? AND type = ?`)
    .bind(license.id, type)
    .first<{ n: number }>();
  return row?.n ?? 0;
}
