/** Conditional calls of /v3 (MGMT-3), and what a refused one must leave alone. */

import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { v3, type Json } from "./management.ts";
import { problemOf } from "./problems.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

export const STALE = '"00000000000000000000000000000000"';

/** The tag of an answer that has to have one, in quotes. */
export function tagOf(answer: Response): string {
  const tag = answer.headers.get("ETag") ?? "";
  expect(tag).toMatch(/^"[0-9a-f]{32}"$/);
  // Who compresses an answer makes its tag weak.
  expect(answer.headers.get("Cache-Control")).toBe("no-store, no-transform");
  return tag;
}

/** What `GET` shows, and its tag. */
export async function readTagged(path: string): Promise<{ readonly tag: string; readonly resource: Json }> {
  const answer = await v3("GET", path);
  expect(answer.status).toBe(200);
  return { tag: tagOf(answer), resource: (await answer.json()) as Json };
}

export async function patchIf(path: string, ifMatch: string, body: Json): Promise<Response> {
  return await v3("PATCH", path, { body, headers: { "If-Match": ifMatch } });
}

export async function deleteIf(path: string, ifMatch: string): Promise<Response> {
  return await v3("DELETE", path, { headers: { "If-Match": ifMatch } });
}

/** How many events tell of this subject, wherever they are by now. */
export async function eventsOf(id: unknown): Promise<number> {
  const logged = `SELECT id FROM ${EVENTS} WHERE subject_id = ?1`;
  const waiting = "SELECT id FROM outbox WHERE event ->> '$.subjectId' = ?1";
  const count = env.DB.prepare(`SELECT count(*) AS n FROM (${logged} UNION ${waiting})`).bind(id);
  return Number(await count.first("n"));
}

/** Ends well only if the call is 412, the resource stays as it is, and no event tells of it. */
export async function expectUntouched(path: string, id: unknown, call: () => Promise<Response>): Promise<void> {
  const before = [await readTagged(path), await eventsOf(id)];
  await problemOf(await call(), 412, "PRECONDITION_FAILED");
  expect([await readTagged(path), await eventsOf(id)]).toEqual(before);
}
