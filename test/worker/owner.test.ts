/**
 * Owners at the object in workerd: sessions of people, take-over, another user for a license, and users reserved in D1.
 */

import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import type { Principal } from "../../src/domain/license/calls.ts";
import type { LicenseUser } from "../../src/domain/terms/license.ts";
import { born, granted, patchCall, type Born } from "../support/born.ts";
import { call } from "../support/counted-object.ts";
import { evictPoisoned } from "../support/poison.ts";
import { licenseUser, MANAGER, person, sessionCall } from "../support/world.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

const ADA = person("ada");
const BOB = person("bob");
const ROOMY = { type: "hosted-floating", allowedActivations: 9 } as const;
const REFUSED = (code: string) => ({ ok: false, refusal: { code } });
const ANSWERED = (outcome: object) => ({ reached: "license", outcome });

async function activated({ stub, address }: Born, device: string, principal: Principal): Promise<string> {
  return granted(await stub.activate(address, call(device, { principal }))).activationId;
}

/** A user as D1 has it. */
async function insertUser({ id, email, revision }: LicenseUser): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO users (id, email, email_folded, email_lower, metadata, revision, created_at, updated_at)
     VALUES (?1, ?2, lower(?2), lower(?2), '[]', ?3, 0, 0) ON CONFLICT (id) DO UPDATE SET email = ?2, email_folded = lower(?2), email_lower = lower(?2), revision = ?3`,
  )
    .bind(id, email, revision)
    .run();
}

/** Whom D1 has a license for, by its row, and by reservations that are not settled. */
async function inD1({ license }: Born): Promise<{ readonly row: unknown; readonly reserved: readonly unknown[] }> {
  const row = await env.DB.prepare("SELECT user_id FROM licenses WHERE id = ?").bind(license.id).first("user_id");
  const { results } = await env.DB.prepare("SELECT target_id AS user_id FROM license_references WHERE license_id = ?")
    .bind(license.id)
    .all();
  return { row, reserved: results.map(({ user_id }) => user_id) };
}

async function userOf({ stub, license }: Born): Promise<unknown> {
  const described = await stub.describe(license.id);
  return described.reached === "license" && described.outcome.ok ? described.outcome.value.terms.user : described;
}

describe("a person's session", () => {
  it("AUTH-3, AUTH-5: answers its person, an admin and a manager, after an eviction too", async () => {
    const license = await born(ROOMY);
    const { stub } = license;
    const activationId = await activated(license, "a", ADA);
    for (const _ of ["before", "after"]) {
      for (const principal of [BOB, { kind: "license-token", activationId } as const]) {
        expect(await stub.renew(sessionCall(activationId, { principal }))).toMatchObject(REFUSED("not-session-owner"));
        expect(await stub.session(sessionCall(activationId, { principal }))).toMatchObject(
          REFUSED("not-session-owner"),
        );
      }
      for (const principal of [ADA, MANAGER, person("root", { role: "admin" })]) {
        const answer = await stub.renew(sessionCall(activationId, { principal }));
        expect(answer).toMatchObject({ ok: true, value: { user: "ada@example.test" } });
      }
      await evictPoisoned(stub);
    }
  });

  it("SEAT-3, AUTH-5: is taken over by one of many who try at once, and its older tokens are nobody's", async () => {
    const license = await born({ ...ROOMY, allowedActivations: 1 });
    const { stub, address } = license;
    const activationId = await activated(license, "a", { kind: "anonymous" });
    const people = Array.from({ length: 20 }, (_, index) => person(`p${index}`));
    const answers = await Promise.all(people.map((principal) => stub.activate(address, call("a", { principal }))));
    const winners = answers.flatMap((answer, index) =>
      answer.reached === "license" && answer.outcome.ok ? [index] : [],
    );
    expect(winners).toHaveLength(1);
    const winner = people[winners[0] ?? 0] ?? ADA;
    expect(await stub.renew(sessionCall(activationId))).toMatchObject(REFUSED("not-session-owner"));
    expect(await stub.renew(sessionCall(activationId, { principal: winner }))).toMatchObject({ ok: true });
    await runDurableObjectAlarm(stub);
    const { results } = await env.DB.prepare(`SELECT actor, body FROM ${EVENTS} WHERE subject_id = ? AND type = ?`)
      .bind(license.license.id, "activation.updated")
      .all<{ actor: string; body: string }>();
    expect(results.map(({ actor }) => JSON.parse(actor) as unknown)).toEqual([
      { type: "customer", id: winner.subject },
    ]);
    // EVT-3: whose it is stays out of the log.
    expect(results[0]?.body).not.toContain(winner.email ?? "@");
    expect(results[0]?.body).not.toContain(winner.issuer);
  });
});

describe("AUTH-6: another user for a license", () => {
  it("ends what people own at once, and D1 forgets it by and by; anonymous sessions stay", async () => {
    await insertUser(licenseUser("cleo"));
    const license = await born({ ...ROOMY, allowedActivations: 0, user: licenseUser("ada") });
    const { stub } = license;
    const owned = await Promise.all(Array.from({ length: 120 }, (_, index) => activated(license, `o${index}`, ADA)));
    const anonymous = await activated(license, "x", { kind: "anonymous" });
    const patched = await stub.patch(license.license.id, patchCall({ user: licenseUser("cleo") }));
    expect(patched).toMatchObject(ANSWERED({ ok: true, value: { license: { totalActivations: 1 } } }));
    const answers = await Promise.all(owned.map((id) => stub.renew(sessionCall(id, { principal: ADA }))));
    for (const answer of answers) expect(answer).toMatchObject(REFUSED("session-unknown"));
    expect(await stub.renew(sessionCall(anonymous))).toMatchObject({ ok: true });
    while (await runDurableObjectAlarm(stub)) {
      const left = await runInDurableObject(stub, (_, { storage }) =>
        storage.sql.exec("SELECT (SELECT count(*) FROM activation) + (SELECT count(*) FROM outbox) AS n").one(),
      );
      if (left["n"] === 1) break;
    }
    const { results } = await env.DB.prepare("SELECT id FROM activations WHERE license_id = ?")
      .bind(license.license.id)
      .all();
    expect(results).toEqual([{ id: anonymous }]);
    const told = await env.DB.prepare(`SELECT count(*) AS n FROM ${EVENTS} WHERE subject_id = ? AND type = ?`)
      .bind(license.license.id, "activation.deleted")
      .first("n");
    expect(told).toBe(120);
  });

  it("SEAT-1: activations and changes of the user at once never pass the limit, and nobody's old session lives", async () => {
    await insertUser(licenseUser("ada"));
    await insertUser(licenseUser("bob"));
    const license = await born({ ...ROOMY, allowedActivations: 5, user: licenseUser("ada") });
    const { stub, address } = license;
    const wanted = [null, licenseUser("bob"), licenseUser("ada"), licenseUser("bob")];
    const [answers] = await Promise.all([
      Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          stub.activate(address, call(`d${index % 12}`, { principal: index % 2 === 0 ? ADA : BOB })),
        ),
      ),
      ...wanted.map((user) => stub.patch(license.license.id, patchCall({ user }))),
    ]);
    const last = await userOf(license);
    const sessions = [
      ...new Set(
        answers.flatMap((answer) =>
          answer.reached === "license" && answer.outcome.ok ? [answer.outcome.value.activationId] : [],
        ),
      ),
    ];
    const looks = await Promise.all(sessions.map((id) => stub.session(sessionCall(id, { principal: MANAGER }))));
    const live = looks.filter(({ ok }) => ok).length;
    expect(live).toBeLessThanOrEqual(5);
    expect(await stub.describe(license.license.id)).toMatchObject(ANSWERED({ value: { totalActivations: live } }));
    const former = last !== null && (last as LicenseUser).id === "user ada" ? BOB : ADA;
    const renewals = await Promise.all(sessions.map((id) => stub.renew(sessionCall(id, { principal: former }))));
    if (last !== null) expect(renewals.filter(({ ok }) => ok)).toHaveLength(0);
  });
});

describe("REF-1: the user of a license is reserved in D1", () => {
  it("then committed as of the reservation, and D1's row takes the reservation's place", async () => {
    await insertUser({ ...licenseUser("dora", 4), email: "Dora@moved.test" });
    const license = await born(ROOMY);
    // What the Worker has read is older.
    const patched = await license.stub.patch(license.license.id, patchCall({ user: licenseUser("dora", 3) }));
    const user = { id: "user dora", email: "Dora@moved.test", revision: 4 };
    expect(patched).toMatchObject(ANSWERED({ ok: true, value: { license: { terms: { user } } } }));
    await runDurableObjectAlarm(license.stub);
    expect(await inD1(license)).toEqual({ row: "user dora", reserved: [] });
    await license.stub.patch(license.license.id, patchCall({ user: null }));
    expect(await userOf(license)).toBeNull();
    expect(await inD1(license)).toEqual({ row: null, reserved: [] });
  });

  it("refuses a user that D1 does not have, with nothing changed", async () => {
    const license = await born(ROOMY);
    const activationId = await activated(license, "a", ADA);
    const patched = await license.stub.patch(
      license.license.id,
      patchCall({ user: licenseUser("nobody"), notes: "n", key: "ANOTHER-KEY" }),
    );
    expect(patched).toMatchObject(ANSWERED({ refusal: { code: "invalid-member", pointer: "/userId" } }));
    expect(await userOf(license)).toBeNull();
    expect(await license.stub.renew(sessionCall(activationId, { principal: ADA }))).toMatchObject({ ok: true });
    await runDurableObjectAlarm(license.stub);
    expect(await inD1(license)).toEqual({ row: null, reserved: [] });
    const keys = await env.DB.prepare("SELECT key FROM license_keys WHERE license_id = ?")
      .bind(license.license.id)
      .all();
    expect(keys.results).toEqual([{ key: license.license.key }]);
  });

  it("takes a key and a user in one change", async () => {
    await insertUser(licenseUser("fred"));
    const license = await born(ROOMY);
    const { license: before, stub } = license;
    const patched = await stub.patch(before.id, patchCall({ user: licenseUser("fred"), key: "KEY-OF-FRED" }));
    expect(patched).toMatchObject(ANSWERED({ ok: true, value: { license: { key: "KEY-OF-FRED" } } }));
    expect(await userOf(license)).toEqual(licenseUser("fred"));
    expect(await inD1(license)).toEqual({ row: "user fred", reserved: [] });
  });

  it("changes nothing while D1 cannot answer, and asks nothing to keep or take off a user", async () => {
    await insertUser(licenseUser("gwen"));
    await insertUser(licenseUser("hans"));
    const license = await born({ ...ROOMY, user: licenseUser("gwen") });
    const { stub, license: before } = license;
    const gwens = await activated(license, "a", person("gwen"));
    await env.DB.prepare("ALTER TABLE license_references RENAME TO license_references_away").run();
    const patched = await stub.patch(before.id, patchCall({ user: licenseUser("hans") }));
    expect(patched).toMatchObject(ANSWERED(REFUSED("storage-unavailable")));
    expect(await userOf(license)).toEqual(licenseUser("gwen"));
    const kept = await stub.patch(before.id, patchCall({ user: licenseUser("gwen"), notes: "n" }));
    expect(kept).toMatchObject(ANSWERED({ ok: true }));
    expect(await stub.renew(sessionCall(gwens, { principal: person("gwen") }))).toMatchObject({ ok: true });
    expect(await stub.patch(before.id, patchCall({ user: null }))).toMatchObject(ANSWERED({ ok: true }));
    expect(await stub.renew(sessionCall(gwens, { principal: MANAGER }))).toMatchObject(REFUSED("session-unknown"));
    await env.DB.prepare("ALTER TABLE license_references_away RENAME TO license_references").run();
    await runDurableObjectAlarm(stub);
    expect(await inD1(license)).toEqual({ row: null, reserved: [] });
  });
});

describe("SNAP-1: setUserEmail", () => {
  const moved = { userId: "user ada", email: "moved@example.test", revision: 2 };

  it("gives birth, takes the newer e-mail, and ends nothing", async () => {
    const license = await born({ ...ROOMY, user: licenseUser("ada") });
    expect(await license.stub.setUserEmail(license.license.id, moved)).toEqual(ANSWERED({ ok: true, value: null }));
    expect(await userOf(license)).toEqual({ id: "user ada", email: "moved@example.test", revision: 2 });
    const activationId = await activated(license, "a", person("a", { email: "MOVED@example.test" }));
    const late = { ...moved, email: "late@example.test", revision: 1 };
    expect(await license.stub.setUserEmail(license.license.id, late)).toEqual(ANSWERED({ ok: true, value: null }));
    expect(await license.stub.setUserEmail(license.license.id, { ...moved, userId: "user bob", revision: 9 })).toEqual(
      ANSWERED({ ok: true, value: null }),
    );
    expect(await userOf(license)).toEqual({ id: "user ada", email: "moved@example.test", revision: 2 });
    expect(await license.stub.renew(sessionCall(activationId, { principal: MANAGER }))).toMatchObject({ ok: true });
    await runDurableObjectAlarm(license.stub);
    const terms = await env.DB.prepare("SELECT terms FROM licenses WHERE id = ?")
      .bind(license.license.id)
      .first("terms");
    expect(JSON.parse(String(terms))).toMatchObject({ user: { email: "moved@example.test", revision: 2 } });
  });

  it("knows no license that was deleted", async () => {
    const license = await born({ ...ROOMY, user: licenseUser("ada") });
    await license.stub.deleteLicense(license.license.id, { actor: { type: "token", id: "t" }, requestId: "test" });
    const answer = await license.stub.setUserEmail(license.license.id, moved);
    expect(answer).toMatchObject(ANSWERED(REFUSED("license-unknown")));
  });
});
