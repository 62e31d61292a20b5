/** Licenses with devices on them, and what `/v3/activations` shows of those. */

import { expect, vi } from "vitest";
import { license, listOf, v3, type Json } from "./management.ts";
import { activated, type Document } from "./shop.ts";

export interface Manned {
  readonly license: Json;
  /** In the order of their activations. */
  readonly documents: readonly Document[];
  readonly ids: readonly string[];
}

/**
 * Devices `device 0`, `device 1` ... on a new license, all of them shown by D1. Seats without limit unless said
 * otherwise.
 */
export async function manned(devices: number, members: Json = {}): Promise<Manned> {
  const made = await license({ allowedActivations: 0, ...members });
  const documents: Document[] = [];
  for (let index = 0; index < devices; index += 1) {
    documents.push(await activated(String(made.key), `device ${index}`, { hostname: `host-${index}` }));
  }
  const ids = documents.map(({ sessionId }) => sessionId);
  await vi.waitUntil(async () => (await listed(`licenseId=${made.id}&limit=100`)).length === devices);
  return { license: made, documents, ids };
}

/** Ids, in the order of the list. */
export async function listed(query: string): Promise<readonly unknown[]> {
  return (await listOf(await v3("GET", `/activations?${query}`))).map(({ id }) => id);
}

export async function statusOf(id: string): Promise<number> {
  return (await v3("GET", `/activations/${id}`)).status;
}

export async function removed(path: string): Promise<void> {
  const answer = await v3("DELETE", `/activations${path}`);
  expect([answer.status, await answer.text()]).toEqual([204, ""]);
}
