/** The reservation of a user in D1, one fenced batch (REF-1), as the object of a license asks for it. */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { eventOf } from "../../src/operations/record.ts";
import { commitRelay } from "../../src/registry/object/commit.ts";
import { reserveUser } from "../../src/registry/object/reserve-reference.ts";
import { deleteUser } from "../../src/registry/rows/users.ts";
import { created } from "../support/management.ts";
import { change, newLicense, remove } from "../support/shop.ts";

const SHOP = { actor: { type: "system", id: "cron" }, requestId: "test" } as const;
let made = 0;

async function newUser() {
  made += 1;
  const email = `reserved.${made}@example.test`;
  const { id } = await created("/users", { email });
  return { id: String(id), email };
}

async function fenceOf(licenseId: string): Promise<number> {
  return Number(await env.DB.prepare("SELECT fence FROM licenses WHERE id = ?").bind(licenseId).first("fence"));
}

async function reservations(licenseId: string): Promise<readonly unknown[]> {
  const { results } = await env.DB.prepare("SELECT target_id AS userId FROM license_references WHERE license_id = ?")
    .bind(licenseId)
    .all();
  return results.map((row) => row.userId);
}

async function erase(userId: string): Promise<string> {
  const happening = { type: "user.deleted", subjectId: userId, changes: {}, data: {} } as const;
  const updatedAt = await env.DB.prepare("SELECT updated_at FROM users WHERE id = ?").bind(userId).first("updated_at");
  const user = { id: userId, updatedAt: Number(updatedAt) };
  return await deleteUser(env.DB, user, eventOf(happening, SHOP, Date.now()));
}

/** Born, so that D1 has a fence. */
async function bornLicense() {
  const license = await newLicense();
  await change(license, { notes: "born" });
  return license;
}

describe("reserving", () => {
  it("REF-1: takes the fence, answers the user as it is, and keeps it from being deleted", async () => {
    const [user, license] = [await newUser(), await bornLicense()];
    const before = await fenceOf(license.id);
    const wanted = { licenseId: license.id, userId: user.id, fence: before + 1, fenceConfirmed: before };
    expect(await reserveUser(env.DB, wanted)).toEqual({
      result: "reserved",
      fenceBefore: before,
      user: { ...user, revision: expect.any(Number) },
    });
    expect([await fenceOf(license.id), await reservations(license.id)]).toEqual([before + 1, [user.id]]);
    expect(await erase(user.id)).toBe("in-use");
  });

  it("REF-1: an unknown user leaves no reservation; the fence is taken all the same", async () => {
    const license = await bornLicense();
    const before = await fenceOf(license.id);
    const wanted = { licenseId: license.id, userId: "nobody", fence: before + 1, fenceConfirmed: before };
    expect(await reserveUser(env.DB, wanted)).toEqual({ result: "user-unknown", fenceBefore: before, user: null });
    expect([await fenceOf(license.id), await reservations(license.id)]).toEqual([before + 1, []]);
  });

  it("REF-1, OPS-1: a late one, one that meets an older D1, and one of an unknown license change nothing", async () => {
    const [user, license] = [await newUser(), await bornLicense()];
    const before = await fenceOf(license.id);
    const wanted = { licenseId: license.id, userId: user.id };
    for (const fences of [
      { fence: before, fenceConfirmed: before - 1 },
      { fence: before + 2, fenceConfirmed: before + 1 },
    ]) {
      const late = await reserveUser(env.DB, { ...wanted, ...fences });
      expect(late).toEqual({ result: "license-missing", fenceBefore: before, user: null });
    }
    const nowhere = await reserveUser(env.DB, { ...wanted, licenseId: "none", fence: 1, fenceConfirmed: 0 });
    expect(nowhere).toEqual({ result: "license-missing", fenceBefore: null, user: null });
    expect([await fenceOf(license.id), await reservations(license.id)]).toEqual([before, []]);
    expect(await erase(user.id)).toBe("written");
  });
});

describe("settling", () => {
  it("REF-1: a reservation that nobody used is tidied by the object's next relay", async () => {
    const [user, license] = [await newUser(), await bornLicense()];
    const before = await fenceOf(license.id);
    const wanted = { licenseId: license.id, userId: user.id, fence: before + 1, fenceConfirmed: before };
    await reserveUser(env.DB, wanted);
    await change(license, { notes: "again" });
    await change(license, { notes: "and again" });
    expect(await reservations(license.id)).toEqual([]);
    expect(await erase(user.id)).toBe("written");
  });

  it("REF-1, EVT-3: a relay that D1 applies late takes no reservation away, and names no user", async () => {
    const [user, license] = [await newUser(), await bornLicense()];
    const before = await fenceOf(license.id);
    const wanted = { licenseId: license.id, userId: user.id, fence: before + 2, fenceConfirmed: before };
    await reserveUser(env.DB, wanted);
    const { id, key, revision, terms } = license;
    const { productId, createdAt, updatedAt, externalReference } = terms;
    const counts = {
      totalActivations: 0,
      totalDeactivations: 0,
      lastUsedAt: null,
      currentReleaseVersion: null,
      meterUses: null,
      expiresAt: null,
      renewed: { months: 0, seconds: 0 },
    };
    const named = JSON.stringify({ ...terms, user: { id: "late", email: "late@example.test", revision: 1 } });
    const projected = {
      id,
      key,
      birthKey: key,
      productId,
      revision,
      terms: named,
      createdAt,
      updatedAt,
      externalReference,
      stuckEvents: 0,
    };
    const nothing = {
      events: [],
      activations: [],
      mayHaveThem: true,
      ended: [],
      words: [],
      restore: null,
      deleted: [],
    };
    const fences = { fence: before + 1, fenceConfirmed: before };
    await commitRelay(env.DB, { ...fences, license: { ...projected, ...counts }, ...nothing });
    expect(await reservations(license.id)).toEqual([user.id]);
    expect(await erase(user.id)).toBe("in-use");
    expect(
      await env.DB.prepare("SELECT user_id FROM licenses WHERE id = ?").bind(license.id).first("user_id"),
    ).toBeNull();
  });

  it("REF-1, DEL-1: a deleted license refers to nobody", async () => {
    const [user, license] = [await newUser(), await bornLicense()];
    await env.DB.prepare("INSERT INTO license_references (license_id, target_id) VALUES (?, ?)")
      .bind(license.id, user.id)
      .run();
    await remove(license);
    expect(await reservations(license.id)).toEqual([]);
    expect(await erase(user.id)).toBe("written");
    expect(await erase(user.id)).toBe("outrun");
  });
});
