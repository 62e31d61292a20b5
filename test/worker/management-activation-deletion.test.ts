/**
 * `DELETE /v3/activations` over HTTP: one activation, or those of a license and a time (CNT-1, SEAT-10, EXP-3, MGMT-2).
 */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { locatorOf } from "../../src/domain/terms/identifier.ts";
import { listed, manned, removed, statusOf } from "../support/activations.ts";
import { jsonOf, license, listOf, read, v3, type Json } from "../support/management.ts";
import { handedOver } from "../support/objects.ts";
import { runOtherVersion } from "../support/other-version.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { activated, bearer, documentOf, post, tryActivate } from "../support/shop.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

const HOUR = 3_600_000;
const FLOATING = { type: "hosted-floating", leaseDuration: 3600 };
const EVER = "createdAt[gte]=2020-01-01T00:00:00Z";

afterEach(() => {
  vi.useRealTimers();
});

function objectOf(id: unknown) {
  return env.LICENSES.get(env.LICENSES.idFromName(locatorOf(String(id)) ?? ""));
}

/** Types, actors and activations of what the log has of a license, in order. */
async function logged(licenseId: unknown): Promise<readonly Json[]> {
  await handedOver();
  const rows = await env.DB.prepare(
    `SELECT type, actor ->> 'type' AS actor, body ->> '$.data.id' AS id FROM ${EVENTS} WHERE subject_id = ? ORDER BY sequence`,
  )
    .bind(licenseId)
    .all<Json>();
  return rows.results;
}

/** D1 takes nothing of the objects' activations until it heals. */
async function cutOff(): Promise<() => Promise<void>> {
  const refuse = "BEGIN SELECT RAISE(ABORT, 'Network connection lost.'); END";
  await env.DB.prepare(`CREATE TRIGGER cut_off BEFORE DELETE ON activations ${refuse}`).run();
  return async () => void (await env.DB.prepare("DROP TRIGGER cut_off").run());
}

describe("one activation", () => {
  it("CNT-1, MGMT-2: 204, off the lists at once, its seat is free, and it counts as no deactivation", async () => {
    const { license: made, ids } = await manned(1, { allowedActivations: 1, allowedDeactivations: 0 });
    const [id = ""] = ids;
    expect((await tryActivate(String(made.key), "another")).status).toBe(409);
    await removed(`/${id.toUpperCase()}`);
    expect(await listed(`licenseId=${made.id}`)).toEqual([]);
    await problemOf(await v3("GET", `/activations/${id}`), 404, "NOT_FOUND");
    await problemOf(await v3("DELETE", `/activations/${id}`), 404, "NOT_FOUND");
    expect(await read(`/licenses/${made.id}`)).toMatchObject({ totalActivations: 0, totalDeactivations: 0 });
    await activated(String(made.key), "another");
  });

  it("MGMT-3: it has no entity tag, so that If-Match with one is 412 and ends nothing, and * passes", async () => {
    const { license: made, ids } = await manned(1);
    const headers = { "If-Match": '"5f1c0e6f0d1b4f7c9a3e2d8b7c6a5e41"' };
    const bulk = `?licenseId=${made.id}&createdAt[gte]=2020-01-01T00:00:00Z`;
    for (const path of [`/${ids[0]}`, bulk]) {
      await problemOf(await v3("DELETE", `/activations${path}`, { headers }), 412, "PRECONDITION_FAILED");
    }
    expect(await listed(`licenseId=${made.id}`)).toHaveLength(1);
    expect((await v3("DELETE", `/activations/${ids[0]}`, { headers: { "If-Match": "*" } })).status).toBe(204);
  });

  it("EVT-1: leaves one event, in the name of the token", async () => {
    const { license: made, ids } = await manned(2);
    await removed(`/${ids[1]}`);
    expect((await v3("DELETE", `/activations/${ids[1]}`)).status).toBe(404);
    expect((await logged(made.id)).at(-1)).toEqual({ type: "activation.deleted", actor: "token", id: ids[1] });
    expect((await logged(made.id)).filter(({ type }) => type === "activation.deleted")).toHaveLength(1);
  });

  it("LEASE-5: its token does not renew, check in or out; the device activates anew", async () => {
    const { license: made, ids, documents } = await manned(1, FLOATING);
    await removed(`/${ids[0]}`);
    const token = bearer(documents[0] ?? { licenseToken: "" });
    for (const call of ["renew", "check-in", "check-out"]) {
      await problemOf(await post(`/${ids[0]}/${call}`, undefined, token), 404, "session-unknown");
    }
    expect((await documentOf(await tryActivate(String(made.key), "device 0"))).sessionId).not.toBe(ids[0]);
  });

  it("SEAT-10: ?hold=none frees a held seat at once, and a live one without a hold; anything else is 400", async () => {
    const tokens = { serverSyncInterval: 600, serverSyncGracePeriod: 1200, seatRelease: "after-token" };
    const { license: made, ids } = await manned(2, { ...tokens, allowedActivations: 2 });
    await removed(`/${ids[0]}`);
    const problem = await problemOf(await v3("DELETE", `/activations/${ids[1]}?hold=some`), 400, "INVALID_REQUEST");
    expect(pointersOf(problem)).toEqual(["/hold"]);
    await problemOf(await tryActivate(String(made.key), "another"), 409, "seats-exhausted");
    await removed(`/${ids[0]}?hold=none`);
    await problemOf(await v3("DELETE", `/activations/${ids[0]}?hold=none`), 404, "NOT_FOUND");
    await activated(String(made.key), "another");
    await removed(`/${ids[1]}?hold=none`);
    await activated(String(made.key), "a third");
    expect((await logged(made.id)).filter(({ id }) => ids.includes(String(id))).map(({ type }) => type)).toEqual([
      ...["activation.created", "activation.created", "activation.deleted", "activation.updated", "activation.deleted"],
    ]);
    for (const type of ["activation.updated", "activation.deleted"]) {
      const told = await listOf(await v3("GET", `/event-logs?event=${type}&resourceId=${made.id}&sort=-createdAt`));
      expect(told[0]?.["changes"]).toEqual({ heldUntil: { before: expect.stringMatching(/Z$/), after: null } });
    }
  });

  it("SEAT-10: under after-token the seat is not free before the token's end, but for its own device", async () => {
    const tokens = { serverSyncInterval: 600, serverSyncGracePeriod: 1200, seatRelease: "after-token" };
    const { license: made, ids } = await manned(1, { ...tokens, allowedActivations: 1 });
    await removed(`/${ids[0]}`);
    expect(await listed(`licenseId=${made.id}`)).toEqual([]);
    expect(await read(`/licenses/${made.id}`)).toMatchObject({ totalActivations: 0 });
    await problemOf(await tryActivate(String(made.key), "another"), 409, "seats-exhausted");
    const again = await activated(String(made.key), "device 0");
    await removed(`/${again.sessionId}`);
    vi.setSystemTime(Date.now() + HOUR / 2);
    await activated(String(made.key), "another");
  });

  it("EXP-3: the device of a rolling license gets its own end back", async () => {
    const { license: made, ids } = await manned(1, { expirationStrategy: "rolling", validity: 86_400 });
    const { expiresAt } = await read(`/activations/${ids[0]}`);
    await removed(`/${ids[0]}`);
    vi.setSystemTime(Date.now() + HOUR);
    const again = await activated(String(made.key), "device 0");
    expect(await read(`/activations/${again.sessionId}`)).toMatchObject({ expiresAt });
  });

  it("MGMT-2: is done while D1 is down, which then catches up", async () => {
    const { license: made, ids } = await manned(2, { allowedActivations: 2 });
    const heal = await cutOff();
    try {
      await removed(`/${ids[0]}`);
      expect(await statusOf(ids[0] ?? "")).toBe(404);
      await activated(String(made.key), "another");
      expect(await listed(`licenseId=${made.id}`)).toContain(ids[0]);
    } finally {
      await heal();
    }
    await handedOver();
    const left = await listed(`licenseId=${made.id}`);
    expect([left.length, left.includes(ids[0]), left.includes(ids[1])]).toEqual([2, false, true]);
  });

  it("STAND-4: works while the license is suspended; what revoking has ended is 404", async () => {
    const { license: made, ids } = await manned(2);
    await jsonOf(await v3("PATCH", `/licenses/${made.id}`, { body: { suspended: true } }), 200);
    await removed(`/${ids[0]}`);
    await jsonOf(await v3("PATCH", `/licenses/${made.id}`, { body: { revoked: true } }), 200);
    await problemOf(await v3("DELETE", `/activations/${ids[1]}`), 404, "NOT_FOUND");
  });

  it("LEASE-4: one that has lapsed is 404 and told of as a lapse", async () => {
    const { license: made, ids } = await manned(1, FLOATING);
    vi.setSystemTime(Date.now() + HOUR);
    await problemOf(await v3("DELETE", `/activations/${ids[0]}`), 404, "NOT_FOUND");
    expect((await logged(made.id)).at(-1)).toMatchObject({ type: "activation.lease-expired", id: ids[0] });
  });

  it("SEAT-1: parallel deletions and activations free each seat once", async () => {
    const { license: made, ids } = await manned(4, { allowedActivations: 4 });
    const deletions = [...ids, ...ids].map(async (id) => (await v3("DELETE", `/activations/${id}`)).status);
    const statuses = await Promise.all(deletions);
    expect(statuses.filter((status) => status === 204)).toHaveLength(4);
    const tries = Array.from(
      { length: 8 },
      async (_, index) => (await tryActivate(String(made.key), `new ${index}`)).status,
    );
    expect((await Promise.all(tries)).filter((status) => status === 200)).toHaveLength(4);
    expect(await read(`/licenses/${made.id}`)).toMatchObject({ totalActivations: 4 });
  });
});

describe("the activations of a license and a time", () => {
  it("CNT-1, MGMT-2: ends those in the range, the first bound included, and no others; repeated, it does nothing", async () => {
    const began = Date.now();
    const made = await license({ allowedActivations: 0, allowedDeactivations: 0 });
    const ids: string[] = [];
    for (let hour = 0; hour < 4; hour += 1) {
      vi.setSystemTime(began + hour * HOUR);
      ids.push((await activated(String(made.key), `device ${hour}`)).sessionId);
    }
    const born = await Promise.all(ids.map(async (id) => (await read(`/activations/${id}`)).createdAt));
    const other = await manned(1);
    const range = `licenseId=${String(made.id).toUpperCase()}&createdAt[gte]=${born[1]}&createdAt[lt]=${born[3]}`;
    await removed(`?${range}`);
    const left = [ids[0], ids[3]];
    expect(await listed(`licenseId=${made.id}`)).toEqual(left);
    expect(await Promise.all(ids.map(statusOf))).toEqual([200, 404, 404, 200]);
    expect(await read(`/licenses/${made.id}`)).toMatchObject({ totalActivations: 2, totalDeactivations: 0 });
    expect(await statusOf(other.ids[0] ?? "")).toBe(200);
    const log = await logged(made.id);
    expect(log.slice(-2)).toEqual(ids.slice(1, 3).map((id) => ({ type: "activation.deleted", actor: "token", id })));
    await removed(`?${range}`);
    expect(await logged(made.id)).toEqual(log);
  });

  it("LEASE-6: by last contact as the object has it, not D1", async () => {
    const { license: made, ids, documents } = await manned(2, { ...FLOATING, leaseDuration: 86_400 });
    vi.setSystemTime(Date.now() + 2 * HOUR);
    const token = bearer(documents[0] ?? { licenseToken: "" });
    expect((await post(`/${ids[0]}/check-in`, undefined, token)).status).toBe(200);
    const hourAgo = new Date(Date.now() - HOUR).toISOString();
    await removed(`?licenseId=${made.id}&lastSyncedAt[lt]=${hourAgo}`);
    expect(await listed(`licenseId=${made.id}`)).toEqual([ids[0]]);
  });

  it("SEAT-6: goes in steps, between which whoever comes is not among them", async () => {
    const made = await license({ allowedActivations: 0 });
    const { sessionId } = await activated(String(made.key), "first");
    await handedOver();
    await runInDurableObject(objectOf(made.id), (_, { storage }) => {
      const columns = `lease_end, released, token_end, contact_at, lease, requested_lease, token_refresh_at,
        token_revision, gen, projected_at, created_at, renewals_before, facts, owner_epoch`;
      storage.sql.exec(
        `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
         INSERT INTO activation (seq, id, ${columns})
         SELECT i, substr(id, 1, 24) || printf('%012d', i), ${columns} FROM activation, n WHERE seq = 1`,
      );
      storage.sql.exec("UPDATE tally SET next_seq = 901, seats_taken = 900, activations_taken = 900");
    });
    await evictDurableObject(objectOf(made.id));
    const came: string[] = [];
    let steps = 0;
    await runOtherVersion(objectOf(made.id), (today) => ({
      deleteActivations: async (...given) => {
        steps += 1;
        const answer = await today.deleteActivations(...given);
        came.push((await activated(String(made.key), `new ${steps}`)).sessionId);
        return answer;
      },
    }));
    await removed(`?licenseId=${made.id}&${EVER}`);
    expect(steps).toBe(5);
    expect(await read(`/licenses/${made.id}`)).toMatchObject({ totalActivations: 5, totalDeactivations: 0 });
    expect(await statusOf(sessionId)).toBe(404);
    expect(await Promise.all(came.map(statusOf))).toEqual([200, 200, 200, 200, 200]);
    const events = await logged(made.id);
    expect(new Set(events.flatMap(({ type, id }) => (type === "activation.deleted" ? [id] : []))).size).toBe(900);
    expect((await listed(`licenseId=${made.id}`)).toSorted()).toEqual(came.toSorted());
  });

  it("MGMT-2: is done while D1 is down, which then catches up", async () => {
    const { license: made } = await manned(3);
    const heal = await cutOff();
    try {
      await removed(`?licenseId=${made.id}&${EVER}`);
      expect(await read(`/licenses/${made.id}`)).toMatchObject({ totalActivations: 0 });
      expect(await listed(`licenseId=${made.id}`)).toHaveLength(3);
    } finally {
      await heal();
    }
    await handedOver();
    expect(await listed(`licenseId=${made.id}`)).toEqual([]);
  });

  it("ID-5: an unborn license has none and is not born by it", async () => {
    const made = await license();
    await removed(`?licenseId=${made.id}&${EVER}`);
    expect(await env.DB.prepare("SELECT born_at, fence FROM licenses WHERE id = ?").bind(made.id).first()).toEqual({
      born_at: null,
      fence: 0,
    });
  });

  it("ERR-3: unknown, malformed and deleted licenses are 404", async () => {
    const { license: gone } = await manned(1);
    expect((await v3("DELETE", `/licenses/${gone.id}`)).status).toBe(204);
    for (const id of [gone.id, "0190a5d4-0000-8000-8000-000000000001", crypto.randomUUID(), "none", "%00"]) {
      await problemOf(await v3("DELETE", `/activations?licenseId=${id}&${EVER}`), 404, "NOT_FOUND");
    }
  });

  it("MGMT-1: without the license, without a bound, or with anything else it is 400 and ends nobody", async () => {
    const { license: made, ids } = await manned(1);
    for (const [query, pointers] of [
      ["", ["/licenseId"]],
      [EVER, ["/licenseId"]],
      [`licenseId=${made.id}`, ["/createdAt"]],
      [`licenseId=&${EVER}`, ["/licenseId"]],
      [`licenseId=${made.id}&licenseId=${made.id}&${EVER}`, ["/licenseId"]],
      [`licenseId=${made.id}&createdAt[gte]=yesterday`, ["/createdAt[gte]"]],
      [`licenseId=${made.id}&createdAt[ne]=2020-01-01T00:00:00Z`, ["/createdAt[ne]"]],
      [`licenseId=${made.id}&${EVER}&productId=${made.productId}`, ["/productId"]],
      [`licenseId=${made.id}&${EVER}&limit=1`, ["/limit"]],
      [`licenseId[sw]=${made.id}&${EVER}`, ["/licenseId[sw]", "/licenseId"]],
    ] as const) {
      const problem = await problemOf(await v3("DELETE", `/activations?${query}`), 400, "INVALID_REQUEST");
      expect([query, pointersOf(problem)]).toEqual([query, pointers]);
    }
    expect(await statusOf(ids[0] ?? "")).toBe(200);
  });
});
