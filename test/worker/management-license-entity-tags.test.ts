/** Licenses: `ETag` of every answer that shows one, and `If-Match` compared inside the license's object (MGMT-3). */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { deleteIf, expectUntouched, patchIf, readTagged, STALE, tagOf } from "../support/entity-tags.ts";
import { created, jsonOf, license, mint, productId, read, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { activated, tryActivate } from "../support/shop.ts";

const UNKNOWN = "0199f6a0-0000-7000-8000-00000000beef";
let made = 0;

function pathOf({ id }: Json): string {
  return `/licenses/${id}`;
}

async function born(members: Json = {}): Promise<Json> {
  const unborn = await license(members);
  return await jsonOf(await v3("PATCH", pathOf(unborn), { body: { notes: "born" } }), 200);
}

async function user(): Promise<Json> {
  made += 1;
  return await created("/users", { email: `tagged.${made}@example.test` });
}

async function keysOf({ id }: Json): Promise<readonly unknown[]> {
  const rows = env.DB.prepare("SELECT key FROM license_keys WHERE license_id = ? ORDER BY key").bind(id);
  return (await rows.all()).results.map(({ key }) => key);
}

describe("the tag", () => {
  it("MGMT-3: is the same in every answer while nothing that PATCH accepts changes, renewals and activations included", async () => {
    const body = { productId: await productId(), validity: 86_400, externalReference: "tagged", allowedActivations: 2 };
    const first = await v3("POST", "/licenses", { body });
    const tag = tagOf(first);
    const resource = await jsonOf(first, 201);
    const path = pathOf(resource);
    expect((await readTagged(path)).tag).toBe(tag);
    const again = await v3("POST", "/licenses", { body });
    expect([again.status, tagOf(again)]).toEqual([200, tag]);
    await activated(String(resource.key));
    expect(await readTagged(path)).toMatchObject({ tag, resource: { totalActivations: 1 } });
    for (const [method, more, sent] of [
      ["POST", "/renew", {}],
      ["POST", "/extend", { extensionLength: 60 }],
      ["PATCH", "/expires-at", { expiresAt: "2040-01-01T00:00:00Z" }],
      ["PATCH", "", { notes: null, allowedActivations: 2 }],
    ] as const)
      expect(tagOf(await v3(method, `${path}${more}`, { body: sent }))).toBe(tag);
    expect(await readTagged(path)).toMatchObject({ tag, resource: { expiresAt: "2040-01-01T00:00:00.000Z" } });
    expect((await v3("GET", "/licenses")).headers.has("ETag")).toBe(false);
    expect((await v3("GET", `${path}/usage`)).headers.has("ETag")).toBe(false);
  });

  it("MGMT-3: changes with metadata, key and user, and comes back with them", async () => {
    const resource = await license();
    const path = pathOf(resource);
    const { tag } = await readTagged(path);
    const person = await user();
    const changes: readonly (readonly [Json, Json])[] = [
      [{ metadata: [{ key: "k", value: "v" }] }, { metadata: [] }],
      [{ key: "another key of it" }, { key: resource.key }],
      [{ userId: person.id }, { userId: null }],
    ];
    for (const [there, back] of changes) {
      const other = tagOf(await v3("PATCH", path, { body: there }));
      expect(other).not.toBe(tag);
      expect((await readTagged(path)).tag).toBe(other);
      expect(tagOf(await v3("PATCH", path, { body: back }))).toBe(tag);
    }
  });

  it("MGMT-3: the copied e-mail of its user does not change it", async () => {
    const person = await user();
    const { tag, resource } = await readTagged(pathOf(await license({ userId: person.id })));
    await jsonOf(await v3("PATCH", `/users/${person.id}`, { body: { email: "renamed@example.test" } }), 200);
    await jsonOf(await v3("PATCH", pathOf(resource), { body: { userId: person.id } }), 200);
    expect(await readTagged(pathOf(resource))).toMatchObject({ tag, resource: { user: { id: person.id } } });
  });
});

describe.each([
  { state: "an unborn license", make: license },
  { state: "a license in its object", make: born },
])("If-Match on $state", ({ make }) => {
  it("MGMT-3: PATCH with the tag changes it and answers another tag; with the old one it is 412 and nothing happens", async () => {
    const path = pathOf(await make());
    const { tag } = await readTagged(path);
    const changed = await patchIf(path, tag, { notes: "changed" });
    expect(tagOf(changed)).not.toBe(tag);
    const resource = await jsonOf(changed, 200);
    expect(resource.notes).toBe("changed");
    const { id } = resource;
    await expectUntouched(path, id, () => patchIf(path, tag, { notes: "stale" }));
    await expectUntouched(path, id, () => patchIf(path, tag, {}));
    await expectUntouched(path, id, () => patchIf(path, tag, { key: "a key that stays free" }));
    expect(await keysOf(resource)).toEqual([resource.key]);
  });

  it("MGMT-3: expires-at and DELETE with a stale tag are 412 and do nothing, with the tag they do it", async () => {
    const resource = await make({ validity: 86_400 });
    const path = pathOf(resource);
    const { tag } = await readTagged(path);
    const setEnd = (ifMatch: string) => patchIf(`${path}/expires-at`, ifMatch, { expiresAt: null });
    await problemOf(await setEnd(STALE), 412, "PRECONDITION_FAILED");
    await problemOf(await deleteIf(path, STALE), 412, "PRECONDITION_FAILED");
    expect(await readTagged(path)).toEqual({ tag, resource });
    const ended = await setEnd(tag);
    expect(tagOf(ended)).toBe(tag);
    expect(await jsonOf(ended, 200)).toMatchObject({ expiresAt: null });
    expect((await deleteIf(path, tag)).status).toBe(204);
    await problemOf(await tryActivate(String(resource.key)), 404, "activation-code-unknown");
  });

  it("MGMT-3: of two changes with one tag exactly one is made, changes that reserve included", async () => {
    const [ada, bob] = [await user(), await user()];
    made += 1;
    const pairs: readonly (readonly [Json, Json])[] = [
      [{ notes: "one" }, { notes: "two" }],
      [{ key: `one ${made}` }, { key: `two ${made}` }],
      [{ key: `three ${made}` }, { notes: "three" }],
      [{ notes: "four" }, { userId: ada.id }],
      [{ userId: ada.id }, { userId: bob.id }],
      [{ key: `six ${made}`, userId: bob.id }, { suspended: true }],
    ];
    for (const bodies of pairs) {
      const path = pathOf(await make());
      const { tag } = await readTagged(path);
      const answers = await Promise.all(bodies.map((body) => patchIf(path, tag, body)));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412]);
      const winner = answers.find(({ status }) => status === 200);
      if (winner === undefined) throw new Error("there is one");
      expect(await readTagged(path)).toEqual({ tag: tagOf(winner), resource: await jsonOf(winner, 200) });
    }
  });

  it("MGMT-3: of a change and a deletion with one tag exactly one is made", async () => {
    const path = pathOf(await make());
    const { tag } = await readTagged(path);
    const answers = await Promise.all([patchIf(path, tag, { notes: "kept" }), deleteIf(path, tag)]);
    expect([
      [200, 412],
      [404, 204],
    ]).toContainEqual(answers.map(({ status }) => status));
  });
});

describe("what an If-Match may be", () => {
  it("MGMT-3: any state, or one of several tags; weak tags match nothing", async () => {
    const resource = await born();
    const path = pathOf(resource);
    const current = async () => (await readTagged(path)).tag;
    expect((await patchIf(path, "*", { notes: "1" })).status).toBe(200);
    expect((await patchIf(path, `${STALE} ,, ${await current()}`, { notes: "2" })).status).toBe(200);
    expect((await patchIf(path, `W/${STALE},${await current()}`, { notes: "3" })).status).toBe(200);
    const weak = `W/${await current()}`;
    await expectUntouched(path, resource.id, () => patchIf(path, weak, { notes: "4" }));
    await expectUntouched(path, resource.id, () => patchIf(path, `${STALE}, "", "é"`, { notes: "5" }));
    await expectUntouched(path, resource.id, () => deleteIf(path, weak));
  });

  it("MGMT-3: anything else is 400 and changes nothing", async () => {
    const resource = await born();
    const path = pathOf(resource);
    const bare = (await readTagged(path)).tag.slice(1, -1);
    const malformed = [bare, `"${bare}`, `'${bare}'`, `w/"${bare}"`, `W/ "${bare}"`, `"a" "b"`, `*, "${bare}"`, "**"];
    for (const ifMatch of [...malformed, `"a b"`, ",", "W/", '"', `"${"a".repeat(4096)}"`]) {
      for (const answer of [
        await patchIf(path, ifMatch, { notes: "x" }),
        await patchIf(`${path}/expires-at`, ifMatch, { expiresAt: "2030-01-01T00:00:00Z" }),
        await deleteIf(path, ifMatch),
      ]) {
        const problem = await problemOf(answer, 400, "INVALID_REQUEST");
        expect([ifMatch, problem.detail, pointersOf(problem)]).toEqual([
          ifMatch,
          expect.stringContaining("If-Match"),
          [""],
        ]);
      }
    }
    expect(await read(path)).toEqual(resource);
  });

  it("MGMT-3: it comes after 401, 403 and 404, and before what is wrong with the change itself", async () => {
    const resource = await born();
    const other = await born();
    const path = pathOf(resource);
    const headers = { "If-Match": STALE };
    const asked = { body: { notes: "x" }, headers };
    await problemOf(await v3("PATCH", path, { ...asked, token: null }), 401, "UNAUTHORIZED");
    const reader = await mint(["license:read"]);
    await problemOf(await v3("PATCH", path, { ...asked, token: reader }), 403, "FORBIDDEN");
    await problemOf(await v3("DELETE", path, { headers, token: reader }), 403, "FORBIDDEN");
    const gone = `/licenses/${String(resource.id).slice(0, -12)}000000000000`;
    for (const body of [{ notes: "x" }, { userId: UNKNOWN }])
      for (const ifMatch of [STALE, "*"]) await problemOf(await patchIf(gone, ifMatch, body), 404, "NOT_FOUND");
    await problemOf(await deleteIf(gone, "*"), 404, "NOT_FOUND");
    const refused: readonly Json[] = [
      { userId: UNKNOWN },
      { licensedProductIds: [resource.productId, UNKNOWN] },
      { licensedProductIds: [other.productId] },
      { key: other.key },
      { type: "hosted-floating" },
    ];
    for (const body of refused) {
      await expectUntouched(path, resource.id, () => patchIf(path, STALE, body));
      expect([400, 409]).toContain((await patchIf(path, "*", body)).status);
    }
    await problemOf(await patchIf(path, STALE, { notes: 7 }), 400, "INVALID_REQUEST");
    expect(await read(path)).toEqual(resource);
  });
});
