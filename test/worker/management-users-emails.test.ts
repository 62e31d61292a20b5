/** SNAP-1: a changed e-mail goes to the objects of the user's licenses by a durable job, whatever fails on the way. */

import { createExecutionContext, createScheduledController, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { locatorOf } from "../../src/domain/terms/identifier.ts";
import type { LicenseView } from "../../src/domain/terms/license.ts";
import worker from "../../src/index.ts";
import { carryEmails } from "../../src/operations/upkeep/carry-emails.ts";
import { changeUser } from "../../src/operations/catalogue/change-user.ts";
import { created, jsonOf, productId, read, v3 } from "../support/management.ts";
import { activated, bearer, deployment, newFloating, newLicense, post } from "../support/shop.ts";
import { along, emailOf, job, newUser, rename, SHOP } from "../support/user-emails.ts";

const HOUR = 3_600_000;

describe("the job", () => {
  it("SNAP-1: a PATCH of the e-mail reaches born and unborn licenses, and ends no activation", async () => {
    const person = await created("/users", { email: "http@example.test", firstName: "Ada" });
    const userId = String(person.id);
    const [unborn, born] = [await newLicense({ userId }), await newFloating(2, { userId })];
    const session = await activated(born.key);
    const path = `/users/${userId}`;
    await jsonOf(await v3("PATCH", path, { body: { email: "https@example.test" } }), 200);
    await vi.waitUntil(async () => (await emailOf(born)) === "https@example.test");
    await vi.waitUntil(async () => (await emailOf(unborn)) === "https@example.test");
    expect(await read(`/licenses/${born.id}`)).toMatchObject({
      user: { id: userId, name: "Ada", email: "https@example.test" },
      totalActivations: 1,
    });
    expect((await post(`/${session.sessionId}/check-in`, undefined, bearer(session))).status).toBe(200);
    await vi.waitUntil(async () => (await env.DB.prepare("SELECT 1 FROM user_email_jobs").first()) === null);
  });

  it("SNAP-1: is written with the change of the e-mail alone, and the cron runs it", async () => {
    const user = await newUser();
    const license = await newLicense({ userId: user.id });
    await changeUser(await deployment(), user.id, { firstName: "Ada", fixed: {} }, SHOP, Date.now());
    expect(await job(user)).toBeNull();
    await rename(user, "cron@example.test");
    expect(await job(user)).toMatchObject({ attempts: 0 });
    expect(await emailOf(license)).toBe(user.email);
    const context = createExecutionContext();
    await worker.scheduled(createScheduledController(), env, context);
    await waitOnExecutionContext(context);
    expect(await emailOf(license)).toBe("cron@example.test");
    expect(await job(user)).toBeNull();
  });

  it("SNAP-1: goes by any number of licenses, in bounded steps, once each", async () => {
    const user = await newUser();
    const product = await productId();
    const licenses: LicenseView[] = [];
    for (let count = 0; count < 45; count += 1)
      licenses.push(await newLicense({ productId: product, userId: user.id }));
    await rename(user, "many@example.test");
    const told: string[] = [];
    const stores = await along(async (id) => {
      told.push(id);
      return "go on";
    });
    await carryEmails(stores, Date.now() + 1);
    expect(told.toSorted()).toEqual(licenses.map(({ id }) => id).toSorted());
    expect(await job(user)).toBeNull();
    for (const license of licenses) expect(await emailOf(license)).toBe("many@example.test");
  });

  it("SNAP-1: a failing object keeps neither the user's other licenses waiting nor other users", async () => {
    const [user, other] = [await newUser(), await newUser()];
    const product = await productId();
    const licenses: LicenseView[] = [];
    for (let count = 0; count < 22; count += 1)
      licenses.push(await newLicense({ productId: product, userId: user.id }));
    const others = await newLicense({ userId: other.id });
    const broken = licenses.toSorted((one, two) => (one.id < two.id ? -1 : 1))[0]?.id;
    await rename(user, "failing@example.test");
    await rename(other, "other@example.test");
    const now = Date.now() + 1;
    const stores = await along(async (id) => (id === broken ? "fail" : "go on"));
    await carryEmails(stores, now);
    for (const license of licenses)
      expect(await emailOf(license)).toBe(license.id === broken ? user.email : "failing@example.test");
    expect(await emailOf(others)).toBe("other@example.test");
    expect([await job(user), await job(other)]).toEqual([{ attempts: 1, dueAt: now + 30_000 }, null]);
    // Not before its time; then again, with a longer pause; and at last with success.
    await carryEmails(stores, now + 29_999);
    expect(await job(user)).toEqual({ attempts: 1, dueAt: now + 30_000 });
    await carryEmails(stores, now + 30_000);
    expect(await job(user)).toEqual({ attempts: 2, dueAt: now + 90_000 });
    await carryEmails(await deployment(), now + HOUR);
    expect(await emailOf({ id: String(broken) })).toBe("failing@example.test");
    expect(await job(user)).toBeNull();
  });

  it("SNAP-1: neither does an object with a bug", async () => {
    const user = await newUser();
    const licenses = [await newLicense({ userId: user.id }), await newLicense({ userId: user.id })];
    await rename(user, "bug@example.test");
    const stores = await along(async (id) => {
      if (id === licenses[0]?.id) throw new TypeError("a bug");
      return "go on";
    });
    const now = Date.now() + 1;
    await carryEmails(stores, now);
    expect(await Promise.all(licenses.map(emailOf))).toEqual([user.email, "bug@example.test"]);
    expect(await job(user)).toEqual({ attempts: 1, dueAt: now + 30_000 });
  });

  it("SNAP-1: D1 failing half-way loses nothing", async () => {
    const user = await newUser();
    const license = await newLicense({ userId: user.id });
    await rename(user, "half@example.test");
    const stores = await along(async () => "go on");
    let statements = 0;
    const db = new Proxy(env.DB, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (name !== "prepare" || typeof member !== "function") return member;
        return (query: string) => {
          statements += 1;
          // All is told, and the end of the job cannot be written.
          if (query.startsWith("delete")) throw new Error("D1_ERROR: Network connection lost.");
          return Reflect.apply(member, target, [query]) as D1PreparedStatement;
        };
      },
    });
    await carryEmails({ ...stores, db }, Date.now() + 1);
    expect(statements).toBeGreaterThan(2);
    expect(await emailOf(license)).toBe("half@example.test");
    expect(await job(user)).toMatchObject({ attempts: 0 });
    await carryEmails(stores, Date.now() + 1);
    expect(await job(user)).toBeNull();
  });

  it("SNAP-1: a deleted license needs no e-mail, and a deleted user no job", async () => {
    const user = await newUser();
    const license = await newLicense({ userId: user.id });
    await rename(user, "gone@example.test");
    expect((await v3("DELETE", `/licenses/${license.id}`)).status).toBe(204);
    await env.DB.prepare("UPDATE licenses SET user_id = NULL WHERE id = ?").bind(license.id).run();
    expect((await v3("DELETE", `/users/${user.id}`)).status).toBe(204);
    expect(await job(user)).toBeNull();
  });
});

describe("revisions", () => {
  it("SNAP-1: an object ignores an older e-mail, and one of another user", async () => {
    const [user, other] = [await newUser(), await newUser()];
    const license = await newLicense({ userId: user.id });
    const { licenses } = await deployment();
    const object = licenses.at(locatorOf(license.id) ?? "");
    const tell = async (userId: string, email: string, revision: number) =>
      expect(await object.setUserEmail(license.id, { userId, email, revision })).toEqual({
        reached: "license",
        outcome: { ok: true, value: null },
      });
    await tell(user.id, "new@example.test", user.revision + 2);
    await tell(user.id, "late@example.test", user.revision + 1);
    await tell(user.id, "same@example.test", user.revision + 2);
    await tell(other.id, "other@example.test", other.revision + 9);
    expect(await emailOf(license)).toBe("new@example.test");
  });

  it("SNAP-1: of two changes the later one wins, also one that comes while the earlier is carried", async () => {
    const user = await newUser();
    const licenses = [await newLicense({ userId: user.id }), await newLicense({ userId: user.id })];
    const second = await rename(user, "second@example.test");
    expect(second.revision).toBeGreaterThan(user.revision);
    let changed = false;
    const stores = await along(async () => {
      if (!changed) {
        changed = true;
        await rename(second, "third@example.test");
      }
      return "go on";
    });
    await carryEmails(stores, Date.now() + HOUR);
    await carryEmails(stores, Date.now() + HOUR);
    for (const license of licenses) expect(await emailOf(license)).toBe("third@example.test");
    expect(await job(user)).toBeNull();
  });

  it("SNAP-1: there and back again ends with the first e-mail, though a late call carries the one between", async () => {
    const user = await newUser();
    const license = await newLicense({ userId: user.id });
    const between = await rename(user, "between@example.test");
    await rename(between, user.email);
    await carryEmails(await deployment(), Date.now() + HOUR);
    const late = { userId: user.id, email: between.email, revision: between.revision };
    await (await deployment()).licenses.at(locatorOf(license.id) ?? "").setUserEmail(license.id, late);
    expect(await emailOf(license)).toBe(user.email);
    expect(await job(user)).toBeNull();
  });
});
