/** `/v3/licenses/{id}/usage`: seats, peaks and refusals over time, and what they cost (USE-1). */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { locatorOf } from "../../src/domain/terms/identifier.ts";
import { created, jsonOf, license, mint, productId, read, v3 } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { activated, bearer, post, tryActivate } from "../support/shop.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

describe("the usage of a license", () => {
  it("tells seats in use, the limit, the peak, and refusals by day and reason", async () => {
    const sold = await license({ type: "hosted-floating", allowedActivations: 2, leaseDuration: 3600 });
    const first = await activated(String(sold.key), "one");
    await activated(String(sold.key), "two");
    for (let time = 0; time < 3; time += 1) expect((await tryActivate(String(sold.key), "three")).status).toBe(409);
    expect((await post(`/${first.sessionId}/check-out`, undefined, bearer(first))).status).toBe(200);
    expect((await post(`/${first.sessionId}/renew`, undefined, bearer(first))).status).toBe(404);
    expect(await read(`/licenses/${sold.id}/usage`)).toEqual({
      licenseId: sold.id,
      used: 1,
      limit: 2,
      peak: 2,
      denials: { "seats-exhausted": 3, "session-unknown": 1 },
      days: [{ date: today(), peak: 2, denials: { "seats-exhausted": 3, "session-unknown": 1 } }],
    });
  });

  it("of one that was never used is nothing, and asking does not give birth (ID-5)", async () => {
    const sold = await license({ allowedActivations: 0 });
    expect(await read(`/licenses/${sold.id}/usage`)).toEqual({
      licenseId: sold.id,
      used: 0,
      limit: null,
      peak: 0,
      denials: {},
      days: [],
    });
    expect(await env.DB.prepare("SELECT born_at FROM licenses WHERE id = ?").bind(sold.id).first("born_at")).toBeNull();
  });

  it("does not count a wrong key, which is no call on this license, nor what the vendor is refused", async () => {
    const sold = await license({});
    await activated(String(sold.key));
    expect((await tryActivate(`${String(sold.key).slice(0, -1)}X`)).status).toBe(404);
    expect((await v3("PATCH", `/licenses/${sold.id}`, { body: { type: "hosted-floating" } })).status).toBe(400);
    expect(await read(`/licenses/${sold.id}/usage`)).toMatchObject({ denials: {} });
  });

  it("USE-1: 200 refusals write at most one row a minute and reason", async () => {
    const sold = await license({ allowedActivations: 1 });
    await activated(String(sold.key), "one");
    const written = async () =>
      await runInDurableObject(
        env.LICENSES.get(env.LICENSES.idFromName(locatorOf(String(sold.id)) ?? "")),
        (_, { storage }) => Number(storage.sql.exec("SELECT COALESCE(SUM(count), 0) AS n FROM denial").one()["n"]),
      );
    for (let time = 0; time < 200; time += 1) expect((await tryActivate(String(sold.key), "two")).status).toBe(409);
    expect(await written()).toBeLessThan(100);
    expect(await read(`/licenses/${sold.id}/usage`)).toMatchObject({ denials: { "seats-exhausted": 200 } });
  });

  it("takes `days` from 1 to 366, and nothing else", async () => {
    const sold = await license({});
    for (const days of ["0", "367", "-1", "1.5", "x", ""]) {
      const problem = await problemOf(
        await v3("GET", `/licenses/${sold.id}/usage?days=${days}`),
        400,
        "INVALID_REQUEST",
      );
      expect(pointersOf(problem)).toEqual(["/days"]);
    }
    expect((await v3("GET", `/licenses/${sold.id}/usage?days=366`)).status).toBe(200);
  });

  it("ERR-3, MGMT-5: takes the scope that reads licenses; unknown and deleted licenses are 404", async () => {
    const sold = await created("/licenses", { productId: await productId() });
    const path = `/licenses/${sold.id}/usage`;
    expect((await v3("GET", path, { token: null })).status).toBe(401);
    expect((await v3("GET", path, { token: await mint(["license:write"]) })).status).toBe(403);
    expect((await v3("GET", path, { token: await mint(["license:read"]) })).status).toBe(200);
    expect((await v3("GET", "/licenses/nothing/usage")).status).toBe(404);
    expect((await v3("DELETE", `/licenses/${sold.id}`)).status).toBe(204);
    expect((await v3("GET", path)).status).toBe(404);
    expect((await v3("POST", path)).status).toBe(405);
  });
});

it("EVT-1: a changed period is told of as the subscription's, apart from other members", async () => {
  const sold = await license({ subscriptionInterval: "P1M" });
  const body = { subscriptionInterval: "P1Y", notes: "longer" };
  await jsonOf(await v3("PATCH", `/licenses/${sold.id}`, { body }), 200);
  const { results } = await env.DB.prepare(
    `SELECT type, body ->> '$.changes' AS changes FROM ${EVENTS} WHERE subject_id = ? AND sequence > 0 ORDER BY sequence`,
  )
    .bind(sold.id)
    .all<{ type: string; changes: string }>();
  expect(results.map(({ type, changes }) => [type, JSON.parse(changes)])).toEqual([
    ["license.updated", { notes: { before: null, after: "longer" } }],
    ["license.subscription.updated", { subscriptionInterval: { before: "P1M", after: "P1Y" } }],
  ]);
});
