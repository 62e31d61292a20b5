/** `DELETE /v3/licenses/metadata/{id}` (docs/api.md): one item of whichever license has it. */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { expectFacetsTrue, facetsOf } from "../support/facets.ts";
import { license, mint, read, v3, type Json } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";
import { activated } from "../support/shop.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

const ITEMS = [
  { key: "order", value: "1", viewPermissions: ["user"] },
  { key: "plan", value: "gold" },
] as const;

function itemsOf(resource: Json): readonly Json[] {
  return resource.metadata as readonly Json[];
}

function idsOf(resource: Json): readonly string[] {
  return itemsOf(resource).map(({ id }) => String(id));
}

async function withItems(): Promise<{ readonly made: Json; readonly path: string; readonly ids: readonly string[] }> {
  const made = await license({ metadata: ITEMS });
  return { made, path: `/licenses/${String(made.id)}`, ids: idsOf(made) };
}

async function drop(id: string | undefined, token?: string): Promise<Response> {
  return await v3("DELETE", `/licenses/metadata/${id}`, token === undefined ? {} : { token });
}

async function updatesOf(id: unknown): Promise<readonly Json[]> {
  const { results } = await env.DB.prepare(
    `SELECT body FROM ${EVENTS} WHERE subject_id = ? AND type = 'license.updated' ORDER BY sequence`,
  )
    .bind(id)
    .all<{ body: string }>();
  return results.map(({ body }) => JSON.parse(body) as Json);
}

describe("deleting a metadata item", () => {
  it("MGMT-2, ID-5: takes it off a license that nobody has used, and leaves the other as it was", async () => {
    const { made, path, ids } = await withItems();
    const answer = await drop(ids[0]);
    expect([answer.status, await answer.text()]).toEqual([204, ""]);
    const after = await read(path);
    expect(itemsOf(after)).toEqual([itemsOf(made)[1]]);
    expect(after.updatedAt).not.toBe(made.updatedAt);
    const [listed] = (await (await v3("GET", "/licenses?limit=1")).json()) as Json[];
    expect(listed).toEqual(after);
    expect(await facetsOf(String(made.id), "metadata-id")).toEqual([ids[1]?.replaceAll("-", "")]);
    await expectFacetsTrue();
  });

  it("EVT-1: tells of it like of any change, once", async () => {
    const { made, ids } = await withItems();
    await activated(String(made.key), "device");
    expect((await drop(ids[1])).status).toBe(204);
    const told = await updatesOf(made.id);
    expect(told).toHaveLength(1);
    const changes = told[0]?.changes as Readonly<Record<string, { readonly before: Json[]; readonly after: Json[] }>>;
    expect(Object.keys(changes)).toEqual(["metadata"]);
    expect(changes.metadata?.before).toHaveLength(2);
    expect(changes.metadata?.after.map(({ id }) => id)).toEqual([ids[0]]);
  });

  it("ERR-3: a second time, an unknown id and one that is none are 404", async () => {
    const { made, path, ids } = await withItems();
    expect((await drop(ids[0])).status).toBe(204);
    for (const id of [ids[0], crypto.randomUUID(), String(made.id), "none", "%00", "x".repeat(2_000)])
      await problemOf(await drop(id), 404, "NOT_FOUND");
    expect(idsOf(await read(path))).toEqual([ids[1]]);
    expect(await updatesOf(made.id)).toHaveLength(1);
  });

  it("ERR-3: takes an id in upper case", async () => {
    const { path, ids } = await withItems();
    expect((await drop(ids[0]?.toUpperCase())).status).toBe(204);
    expect(idsOf(await read(path))).toEqual([ids[1]]);
  });

  it("MGMT-1: finds an item that came later, one that kept its id, and none that a PATCH has dropped", async () => {
    const { path, ids } = await withItems();
    const body = {
      metadata: [
        { ...ITEMS[1], value: "silver" },
        { key: "new", value: "" },
      ],
    };
    const patched = (await (await v3("PATCH", path, { body })).json()) as Json;
    const [kept, added] = idsOf(patched);
    expect(kept).toBe(ids[1]);
    await problemOf(await drop(ids[0]), 404, "NOT_FOUND");
    expect([(await drop(added)).status, (await drop(kept)).status]).toEqual([204, 204]);
    expect(idsOf(await read(path))).toEqual([]);
    await expectFacetsTrue();
  });

  it("DEL-1: the items of a deleted license are gone", async () => {
    const { path, ids } = await withItems();
    expect((await v3("DELETE", path)).status).toBe(204);
    await problemOf(await drop(ids[0]), 404, "NOT_FOUND");
  });

  it("MGMT-2: where D1 is behind, the object decides", async () => {
    const { path, made, ids } = await withItems();
    expect((await drop(ids[0])).status).toBe(204);
    const row = env.DB.prepare(
      "INSERT INTO license_facets (facet, value, created_at, license_id) SELECT 7, unhex(?2, '-'), created_at, unhex(id, '-') FROM licenses WHERE id = ?1",
    );
    await row.bind(made.id, ids[0]).run();
    await problemOf(await drop(ids[0]), 404, "NOT_FOUND");
    expect(idsOf(await read(path))).toEqual([ids[1]]);
    await env.DB.prepare("DELETE FROM license_facets WHERE value = unhex(?, '-')").bind(ids[0]).run();
  });

  it("MGMT-5: needs license:write", async () => {
    const { path, ids } = await withItems();
    await problemOf(await drop(ids[0], await mint(["license:read", "user:write"])), 403, "FORBIDDEN");
    await problemOf(await v3("DELETE", `/licenses/metadata/${ids[0]}`, { token: null }), 401, "UNAUTHORIZED");
    expect(idsOf(await read(path))).toEqual(ids);
    expect((await drop(ids[0], await mint(["license:write"]))).status).toBe(204);
  });

  it("MGMT-3: an item has no entity tag, so that If-Match with one is 412", async () => {
    const { path, ids } = await withItems();
    const headers = { "If-Match": '"5f1c0e6f0d1b4f7c9a3e2d8b7c6a5e41"' };
    await problemOf(await v3("DELETE", `/licenses/metadata/${ids[0]}`, { headers }), 412, "PRECONDITION_FAILED");
    expect(idsOf(await read(path))).toEqual(ids);
  });

  it("ERR-3: takes no other method", async () => {
    const { ids } = await withItems();
    for (const method of ["GET", "PATCH"])
      expect((await v3(method, `/licenses/metadata/${ids[0]}`, method === "GET" ? {} : { body: {} })).status).toBe(405);
  });
});
