/** Tags over /v3, each with a name that no other test of the file has. */

import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { created, jsonOf, v3, type Json } from "./management.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

let made = 0;

export function tagName(): string {
  made += 1;
  return `tag ${made}`;
}

export async function tag(members: Json = {}): Promise<Json> {
  return await created("/tags", { name: tagName(), ...members });
}

export async function changed(path: string, body: Json): Promise<Json> {
  return await jsonOf(await v3("PATCH", path, { body }), 200);
}

export async function removeTag(resource: Json): Promise<void> {
  expect((await v3("DELETE", `/tags/${resource.id}`)).status).toBe(204);
}

export async function loggedOf(subjectId: unknown, count: number): Promise<readonly { type: string; body: string }[]> {
  const log = env.DB.prepare(`SELECT type, body FROM ${EVENTS} WHERE subject_id = ? ORDER BY id`).bind(subjectId);
  return await vi.waitUntil(async () => {
    const { results } = await log.all<{ type: string; body: string }>();
    return results.length === count ? results : null;
  });
}
