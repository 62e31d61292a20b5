/** Tags over /v3: the resource (MGMT-1, MGMT-3, MGMT-5). */

import { describe, expect, it } from "vitest";
import { ROOT_SECRET } from "../support/bindings.ts";
import { deleteIf, expectUntouched, patchIf, readTagged, tagOf } from "../support/entity-tags.ts";
import { jsonOf, listOf, mint, read, rowCounts, v3 } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { changed, loggedOf, removeTag, tag, tagName } from "../support/tags.ts";

describe("the resource", () => {
  it("every member; the name is trimmed", async () => {
    const given = tagName();
    const answer = await v3("POST", "/tags", { body: { name: `  ${given}\t`, description: "for friends", color: 1 } });
    const location = answer.headers.get("Location");
    const resource = await jsonOf(answer, 201);
    expect(resource).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      updatedAt: resource.createdAt,
      name: given,
      description: "for friends",
    });
    expect(location).toBe(`/v3/tags/${resource.id}`);
    expect(await read(`/tags/${String(resource.id).toUpperCase()}`)).toEqual(resource);
    expect(await tag({ description: null })).toMatchObject({ description: null });
  });

  it("IN-1, IN-2: a PATCH changes what it names; null clears the description; read-only members may be named", async () => {
    const resource = await tag({ description: "d" });
    expect(await changed(`/tags/${resource.id}`, resource)).toEqual(resource);
    const renamed = tagName();
    expect(await changed(`/tags/${resource.id}`, { name: renamed, description: null })).toMatchObject({
      name: renamed,
      description: null,
      createdAt: resource.createdAt,
    });
    for (const [member, value] of [
      ["id", crypto.randomUUID()],
      ["createdAt", "2020-01-01T00:00:00Z"],
    ] as const) {
      const answer = await v3("PATCH", `/tags/${resource.id}`, { body: { name: tagName(), [member]: value } });
      expect(pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))).toEqual([`/${member}`]);
    }
    expect(await read(`/tags/${resource.id}`)).toMatchObject({ name: renamed });
  });

  it("a name is taken once, and its case counts", async () => {
    const first = await tag();
    const other = await tag();
    const before = await rowCounts();
    for (const taken of [first.name, ` ${first.name} `]) {
      const refused = await problemOf(await v3("POST", "/tags", { body: { name: taken } }), 409, "ALREADY_EXISTS");
      expect(pointersOf(refused)).toEqual(["/name"]);
      const patched = await v3("PATCH", `/tags/${other.id}`, { body: { name: taken, description: "d" } });
      expect(pointersOf(await problemOf(patched, 409, "ALREADY_EXISTS"))).toEqual(["/name"]);
    }
    expect(await rowCounts()).toEqual(before);
    expect(await read(`/tags/${other.id}`)).toEqual(other);
    expect((await tag({ name: String(first.name).toUpperCase() })).id).not.toBe(first.id);
    const wanted = tagName();
    const sent = Array.from({ length: 6 }, () => v3("POST", "/tags", { body: { name: wanted } }));
    const statuses = (await Promise.all(sent)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([201, 409, 409, 409, 409, 409]);
  });

  it("MGMT-3: a changed name or description changes the ETag; with an old one PATCH and DELETE are 412", async () => {
    const resource = await tag();
    const path = `/tags/${resource.id}`;
    const { tag: first } = await readTagged(path);
    expect(tagOf(await v3("PATCH", path, { body: resource }))).toBe(first);
    const described = tagOf(await patchIf(path, first, { description: "d" }));
    const renamed = tagOf(await patchIf(path, described, { name: tagName() }));
    expect(new Set([first, described, renamed]).size).toBe(3);
    for (const stale of [first, described]) {
      await expectUntouched(path, resource.id, () => patchIf(path, stale, { description: "e" }));
      await expectUntouched(path, resource.id, () => deleteIf(path, stale));
    }
    const answers = await Promise.all([deleteIf(path, renamed), patchIf(path, renamed, { description: "f" })]);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it("MGMT-1: lists by id, name and instants, in orders, and refuses what it does not know", async () => {
    const [a, b] = [await tag({ description: "Only Colleagues" }), await tag()];
    const list = async (query: string) => (await listOf(await v3("GET", `/tags?${query}`))).map(({ id }) => id);
    expect(await list(`name=${a.name}`)).toEqual([a.id]);
    expect(await list(`id[in][]=${a.id}&id[in][]=${String(b.id).toUpperCase()}&sort=-name`)).toEqual([b.id, a.id]);
    expect(await list(`id=${a.id}&createdAt[gte]=${a.createdAt}`)).toEqual([a.id]);
    expect(await list(`id=${a.id}&updatedAt[lt]=${a.createdAt}`)).toEqual([]);
    expect(await list("search=colleag")).toEqual([a.id]);
    expect(await list(`description[cn]=colleague&id=${a.id}`)).toEqual([a.id]);
    expect(await list("name=nobody")).toEqual([]);
    const page = await v3("GET", "/tags?limit=1&sort=-createdAt");
    expect(page.headers.get("Link")).toContain('rel="next"');
    expect(Number(page.headers.get("Pagination-Count"))).toBeGreaterThanOrEqual(2);
    for (const query of ["color=a", "sort=id", "name[gt]=a"])
      await problemOf(await v3("GET", `/tags?${query}`), 400, "INVALID_REQUEST");
  });

  it("MGMT-5: tag:read reads, tag:write writes, anything else may neither", async () => {
    const resource = await tag();
    const [reader, writer, other] = [await mint(["tag:read"]), await mint(["tag:write"]), await mint(["user:write"])];
    const path = `/tags/${resource.id}`;
    const calls = [
      { scope: "read", call: (token: string | null) => v3("GET", path, { token }) },
      { scope: "read", call: (token: string | null) => v3("GET", "/tags", { token }) },
      { scope: "write", call: (token: string | null) => v3("PATCH", path, { token, body: { description: "a" } }) },
      { scope: "write", call: (token: string | null) => v3("POST", "/tags", { token, body: { name: tagName() } }) },
      { scope: "write", call: (token: string | null) => v3("DELETE", path, { token }) },
    ];
    for (const { scope, call } of calls) {
      await problemOf(await call(null), 401, "UNAUTHORIZED");
      for (const token of [other, ROOT_SECRET, scope === "read" ? writer : reader])
        await problemOf(await call(token), 403, "FORBIDDEN");
      expect((await call(scope === "read" ? reader : writer)).ok).toBe(true);
    }
  });

  it("ERR-1, ERR-3: bad members and unknown ids, and nothing is written", async () => {
    const resource = await tag();
    const before = await rowCounts();
    for (const [members, pointer] of [
      [{ name: "" }, "/name"],
      [{ name: "  " }, "/name"],
      [{ name: 7 }, "/name"],
      [{ name: "x".repeat(257) }, "/name"],
      [{ description: "x".repeat(4097) }, "/description"],
      [{ description: [] }, "/description"],
    ] as const) {
      const posted = await v3("POST", "/tags", { body: { name: tagName(), ...members } });
      expect(pointersOf(await problemOf(posted, 400, "INVALID_REQUEST"))).toEqual([pointer]);
      const patched = await v3("PATCH", `/tags/${resource.id}`, { body: members });
      expect(pointersOf(await problemOf(patched, 400, "INVALID_REQUEST"))).toEqual([pointer]);
    }
    await problemOf(await v3("POST", "/tags", { body: {} }), 400, "INVALID_REQUEST");
    for (const id of [crypto.randomUUID(), "none"]) {
      for (const method of ["GET", "PATCH", "DELETE"])
        await problemOf(await v3(method, `/tags/${id}`), 404, "NOT_FOUND");
    }
    await problemOf(await v3("PUT", "/tags"), 405, "METHOD_NOT_ALLOWED");
    expect(await rowCounts()).toEqual(before);
  });

  it("EVT-1: each change has its event, no change has none", async () => {
    const resource = await tag();
    await changed(`/tags/${resource.id}`, { description: "d" });
    await changed(`/tags/${resource.id}`, { description: "d" });
    await removeTag(resource);
    const events = await loggedOf(resource.id, 3);
    expect(events.map(({ type }) => type)).toEqual(["tag.created", "tag.updated", "tag.deleted"]);
    expect(JSON.parse(String(events[1]?.body))).toMatchObject({
      changes: { description: { before: null, after: "d" } },
      data: { name: resource.name },
    });
    const shown = await listOf(await v3("GET", `/event-logs?resourceId=${resource.id}`));
    expect(shown[2]).toMatchObject({
      event: "tag.deleted",
      data: { id: resource.id, name: resource.name, description: "d" },
    });
  });
});
