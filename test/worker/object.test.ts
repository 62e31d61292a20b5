import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";

import type { ActivateCall, Grant, Reached } from "../../src/domain/license/calls.ts";
import { UNTOLD } from "../../src/domain/license/device.ts";
import { locatorOf } from "../../src/domain/terms/identifier.ts";
import type { NewLicense } from "../../src/domain/license/creation.ts";
import { LICENSE_TABLES } from "../../src/license/license-schema.ts";
import { licenseOf, insertUnborn } from "../support/license-fixture.ts";
import { handedOver } from "../support/objects.ts";
import { evictPoisoned } from "../support/poison.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

let made = 0;

async function born(members: Partial<NewLicense>) {
  made += 1;
  const locator = made.toString(16).padStart(15, "0");
  const license = licenseOf(members, locator, `KEY-${made}`);
  await insertUnborn(env.DB, license);
  return { license, stub: env.LICENSES.get(env.LICENSES.idFromName(locator)) };
}

function activation(fingerprint: string, more: Partial<ActivateCall> = {}): ActivateCall {
  return {
    principal: { kind: "anonymous" },
    requestId: "test",
    fingerprint,
    requestedLeaseSeconds: null,
    email: null,
    ...UNTOLD,
    idempotency: null,
    ...more,
  };
}

function granted(answer: Reached<Grant>): Grant {
  if (answer.reached !== "license" || !answer.outcome.ok) throw new Error(`not granted: ${JSON.stringify(answer)}`);
  return answer.outcome.value;
}

function session(grant: Grant, more = {}) {
  const principal = { kind: "license-token", activationId: grant.activationId } as const;
  return {
    principal,
    requestId: "test",
    activationId: grant.activationId,
    fingerprint: null,
    requestedLeaseSeconds: null,
    ...more,
  };
}

describe("the object of a license", () => {
  it("ID-4, ID-5: is empty until it is told the license id, then takes it over from D1 once", async () => {
    const { license, stub } = await born({});
    expect(await stub.activate({ key: license.key }, activation("a"))).toEqual({ reached: "empty" });
    const tables = await runInDurableObject(
      stub,
      (_, state) => state.storage.sql.exec("SELECT name FROM sqlite_master").toArray().length,
    );
    expect(tables).toBe(0);
    const first = granted(await stub.activate({ key: license.key, licenseId: license.id }, activation("a")));
    const again = granted(await stub.activate({ key: license.key }, activation("a")));
    expect(again.activationId).toBe(first.activationId);
    expect(again.generation).toBe(2);
  });

  it("ID-3: is named by the locator, compares the whole key, and tells a caller with another one nothing", async () => {
    const { license, stub } = await born({ type: "hosted-floating", allowedActivations: 1 });
    granted(await stub.activate({ key: license.key, licenseId: license.id }, activation("a")));
    for (const key of [`${license.key}x`, license.key.slice(0, -1), license.key.replace(/./, "_"), ""]) {
      expect(await stub.activate({ key }, activation("a"))).toEqual({ reached: "other" });
      expect(await stub.activate({ key, licenseId: license.id }, activation("b"))).toEqual({ reached: "other" });
    }
    const rows = await runInDurableObject(stub, (_, state) =>
      state.storage.sql.exec("SELECT gen FROM activation").toArray(),
    );
    expect(rows).toEqual([{ gen: 1 }]);
    expect(env.LICENSES.idFromName(locatorOf(license.id) ?? "").toString()).toBe(stub.id.toString());
  });

  it("EVT-3: hands events and rows to D1, and deletes them from its outbox", async () => {
    const { license, stub } = await born({ type: "hosted-floating", allowedActivations: 3 });
    const grant = granted(await stub.activate({ key: license.key, licenseId: license.id }, activation("a")));
    await runDurableObjectAlarm(stub);
    const row = await env.DB.prepare("SELECT fence, total_activations AS total FROM licenses WHERE id = ?")
      .bind(license.id)
      .first();
    expect(row).toMatchObject({ total: 1 });
    const kept = await env.DB.prepare("SELECT id FROM activations WHERE license_id = ?").bind(license.id).all();
    expect(kept.results).toEqual([{ id: grant.activationId }]);
    const events = await env.DB.prepare(`SELECT type FROM ${EVENTS} WHERE subject_id = ? ORDER BY sequence`)
      .bind(license.id)
      .all();
    expect(events.results.map((event) => event["type"])).toEqual(["license.first-activated", "activation.created"]);
    const left = await runInDurableObject(stub, (_, state) => state.storage.sql.exec("SELECT * FROM outbox").toArray());
    expect(left).toEqual([]);
  });

  it("SEAT-1, LEASE-4: grants a lapsed lease's seat in the same instant, without an alarm", async () => {
    const { license, stub } = await born({ type: "hosted-floating", allowedActivations: 1, leaseDuration: 600 });
    const address = { key: license.key, licenseId: license.id };
    const first = granted(await stub.activate(address, activation("a")));
    expect(await stub.activate(address, activation("b"))).toMatchObject({
      outcome: { refusal: { code: "seats-exhausted", limit: 1, used: 1 } },
    });
    vi.setSystemTime(first.leaseExpiresAt ?? 0);
    granted(await stub.activate(address, activation("b")));
    expect(await stub.renew(session(first))).toMatchObject({ ok: false, refusal: { code: "session-unknown" } });
    vi.useRealTimers();
  });

  it("SEAT-3, LEASE-5: is as it was after an eviction, whatever its memory said", async () => {
    const { license, stub } = await born({ type: "hosted-floating", allowedActivations: 2 });
    const address = { key: license.key, licenseId: license.id };
    const first = granted(await stub.activate(address, activation("a")));
    await evictPoisoned(stub);
    expect(granted(await stub.activate(address, activation("a"))).activationId).toBe(first.activationId);
    expect(await stub.checkOut(session(first))).toMatchObject({ ok: true });
    await evictPoisoned(stub);
    expect(await stub.checkOut(session(first))).toMatchObject({ refusal: { code: "session-unknown" } });
  });

  it("DEL-1: does not ask its storage whether its license is deleted, which it alone can do; an eviction does", async () => {
    const { license, stub } = await born({});
    const address = { key: license.key, licenseId: license.id };
    const first = granted(await stub.activate(address, activation("a")));
    granted(await stub.activate(address, activation("a")));
    await handedOver();
    await runInDurableObject(stub, async (object, { storage }) => {
      for (const statement of LICENSE_TABLES.rare.tombstone.flat()) storage.sql.exec(statement);
      storage.sql.exec("INSERT INTO tombstone VALUES (?, 0, 0)", license.id);
      expect(await object.renew(session(first))).toMatchObject({ ok: true });
    });
    await evictDurableObject(stub);
    expect(await stub.renew(session(first))).toMatchObject({ refusal: { code: "session-unknown" } });
  });

  it("DEL-1: a deleted license answers nobody, D1 forgets it, its key may be used anew", async () => {
    const { license, stub } = await born({});
    const address = { key: license.key, licenseId: license.id };
    granted(await stub.activate(address, activation("a")));
    const caller = { actor: { type: "token", id: "t" }, requestId: "r" } as const;
    expect(await stub.deleteLicense(license.id, caller)).toMatchObject({ outcome: { ok: true } });
    expect(await env.DB.prepare("SELECT count(*) AS n FROM licenses WHERE id = ?").bind(license.id).first()).toEqual({
      n: 0,
    });
    expect(
      await env.DB.prepare("SELECT count(*) AS n FROM license_keys WHERE license_id = ?").bind(license.id).first(),
    ).toEqual({ n: 0 });
    expect(await stub.activate(address, activation("a"))).toMatchObject({
      outcome: { refusal: { code: "license-unknown" } },
    });
    const next = licenseOf({}, made.toString(16).padStart(15, "0"), license.key);
    await insertUnborn(env.DB, next);
    granted(await stub.activate({ key: next.key, licenseId: next.id }, activation("a")));
  });
});
