/** `/v3/activations` over HTTP: reading, listing, finding (MGMT-1, MGMT-2, LEASE-6). */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { locatorOf } from "../../src/domain/terms/identifier.ts";
import { sha256Hex } from "../../src/tokens/sha256.ts";
import { listed, manned, statusOf } from "../support/activations.ts";
import { ROOT_SECRET } from "../support/bindings.ts";
import { created, jsonOf, license, listOf, mint, read, v3 } from "../support/management.ts";
import { runOtherVersion } from "../support/other-version.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { activated, bearer, documentOf, post } from "../support/shop.ts";

const HOUR = 3_600_000;
const FLOATING = { type: "hosted-floating", leaseDuration: 3600 };

afterEach(() => {
  vi.useRealTimers();
});

function objectOf(id: unknown) {
  return env.LICENSES.get(env.LICENSES.idFromName(locatorOf(String(id)) ?? ""));
}

describe("one activation", () => {
  it("NET-2: has every member of v3's activation, in their order, then ours; the fingerprint is none of them", async () => {
    const made = await license({ ...FLOATING, validity: 86_400 });
    const told = { email: "ada@example.test", hostname: "pc", vmName: "vm", container: false, userHash: "secret user" };
    const body = { activationCode: made.key, fingerprint: "secret device", ...told, targetSoftwareVersion: "1.2" };
    const from = { "CF-Connecting-IP": "192.0.2.7", "CF-IPCountry": "DE" };
    const document = await documentOf(await post("/license", body, undefined, from));
    const { sessionId, leaseExpiresAt, serverTime } = document;
    const shown = await read(`/activations/${sessionId}`);
    const nowhere = ["ipAddress", "countryCode", "countryName", "regionCode", "regionName", "city", "zipCode"];
    expect(Object.entries(shown)).toEqual(
      Object.entries({
        id: sessionId,
        createdAt: serverTime,
        updatedAt: serverTime,
        os: null,
        osVersion: null,
        hostname: "pc",
        location: {
          ...Object.fromEntries([...nowhere, "timeZone", "latitude", "longitude"].map((name) => [name, null])),
          ...{ ipAddress: "192.0.2.7", countryCode: "DE" },
        },
        vmName: "vm",
        container: false,
        appVersion: "1.2",
        releaseVersion: "1.2",
        releaseChannel: null,
        releasePlatform: null,
        offline: false,
        productId: made.productId,
        expiresAt: made.expiresAt,
        licenseId: made.id,
        lastSyncedAt: serverTime,
        meterAttributes: [],
        leaseExpiresAt,
        organization: null,
        user: null,
        metadata: [],
        email: "ada@example.test",
        overLimit: false,
        releasePublishedAt: null,
        device: (await sha256Hex("secret device")).slice(0, 32),
      }),
    );
    await vi.waitUntil(async () => (await listed(`licenseId=${made.id}`)).length === 1);
    expect(await listOf(await v3("GET", `/activations?licenseId=${made.id}`))).toEqual([shown]);
    expect(await listOf(await v3("GET", `/activations?id=${sessionId}`))).toEqual([shown]);
    expect(await read(`/activations/${sessionId.toUpperCase()}`)).toEqual(shown);
  });

  it("SNAP-1: names the license's user, whole where it is asked for", async () => {
    const user = await created("/users", { email: "grace@example.test", company: "Navy" });
    const { license: made, ids } = await manned(1, { userId: user.id });
    const copied = { id: user.id, email: "grace@example.test" };
    for (const [query, told] of [
      ["", copied],
      ["?include=organization", copied],
      ["?include=user", user],
      ["?include=organization&include=user", user],
      ["?include=user,organization", user],
    ] as const) {
      expect((await read(`/activations/${ids[0]}${query}`)).user).toEqual(told);
      const [inList] = await listOf(await v3("GET", `/activations?licenseId=${made.id}&${query.slice(1)}`));
      expect(inList?.user).toEqual(told);
    }
  });

  it("MGMT-5: a token without user:read is not shown whole users", async () => {
    const user = await created("/users", { email: "hidden@example.test", company: "Navy" });
    const { license: made, ids } = await manned(1, { userId: user.id });
    const token = await mint(["activation:read"]);
    for (const path of [`/${ids[0]}?`, `?licenseId=${made.id}&`]) {
      await problemOf(await v3("GET", `/activations${path}include=user`, { token }), 403, "FORBIDDEN");
    }
    expect((await v3("GET", `/activations/${ids[0]}`, { token })).status).toBe(200);
  });

  it("MGMT-2, LEASE-4: is the object's, by the clock, and reading it writes nothing", async () => {
    const { ids, documents } = await manned(2, FLOATING);
    const [first = "", second = ""] = ids;
    await env.DB.prepare("DELETE FROM activations WHERE id = ?").bind(first).run();
    expect(await statusOf(first)).toBe(200);
    vi.setSystemTime(Date.now() + HOUR / 2);
    const renewed = await post(`/${second}/renew`, undefined, bearer(documents[1] ?? { licenseToken: "" }));
    expect(renewed.status).toBe(200);
    vi.setSystemTime(Date.now() + HOUR / 2);
    const rows = () =>
      runInDurableObject(objectOf(first), (_, { storage }) => storage.sql.exec("SELECT * FROM activation").toArray());
    const before = await rows();
    await problemOf(await v3("GET", `/activations/${first}`), 404, "NOT_FOUND");
    expect(await statusOf(second)).toBe(200);
    expect(await rows()).toEqual(before);
  });

  it("STAND-2, STAND-3: stays while its license is suspended, and is gone when that is revoked or deleted", async () => {
    const { license: made, ids } = await manned(1);
    const [id = ""] = ids;
    await jsonOf(await v3("PATCH", `/licenses/${made.id}`, { body: { suspended: true } }), 200);
    expect(await statusOf(id)).toBe(200);
    await jsonOf(await v3("PATCH", `/licenses/${made.id}`, { body: { revoked: true } }), 200);
    expect(await statusOf(id)).toBe(404);
    const other = await manned(1);
    expect((await v3("DELETE", `/licenses/${other.license.id}`)).status).toBe(204);
    expect(await statusOf(other.ids[0] ?? "")).toBe(404);
  });

  it("ERR-3: unknown and malformed ids, and a license's own, are the same 404", async () => {
    const { id } = await license();
    const unknown = ["0190a5d4-0000-8000-8000-000000000001", crypto.randomUUID(), "none", "%00", String(id)];
    for (const method of ["GET", "DELETE"]) {
      for (const one of unknown) {
        const problem = await problemOf(await v3(method, `/activations/${one}`), 404, "NOT_FOUND");
        expect(problem.detail).toBe(
          "Nothing of this kind has this id. Compare it; it may have been deleted, or have ended.",
        );
      }
    }
  });

  it("OPS-1: is 503 where D1 knows it and its object is lost", async () => {
    const { license: made, ids } = await manned(1);
    await runInDurableObject(objectOf(made.id), (_, { storage }) => storage.deleteAll());
    await evictDurableObject(objectOf(made.id));
    for (const method of ["GET", "DELETE"]) {
      await problemOf(await v3(method, `/activations/${ids[0]}`), 503, "LICENSE_LOST");
    }
    const range = `licenseId=${made.id}&createdAt[gte]=2020-01-01T00:00:00Z`;
    await problemOf(await v3("DELETE", `/activations?${range}`), 503, "LICENSE_LOST");
    expect(await listed(`licenseId=${made.id}`)).toEqual(ids);
  });
});

describe("the list", () => {
  it("MGMT-1: pages by number and by Link, oldest first or last", async () => {
    const { license: made, ids } = await manned(5);
    const query = `licenseId=${made.id}&limit=2`;
    const answer = await v3("GET", `/activations?${query}`);
    expect(answer.headers.get("Pagination-Count")).toBe("5");
    const seen: unknown[] = [];
    for (let path: string | undefined = `/activations?${query}`; path !== undefined;) {
      const page: Response = await v3("GET", path);
      seen.push(...(await listOf(page)).map(({ id }) => id));
      path = /^<\/v3(.*)>; rel="next"$/.exec(page.headers.get("Link") ?? "")?.[1];
    }
    expect(seen.toSorted()).toEqual(ids.toSorted());
    expect(await listed(`${query}&page=3`)).toEqual(seen.slice(4));
    expect(await listed(`licenseId=${made.id}&sort=-createdAt`)).toEqual(seen.toReversed());
  });

  it("LEASE-6: of one license shows lease end and contact as its object has them, by one call; else D1's", async () => {
    const { license: made, documents, ids } = await manned(2, FLOATING);
    const [first] = documents;
    vi.setSystemTime(Date.now() + HOUR / 2);
    expect((await post(`/${ids[0]}/renew`, undefined, bearer(first ?? { licenseToken: "" }))).status).toBe(200);
    const now = new Date(Date.now() + HOUR).toISOString().slice(0, 16);
    const leases = async (query: string) =>
      (await listOf(await v3("GET", `/activations?${query}`))).map(({ leaseExpiresAt }) => String(leaseExpiresAt));
    const ofLicense = `licenseId=${made.id}`;
    const [renewed, kept] = await leases(ofLicense);
    expect(renewed?.slice(0, 16)).toBe(now);
    expect(kept).toBe(documents[1]?.leaseExpiresAt);
    const old = [first?.leaseExpiresAt, documents[1]?.leaseExpiresAt];
    expect(await leases(`productId=${made.productId}`)).toEqual(old);

    let asked = 0;
    await runOtherVersion(objectOf(made.id), (today) => ({
      contacts: async (...given) => {
        asked += 1;
        return await today.contacts(...given);
      },
    }));
    expect(await leases(ofLicense)).toEqual([renewed, kept]);
    expect(asked).toBe(1);
    await evictDurableObject(objectOf(made.id));
    await runOtherVersion(objectOf(made.id), () => ({ contacts: null }));
    expect(await leases(ofLicense)).toEqual(old);
  });

  it("MGMT-1: finds by id, license, key, product, user, version and times, in every spelling", async () => {
    const user = await created("/users", { email: "edith@example.test" });
    const { license: made, ids } = await manned(2, { userId: user.id });
    const [first, second] = ids;
    const last = await activated(String(made.key), "third", { targetSoftwareVersion: "2.0" });
    await vi.waitUntil(async () => (await listed(`licenseId=${made.id}`)).length === 3);
    const all = [first, second, last.sessionId].toSorted();
    const other = await manned(1, { productId: made.productId });
    const between = (await read(`/activations/${last.sessionId}`)).createdAt;
    const found = async (query: string) => (await listed(query)).toSorted();
    const ofLicense = `licenseId=${made.id}`;
    for (const [query, expected] of [
      [`id=${first}`, [first]],
      [`id[in][]=${first}&id[in][]=${second}`, [first, second].toSorted()],
      [`licenseId[eq]=${String(made.id).toUpperCase()}`, all],
      [`license.key=${encodeURIComponent(String(made.key).toLowerCase())}`, all],
      [`productId=${made.productId}`, [...all, ...other.ids].toSorted()],
      [`productId=${made.productId}&licenseId=${other.license.id}`, other.ids],
      [`userId=${user.id}`, all],
      [`${ofLicense}&releaseVersion=2.0`, [last.sessionId]],
      [`${ofLicense}&createdAt[gte]=${between}`, [last.sessionId]],
      [`${ofLicense}&createdAt[lt]=${between}`, [first, second].toSorted()],
      [`${ofLicense}&lastSyncedAt[gt]=${between}`, []],
      [`${ofLicense}&updatedAt[lte]=${between}`, all],
      [`licenseId=${crypto.randomUUID()}`, []],
      ["license.key=none", []],
      [`userId=${crypto.randomUUID()}`, []],
      [`license.key[in][]=none&license.key[in][]=${encodeURIComponent(String(made.key))}`, all],
      [`${ofLicense}&releaseVersion=`, [first, second].toSorted()],
      [`${ofLicense}&releaseVersion[sw]=2`, [last.sessionId]],
      ["search=edith", all],
      // Out of scope: accepted, and nobody's.
      ["organizationId=1&os=linux&location.countryCode=DE&metadata.key=a&metadata.value=b", []],
    ] as const) {
      expect([query, await found(query)]).toEqual([query, expected]);
    }
  });

  it("MGMT-1: a filter by key follows the key that the license has now", async () => {
    const { license: made, ids } = await manned(1);
    await jsonOf(await v3("PATCH", `/licenses/${made.id}`, { body: { key: "A NEW KEY" } }), 200);
    expect(await listed("license.key=A%20NEW%20KEY")).toEqual(ids);
    expect(await listed(`license.key=${made.key}`)).toEqual([]);
  });

  it("MGMT-1, MGMT-5: who may read activations alone cannot spell a key out", async () => {
    const { license: made } = await manned(1, { metadata: [{ key: "order", value: "hidden" }] });
    const ofLicense = `licenseId=${made.id}`;
    const start = String(made.key).slice(0, 6);
    for (const operator of ["sw", "ew", "cn", "nc", "ne", "nin"]) {
      const path = `/activations?${ofLicense}&license.key[${operator}]=${start}`;
      expect(pointersOf(await problemOf(await v3("GET", path), 400, "INVALID_REQUEST"))).toEqual([
        `/license.key[${operator}]`,
      ]);
    }
    for (const search of [start, String(made.key), "hidden"])
      expect(await listed(`${ofLicense}&search=${search}`)).toEqual([]);
  });

  it("MGMT-1: unknown filters, operators and sorts are 400 at their pointer", async () => {
    for (const [query, pointer] of [
      ["licenseId[like]=a", "/licenseId[like]"],
      ["createdAt=yesterday", "/createdAt"],
      ["sort=hostname", "/sort"],
      ["limit=101", "/limit"],
      ["licenseId=none", "/licenseId"],
      ["userId=%00", "/userId"],
      ["include=everything", "/include"],
    ] as const) {
      const problem = await problemOf(await v3("GET", `/activations?${query}`), 400, "INVALID_REQUEST");
      expect([query, pointersOf(problem)]).toEqual([query, [pointer]]);
    }
  });
});

describe("permissions", () => {
  it("MGMT-5: activation:read reads, activation:write deletes, neither does the other's", async () => {
    const { license: made, ids } = await manned(1);
    const [reader, writer] = [await mint(["activation:read"]), await mint(["activation:write"])];
    const other = await mint(["license:read", "license:write"]);
    const one = `/activations/${ids[0]}`;
    const many = `/activations?licenseId=${made.id}&createdAt[gte]=2020-01-01T00:00:00Z`;
    for (const path of [one, many]) {
      for (const method of ["GET", "DELETE"]) {
        await problemOf(await v3(method, path, { token: null }), 401, "UNAUTHORIZED");
        const wrong = method === "GET" ? writer : reader;
        for (const token of [wrong, other, ROOT_SECRET]) {
          await problemOf(await v3(method, path, { token }), 403, "FORBIDDEN");
        }
      }
      expect((await v3("GET", path, { token: reader })).status).toBe(200);
    }
    expect((await v3("DELETE", one, { token: writer })).status).toBe(204);
    expect((await v3("DELETE", many, { token: writer })).status).toBe(204);
    await problemOf(await v3("PUT", one), 405, "METHOD_NOT_ALLOWED");
  });
});
