/** What licenses and users show of their tags (REF-1). */

import { describe, expect, it } from "vitest";
import { csvTable } from "../support/csv.ts";
import { created, license, listOf, read, rowCounts, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { changed, loggedOf, removeTag, tag, tagName } from "../support/tags.ts";

describe("tags of licenses", () => {
  it("REF-1: are given by name, shown by the name of now, and no more once they are deleted", async () => {
    const [a, b] = [await tag(), await tag()];
    const resource = await license({ tags: [b.name, ` ${a.name} `] });
    const path = `/licenses/${resource.id}`;
    const shownEverywhere = async (tags: unknown) => {
      expect((await read(path)).tags).toEqual(tags);
      const listed = await listOf(await v3("GET", "/licenses?sort=-createdAt&limit=100"));
      expect(listed.find(({ id }) => id === resource.id)?.tags).toEqual(tags);
    };
    expect(resource.tags).toEqual([b.name, a.name]);
    await shownEverywhere([b.name, a.name]);
    const renamed = String((await changed(`/tags/${a.id}`, { name: tagName() })).name);
    await shownEverywhere([b.name, renamed]);
    await changed(path, { notes: "born" });
    await shownEverywhere([b.name, renamed]);
    await removeTag(b);
    await shownEverywhere([renamed]);
    expect(await changed(path, { allowedActivations: 2 })).toMatchObject({ tags: [renamed] });
    const again = await tag({ name: b.name });
    await shownEverywhere([renamed]);
    expect(await changed(path, { tags: [again.name] })).toMatchObject({ tags: [again.name] });
    expect(await changed(path, { tags: null })).toMatchObject({ tags: [again.name] });
    expect(await changed(path, { tags: [] })).toMatchObject({ tags: [] });
    await shownEverywhere([]);
  });

  it("EVT-1: a change tells the names before and after; the same tags again are no change", async () => {
    const [a, b] = [await tag(), await tag()];
    const resource = await license({ tags: [a.name] });
    const path = `/licenses/${resource.id}`;
    const other = await changed(path, { tags: [a.name, b.name] });
    const renamed = await changed(`/tags/${a.id}`, { name: tagName() });
    expect((await changed(path, { tags: [renamed.name, b.name] })).updatedAt).toBe(other.updatedAt);
    await changed(path, { tags: [] });
    await loggedOf(resource.id, 3);
    const events = await listOf(await v3("GET", `/event-logs?resourceId=${resource.id}`));
    expect(events.map(({ event, changes, data }) => ({ event, changes, tags: (data as Json).tags }))).toEqual([
      { event: "license.created", changes: {}, tags: [a.name] },
      {
        event: "license.updated",
        changes: { tags: { before: [a.name], after: [a.name, b.name] } },
        tags: [a.name, b.name],
      },
      { event: "license.updated", changes: { tags: { before: [a.name, b.name], after: [] } }, tags: [] },
    ]);
  });

  it("REF-1: unknown names, names twice and too many are 400, and nothing is written", async () => {
    const { name: known } = await tag();
    const resource = await license();
    const before = await rowCounts();
    for (const [tags, pointer] of [
      [[known, "nobody's"], "/tags/1"],
      [[known, ` ${known}`], "/tags/1"],
      [[String(known).toUpperCase()], "/tags/0"],
      [["a", "b", "c", "d", "e", "f"], "/tags"],
      [[7], "/tags/0"],
      [[""], "/tags/0"],
      ["vip", "/tags"],
    ] as const) {
      const posted = await v3("POST", "/licenses", { body: { productId: resource.productId, tags } });
      expect(pointersOf(await problemOf(posted, 400, "INVALID_REQUEST"))).toEqual([pointer]);
      const patched = await v3("PATCH", `/licenses/${resource.id}`, { body: { tags, notes: "n" } });
      expect(pointersOf(await problemOf(patched, 400, "INVALID_REQUEST"))).toEqual([pointer]);
    }
    expect(await rowCounts()).toEqual(before);
    expect(await read(`/licenses/${resource.id}`)).toEqual(resource);
  });
});

describe("tags of users", () => {
  const email = () => `${crypto.randomUUID()}@example.test`;

  it("REF-1: at most ten, by name; renamed and deleted tags are seen at once", async () => {
    const [a, b] = [await tag(), await tag()];
    const resource = await created("/users", { email: email(), tags: [a.name, b.name] });
    const path = `/users/${resource.id}`;
    expect(resource.tags).toEqual([a.name, b.name]);
    expect(await changed(path, resource)).toEqual(resource);
    const renamed = await changed(`/tags/${a.id}`, { name: tagName() });
    await removeTag(b);
    expect(await read(path)).toMatchObject({ tags: [renamed.name] });
    const listed = await listOf(await v3("GET", `/users?email=${resource.email}`));
    expect(listed).toMatchObject([{ tags: [renamed.name] }]);
    expect(await changed(path, { tags: [] })).toMatchObject({ tags: [] });
    const ten = await Promise.all(Array.from({ length: 10 }, async () => (await tag()).name));
    expect(await changed(path, { tags: ten })).toMatchObject({ tags: ten });
    for (const [tags, pointer] of [
      [[...ten, a.name], "/tags"],
      [[ten[0], ten[0]], "/tags/1"],
      [["nobody's"], "/tags/0"],
    ] as const) {
      const patched = await v3("PATCH", path, { body: { tags, company: "c" } });
      expect(pointersOf(await problemOf(patched, 400, "INVALID_REQUEST"))).toEqual([pointer]);
    }
    expect(await read(path)).toMatchObject({ tags: ten, company: null });
  });

  it("MGMT-1: lists find who has a tag, by the name of now, and nobody by a tag that is gone", async () => {
    const [a, b] = [await tag(), await tag()];
    const user = await created("/users", { email: email(), tags: [a.name, b.name] });
    const sold = await license({ tags: [a.name] });
    const renamed = String((await changed(`/tags/${a.id}`, { name: tagName() })).name);
    await changed(`/licenses/${sold.id}`, { tags: [renamed, b.name] });
    const found = async (path: string, given: unknown) =>
      (await listOf(await v3("GET", `${path}?${new URLSearchParams({ tag: String(given) })}`))).map(({ id }) => id);
    for (const given of [renamed, b.name]) {
      expect(await found("/users", given)).toEqual([user.id]);
      expect(await found("/licenses", given)).toEqual([sold.id]);
    }
    await removeTag(b);
    for (const given of [a.name, b.name])
      for (const path of ["/users", "/licenses"]) expect(await found(path, given)).toEqual([]);
  });

  it("REF-1: exports name the tags of now", async () => {
    const [a, b] = [await tag(), await tag()];
    const user = await created("/users", { email: email(), tags: [a.name, b.name] });
    const sold = await license({ tags: [b.name, a.name] });
    await removeTag(b);
    const renamed = await changed(`/tags/${a.id}`, { name: tagName() });
    for (const [path, id] of [
      ["/users/export", user.id],
      ["/licenses/export", sold.id],
    ] as const) {
      const rows = csvTable(await (await v3("GET", path)).text());
      expect(rows.find((row) => row.id === id)?.tags).toBe(renamed.name);
    }
  });

  it("EVT-1: events of users name their tags", async () => {
    const [a, b] = [await tag(), await tag()];
    const resource = await created("/users", { email: email(), tags: [a.name] });
    await changed(`/users/${resource.id}`, { tags: [b.name] });
    await v3("DELETE", `/users/${resource.id}`);
    await loggedOf(resource.id, 3);
    const events = await listOf(await v3("GET", `/event-logs?resourceId=${resource.id}`));
    expect(events.map(({ changes, data }) => [changes, (data as Json).tags])).toEqual([
      [{}, [a.name]],
      [{ tags: { before: [a.name], after: [b.name] } }, [b.name]],
      [{}, [b.name]],
    ]);
  });
});
