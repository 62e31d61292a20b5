/** What access tokens have minted ends with them, if that is wanted, whoever of the family is gone by then (MGMT-5). */

import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { EVENTS } from "../../src/registry/events/event-tables.ts";
import { created, jsonOf, read, v3 } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";

const TOKENS = "/personal-access-tokens";

/** A token, what it minted, and what that minted; and one of the same minter that is none of theirs. */
async function family() {
  const body = { name: "family", scopes: ["personalAccessToken:write", "tag:read"] };
  const first = await created(TOKENS, body);
  const second = await created(TOKENS, body, String(first.token));
  const third = await created(TOKENS, body, String(second.token));
  const other = await created(TOKENS, body);
  return { first, second, third, other };
}

async function works({ token }: { readonly token?: unknown }): Promise<boolean> {
  return (await v3("GET", "/tags", { token: String(token) })).status === 200;
}

async function gone(): Promise<readonly unknown[]> {
  const { results } = await env.DB.prepare("SELECT id FROM gone_access_tokens ORDER BY id").all();
  return results.map(({ id }) => id);
}

async function eventsOf(id: unknown): Promise<readonly string[]> {
  const rows = await env.DB.prepare(
    `SELECT type FROM ${EVENTS} WHERE subject_id = ?1 UNION ALL SELECT event ->> '$.type' FROM outbox WHERE event ->> '$.subjectId' = ?1`,
  )
    .bind(id)
    .all<{ type: string }>();
  return rows.results.map(({ type }) => type.replace("personalAccessToken.", "")).toSorted();
}

it("MGMT-5: shows by which token it was minted, which never changes", async () => {
  const { first, second, third } = await family();
  expect([second.mintedBy, third.mintedBy]).toEqual([first.id, second.id]);
  const path = `${TOKENS}/${third.id}`;
  expect((await read(path)).mintedBy).toBe(second.id);
  const problem = await problemOf(await v3("PATCH", path, { body: { mintedBy: first.id } }), 400, "INVALID_REQUEST");
  expect(pointersOf(problem)).toEqual(["/mintedBy"]);
});

it("MGMT-5: a revocation alone leaves what the token minted; with minted=true that goes along, also later", async () => {
  const { first, second, third, other } = await family();
  const path = `${TOKENS}/${first.id}`;
  await jsonOf(await v3("PATCH", path, { body: { revoked: true } }), 200);
  expect(await Promise.all([first, second, third, other].map(works))).toEqual([false, true, true, true]);
  await jsonOf(await v3("PATCH", `${path}?minted=true`, { body: { revoked: true } }), 200);
  expect(await Promise.all([first, second, third, other].map(works))).toEqual([false, false, false, true]);
  for (const { id } of [first, second, third]) expect(await eventsOf(id)).toEqual(["created", "updated"]);
  expect(await eventsOf(other.id)).toEqual(["created"]);
});

it("MGMT-5: a deletion with minted=true takes along what the token minted, and what that did", async () => {
  const { first, second, third, other } = await family();
  expect((await v3("DELETE", `${TOKENS}/${first.id}?minted=true`)).status).toBe(204);
  expect(await Promise.all([first, second, third, other].map(works))).toEqual([false, false, false, true]);
  for (const { id } of [first, second, third]) {
    await problemOf(await v3("GET", `${TOKENS}/${id}`), 404, "NOT_FOUND");
    expect(await eventsOf(id)).toEqual(["created", "deleted", "updated"]);
  }
});

it("MGMT-5: minted=true reaches what a token minted that is gone by then, also by that one's id", async () => {
  const { first, second, third, other } = await family();
  const fourth = await created(TOKENS, { name: "family", scopes: ["tag:read"] }, String(third.token));
  for (const { id, token } of [second, third]) {
    expect((await v3("DELETE", `${TOKENS}/${id}`, { token: String(token) })).status).toBe(204);
  }
  expect((await read(`${TOKENS}/${fourth.id}`)).mintedBy).toBe(third.id);
  expect(await gone()).toEqual([second.id, third.id].toSorted());
  await jsonOf(await v3("PATCH", `${TOKENS}/${first.id}?minted=true`, { body: { revoked: true } }), 200);
  expect(await Promise.all([first, fourth, other].map(works))).toEqual([false, false, true]);
  // Who stands between nobody any more is forgotten, one at each deletion.
  for (const id of [fourth.id, other.id]) expect((await v3("DELETE", `${TOKENS}/${id}`)).status).toBe(204);
  expect(await gone()).toEqual([]);

  const fled = await family();
  const path = `${TOKENS}/${fled.first.id}`;
  expect((await v3("DELETE", path, { token: String(fled.first.token) })).status).toBe(204);
  expect((await read(`${TOKENS}/${fled.second.id}`)).mintedBy).toBe(fled.first.id);
  await problemOf(await v3("DELETE", path), 404, "NOT_FOUND");
  const condition = { headers: { "If-Match": "*" } };
  await problemOf(await v3("DELETE", `${path}?minted=true`, condition), 404, "NOT_FOUND");
  expect(await Promise.all([fled.second, fled.third].map(works))).toEqual([true, true]);
  expect((await v3("DELETE", `${path}?minted=true`)).status).toBe(204);
  expect(await Promise.all([fled.second, fled.third, fled.other].map(works))).toEqual([false, false, true]);
  expect(await eventsOf(fled.third.id)).toEqual(["created", "deleted", "updated"]);
  await problemOf(await v3("DELETE", `${path}?minted=true`), 404, "NOT_FOUND");
});

it("MGMT-5: of more minted tokens than one call ends, the same call goes on until there are none", async () => {
  const { first, other } = await family();
  const path = `${TOKENS}/${first.id}?minted=true`;
  const live = async () => {
    const left = env.DB.prepare("SELECT count(*) AS n FROM access_tokens WHERE minted_by = ?1 AND NOT revoked");
    return await left.bind(first.id).first("n");
  };
  const plant = env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 610)
     INSERT INTO access_tokens (id, name, hash, scopes, revoked, minted_by, created_at, updated_at)
     SELECT printf('0190a5d4-0000-7000-8000-%012d', i), 'm', 'h' || i, '["tag:read"]', 0, ?1, 0, 0 FROM n`,
  );
  await plant.bind(first.id).run();
  const problem = await problemOf(await v3("PATCH", path, { body: { revoked: true } }), 503, "OVERLOADED");
  expect(problem.retryable).toBe(true);
  // 600, the two of the family among them.
  expect([await works(first), await live()]).toEqual([false, 12]);
  await jsonOf(await v3("PATCH", path, { body: { revoked: true } }), 200);
  expect([await live(), await works(other)]).toEqual([0, true]);
});

it("MGMT-5: minted=true goes with a revocation or a deletion, and anything else there is 400", async () => {
  const { first, second } = await family();
  const path = `${TOKENS}/${first.id}`;
  await problemOf(await v3("PATCH", `${path}?minted=true`, { body: { name: "x" } }), 400, "INVALID_REQUEST");
  await problemOf(await v3("DELETE", `${path}?minted=yes`), 400, "INVALID_REQUEST");
  await problemOf(await v3("DELETE", `${path}?mintd=true`), 400, "INVALID_REQUEST");
  expect(await Promise.all([first, second].map(works))).toEqual([true, true]);
});
