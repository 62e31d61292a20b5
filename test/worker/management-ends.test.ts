/** `/v3/licenses/{id}/extend` and `/expires-at` over HTTP (EXP-8, EXP-11). */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { jsonOf, license, mint, read, rowCounts, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { tryActivate } from "../support/shop.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

const DAY = 86_400_000;

async function sold(members: Json = {}): Promise<Json> {
  return await license({ validity: 10 * 86_400, ...members });
}

function endOf(resource: Json): number {
  return Date.parse(String(resource.expiresAt));
}

describe("extend", () => {
  it("EXP-8: 200 with the whole license, the seconds on top of the old end, as GET and list show it", async () => {
    const before = await sold();
    const after = await jsonOf(
      await v3("POST", `/licenses/${before.id}/extend`, { body: { extensionLength: 3600 } }),
      200,
    );
    expect(after).toMatchObject({ ...before, expiresAt: expect.any(String), updatedAt: expect.any(String) });
    expect(endOf(after)).toBe(endOf(before) + 3_600_000);
    expect(await read(`/licenses/${before.id}`)).toEqual(after);
    const row = await env.DB.prepare("SELECT expires_at FROM licenses WHERE id = ?")
      .bind(before.id)
      .first("expires_at");
    expect(row).toBe(endOf(after));
  });

  it("EXP-11: sent again with its reference it adds nothing", async () => {
    const before = await sold();
    const body = { extensionLength: 60, renewalReference: "invoice 7" };
    for (let time = 0; time < 3; time += 1) {
      const after = await jsonOf(await v3("POST", `/licenses/${before.id}/extend`, { body }), 200);
      expect(endOf(after)).toBe(endOf(before) + 60_000);
    }
    const renewed = await jsonOf(
      await v3("POST", `/licenses/${before.id}/renew`, { body: { renewalReference: "invoice 7" } }),
      200,
    );
    expect(endOf(renewed)).toBe(endOf(before) + 60_000);
  });

  it("EXP-7, EXP-8: refuses perpetual and revoked licenses by facts' codes, and bad lengths at the member", async () => {
    const perpetual = await license({});
    const extend = (id: unknown, body: unknown) => v3("POST", `/licenses/${id}/extend`, { body });
    await problemOf(await extend(perpetual.id, { extensionLength: 60 }), 400, "LICENSE_PERPETUAL");
    const revoked = await sold({ revoked: true });
    await problemOf(await extend(revoked.id, { extensionLength: 60 }), 400, "REVOKED_LICENSE");
    const fine = await sold();
    const before = await rowCounts();
    for (const body of [
      {},
      { extensionLength: 0 },
      { extensionLength: -1 },
      { extensionLength: 1.5 },
      { extensionLength: "60" },
      { extensionLength: null },
      { extensionLength: 1e12 },
    ]) {
      expect(pointersOf(await problemOf(await extend(fine.id, body), 400, "INVALID_REQUEST"))).toEqual([
        "/extensionLength",
      ]);
    }
    expect(await rowCounts()).toEqual(before);
    expect(await read(`/licenses/${fine.id}`)).toEqual(fine);
  });
});

describe("expires-at", () => {
  it("EXP-8: sets the end, and a past one closes the license at once", async () => {
    const before = await sold();
    const set = (expiresAt: unknown) => v3("PATCH", `/licenses/${before.id}/expires-at`, { body: { expiresAt } });
    const later = new Date(endOf(before) + DAY).toISOString();
    expect(await jsonOf(await set(later), 200)).toMatchObject({ expiresAt: later });
    expect((await tryActivate(String(before.key))).status).toBe(200);
    await jsonOf(await set("2020-01-01T00:00:00Z"), 200);
    await problemOf(await tryActivate(String(before.key)), 404, "license-expired");
    expect(await jsonOf(await set(null), 200)).toMatchObject({ expiresAt: null, perpetual: true });
    const { results } = await env.DB.prepare(`SELECT type FROM ${EVENTS} WHERE subject_id = ? ORDER BY id`)
      .bind(before.id)
      .all<{ type: string }>();
    const types = results.map(({ type }) => type);
    expect(types.filter((type) => type === "license.expiresAt.updated")).toHaveLength(3);
    expect(types).toContain("license.expired");
    expect(types).not.toContain("license.updated");
  });

  it("EXP-8: needs its member, as an instant or null", async () => {
    const before = await sold();
    for (const body of [{}, { expiresAt: "" }, { expiresAt: "tomorrow" }, { expiresAt: 5 }]) {
      const answer = await v3("PATCH", `/licenses/${before.id}/expires-at`, { body });
      expect(pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))).toEqual(["/expiresAt"]);
    }
    const rolling = await sold({ expirationStrategy: "rolling" });
    const answer = await v3("PATCH", `/licenses/${rolling.id}/expires-at`, { body: { expiresAt: null } });
    expect(pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))).toEqual(["/expiresAt"]);
  });
});

it("MGMT-5, ERR-3: both take the scope that writes licenses, and do not tell unknown ids from forbidden ones", async () => {
  const { id } = await sold();
  const calls = [
    ["POST", `/licenses/${id}/extend`, { extensionLength: 60 }],
    ["PATCH", `/licenses/${id}/expires-at`, { expiresAt: null }],
  ] as const;
  const reader = await mint(["license:read"]);
  for (const [method, path, body] of calls) {
    expect((await v3(method, path, { body, token: null })).status).toBe(401);
    expect((await v3(method, path, { body, token: reader })).status).toBe(403);
    const elsewhere = path.replace(String(id), "0a1b2c3d-4e5f-8678-8abc-0123456789ab");
    expect((await v3(method, elsewhere, { body })).status).toBe(404);
    expect((await v3("DELETE", path)).status).toBe(405);
  }
});
