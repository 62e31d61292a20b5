/**
 * `/v3/recovery` (OPS-1): who may call it, what it takes, and what it makes of objects that cannot be made to agree.
 */

import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { idWithLocator, locatorOf } from "../../src/domain/terms/identifier.ts";
import { findMissing, knownLicenses } from "../../src/registry/upkeep/after-restore.ts";
import { ROOT_SECRET } from "../support/bindings.ts";
import { created, jsonOf, license, mint, productId, v3, type Json } from "../support/management.ts";
import { runOtherVersion } from "../support/other-version.ts";
import { problemOf } from "../support/problems.ts";
import { activated, tryActivate } from "../support/shop.ts";

const CALLS = [
  ["POST", "/recovery/resync"],
  ["GET", "/recovery/licenses"],
  ["GET", "/recovery/missing"],
] as const;

async function resync(objects: readonly unknown[]): Promise<readonly Json[]> {
  const answer = await jsonOf(await v3("POST", "/recovery/resync", { body: { objects } }), 200);
  return answer.objects as readonly Json[];
}

function objectOf(id: unknown) {
  return env.LICENSES.get(env.LICENSES.idFromName(locatorOf(String(id)) ?? ""));
}

async function bornLicense(members: Json = {}): Promise<Json> {
  const resource = await license(members);
  return await jsonOf(await v3("PATCH", `/licenses/${resource.id}`, { body: { notes: "born" } }), 200);
}

describe("who may", () => {
  it.each(CALLS)("MGMT-5, OPS-1: %s %s takes a token for everything", async (method, path) => {
    const call = method === "POST" ? { body: { objects: [] } } : {};
    await problemOf(await v3(method, path, { ...call, token: null }), 401, "UNAUTHORIZED");
    await problemOf(await v3(method, path, { ...call, token: ROOT_SECRET }), 403, "FORBIDDEN");
    const token = await mint(["license:read", "license:write", "product:write", "user:write"]);
    await problemOf(await v3(method, path, { ...call, token }), 403, "FORBIDDEN");
  });
});

describe("what is taken", () => {
  it.each([
    [{}, "/objects"],
    [{ objects: [] }, "/objects"],
    [{ objects: Array.from({ length: 101 }, () => "0".repeat(64)) }, "/objects"],
    [{ objects: ["0".repeat(64), "0".repeat(63)] }, "/objects/1"],
    [{ objects: ["01890a5d-ac96-774b-bcce-b302099a8057"] }, "/objects/0"],
    [{ objects: [7] }, "/objects/0"],
  ])("LIM-2, ERR-1: %j is 400 at %s", async (body, pointer) => {
    const problem = await problemOf(await v3("POST", "/recovery/resync", { body }), 400, "INVALID_REQUEST");
    expect(problem.errors).toEqual([expect.objectContaining({ pointer })]);
  });

  it("ERR-1: a place that is no id is 400", async () => {
    for (const path of ["/recovery/licenses", "/recovery/missing"]) {
      await problemOf(await v3("GET", `${path}?after=x`), 400, "INVALID_REQUEST");
    }
  });

  it("OPS-1: an object goes by its license's id, in any case, or by its own", async () => {
    const { id } = await bornLicense();
    const hex = objectOf(id).id.toString();
    const level = { state: "level", licenseId: id, deletedLicenseIds: [], revivedLicenseIds: [] };
    expect(await resync([String(id).toUpperCase(), hex])).toMatchObject([
      { object: id, ...level },
      { object: hex, ...level },
    ]);
  });
});

describe("what cannot be made to agree", () => {
  it("OPS-1: an id of no object here, and an unborn license's", async () => {
    const foreign = "f".repeat(64);
    const unborn = await license();
    expect(await resync([foreign, unborn.id])).toMatchObject([
      { object: foreign, state: "unknown", licenseId: null },
      { object: unborn.id, state: "empty", licenseId: null, found: null },
    ]);
    await activated(String(unborn.key));
  });

  it("OPS-1, ID-5: an object that is empty where D1 knows better is called lost", async () => {
    const { id } = await license();
    await env.DB.prepare("UPDATE licenses SET fence = 7, born_at = 1 WHERE id = ?").bind(id).run();
    expect(await resync([id])).toMatchObject([{ state: "lost" }]);
  });

  it("OPS-1, ID-1: a license whose object is another's is called displaced", async () => {
    const first = await bornLicense();
    const other = idWithLocator(locatorOf(String(first.id)) ?? "", new Uint8Array(8));
    expect(await resync([other])).toMatchObject([{ state: "displaced", licenseId: first.id }]);
  });

  it("OPS-1, ERR-1: an object of another version, or with a bug, holds up no other", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const [older, faulty, well] = [await bornLicense(), await bornLicense(), await bornLicense()];
    await runOtherVersion(objectOf(older.id), () => ({ resync: null }));
    await runOtherVersion(objectOf(faulty.id), () => ({ resync: () => Promise.reject(new Error("a bug")) }));
    expect(await resync([older.id, faulty.id, well.id])).toMatchObject([
      { state: "unavailable", licenseId: null },
      { state: "unavailable", licenseId: null },
      { state: "level", licenseId: well.id },
    ]);
  });

  it("OPS-1, KEY-2: a key that was sold again before the resync opens its new license alone", async () => {
    const first = await license({ key: "OLD-KEY-OF-A-LICENSE" });
    const key = "SOLD-AGAIN-MEANWHILE";
    await jsonOf(await v3("PATCH", `/licenses/${first.id}`, { body: { key } }), 200);
    for (const [table, column] of [
      ["licenses", "id"],
      ["license_keys", "license_id"],
    ] as const) {
      await env.DB.prepare(`DELETE FROM ${table} WHERE ${column} = ?`).bind(first.id).run();
    }
    const second = await license({ key });
    expect(await resync([first.id])).toMatchObject([{ state: "level", licenseId: first.id, left: { keys: 1 } }]);
    const { rows } = await findMissing(env.DB, "", 500);
    expect(rows).toContainEqual(
      expect.objectContaining({ licenseId: first.id, keyLeadsTo: second.id, products: [], user: null }),
    );
    await activated(key);
    const held = await jsonOf(await v3("GET", `/licenses/${second.id}`), 200);
    expect(held).toMatchObject({ id: second.id, totalActivations: 1 });
    await problemOf(await tryActivate("OLD-KEY-OF-A-LICENSE"), 404, "activation-code-unknown");
  });
});

describe("what D1 lacks", () => {
  it("OPS-1: is told per license, whatever it is, and nothing else is", async () => {
    const product = await productId();
    const second = await productId();
    const user = await created("/users", { email: "found@example.test" });
    const whole = await license({ productId: product });
    const poor = await license({
      productId: product,
      licensedProductIds: [product, second],
      userId: user.id,
      externalReference: "an order",
    });
    const told = async (id: unknown) =>
      (await findMissing(env.DB, "", 500)).rows.find(({ licenseId }) => licenseId === id);
    expect(await told(whole.id)).toBeUndefined();
    expect(await told(poor.id)).toBeUndefined();
    await env.DB.prepare("UPDATE users SET revision = revision - 1 WHERE id = ?").bind(user.id).run();
    expect(await told(poor.id)).toMatchObject({ user: null, olderUser: user.id });
    await env.DB.batch([
      env.DB.prepare("DELETE FROM products WHERE id = ?").bind(second),
      env.DB.prepare("DELETE FROM users WHERE id = ?").bind(user.id),
      env.DB.prepare("DELETE FROM license_keys WHERE license_id = ?").bind(poor.id),
      env.DB.prepare("UPDATE external_references SET license_id = ? WHERE reference = 'an order'").bind(whole.id),
    ]);
    expect(await told(poor.id)).toEqual({
      licenseId: poor.id,
      products: [second],
      user: user.id,
      olderUser: null,
      keyLeadsTo: "",
      referenceLeadsTo: whole.id,
    });
    expect(await told(whole.id)).toBeUndefined();
  });
});

describe("the licenses that D1 knows of", () => {
  it("OPS-1: come in pages, each once, deleted ones and those that only other tables name too", async () => {
    const sold = [await license(), await bornLicense(), await license()];
    const [, deleted, halfGone] = sold;
    expect((await v3("DELETE", `/licenses/${deleted?.id}`)).status).toBe(204);
    await env.DB.prepare("DELETE FROM licenses WHERE id = ?").bind(halfGone?.id).run();
    const paged: string[] = [];
    for (let after: string | null = ""; after !== null;) {
      const { rows, next }: { rows: readonly string[]; next: string | null } = await knownLicenses(env.DB, after, 2);
      expect(rows.length).toBeLessThanOrEqual(2);
      paged.push(...rows);
      after = next;
    }
    expect(paged).toEqual([...new Set(paged)].toSorted());
    for (const { id } of sold) expect(paged).toContain(id);
    expect(await jsonOf(await v3("GET", "/recovery/licenses"), 200)).toEqual({ licenseIds: paged, next: null });
    const rest = await jsonOf(await v3("GET", `/recovery/licenses?after=${paged[1]}`), 200);
    expect(rest.licenseIds).toEqual(paged.slice(2));
  });
});
