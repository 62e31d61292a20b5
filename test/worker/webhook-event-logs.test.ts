/** The attempts of webhooks over /v3 (HOOK-4): who may read them, and what is refused. */

import { expect, it } from "vitest";
import { ROOT_SECRET } from "../support/bindings.ts";
import { listOf, mint, v3 } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";

const LOGS = "/webhook-event-logs";

it("MGMT-1: an empty list, in every filter's spelling", async () => {
  const id = crypto.randomUUID();
  for (const query of [
    "",
    `?webhookId=${id}&webhookId=${crypto.randomUUID()}`,
    `?webhookId[in][]=${id}&eventId[eq]=${id.toUpperCase()}`,
    "?success=true&sort=createdAt&limit=50&page=2",
  ])
    expect(await listOf(await v3("GET", `${LOGS}${query}`))).toEqual([]);
});

it("ERR-1: unknown parameters, values that are none, and pages too deep are 400", async () => {
  for (const [query, pointer] of [
    ["success=maybe", "/success"],
    ["success=true&success=false", "/success"],
    ["eventId=a&eventId=b", "/eventId"],
    ["createdAt[gt]=2026-01-01T00:00:00Z", "/createdAt[gt]"],
    ["webhookId[ne]=a", "/webhookId[ne]"],
    ["page=3&limit=50", "/page"],
    ["sort=event", "/sort"],
  ] as const) {
    const problem = await problemOf(await v3("GET", `${LOGS}?${query}`), 400, "INVALID_REQUEST");
    expect(pointersOf(problem)).toEqual([pointer]);
  }
  const path = `${LOGS}/${crypto.randomUUID()}?webhookId=none`;
  for (const answer of [v3("GET", path), v3("POST", path.replace("?", "/replay?"))])
    expect(pointersOf(await problemOf(await answer, 400, "INVALID_REQUEST"))).toEqual(["/webhookId"]);
});

it("ERR-3: attempts that nobody made are 404", async () => {
  for (const id of [crypto.randomUUID(), "none"]) {
    await problemOf(await v3("GET", `${LOGS}/${id}`), 404, "NOT_FOUND");
    await problemOf(await v3("POST", `${LOGS}/${id}/replay`), 404, "NOT_FOUND");
  }
  await problemOf(await v3("POST", LOGS), 405, "METHOD_NOT_ALLOWED");
});

it("MGMT-5: webhook:read reads, webhook:write replays", async () => {
  const [reader, writer] = [await mint(["webhook:read"]), await mint(["webhook:write"])];
  const one = `${LOGS}/${crypto.randomUUID()}`;
  for (const [method, path, may, mayNot] of [
    ["GET", LOGS, reader, writer],
    ["GET", one, reader, writer],
    ["POST", `${one}/replay`, writer, reader],
  ] as const) {
    await problemOf(await v3(method, path, { token: null }), 401, "UNAUTHORIZED");
    for (const token of [mayNot, ROOT_SECRET]) await problemOf(await v3(method, path, { token }), 403, "FORBIDDEN");
    expect([200, 404]).toContain((await v3(method, path, { token: may })).status);
  }
});
