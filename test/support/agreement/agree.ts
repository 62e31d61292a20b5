/** What must be true when all is quiet: objects, D1 and answers say the same, and it is what was answered. */

import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { licenseEnd } from "../../../src/domain/terms/expiry.ts";
import { locatorOf } from "../../../src/domain/terms/identifier.ts";
import { readTerms } from "../../../src/domain/terms/stored-terms.ts";
import { expectFacetsTrue } from "../facets.ts";
import type { Json } from "../management.ts";
import { Contradiction, DAY, isThere, type Facts } from "./believed.ts";
import { answers, open, tryOldKeys } from "./devices.ts";
import { adopt, look } from "./licenses.ts";
import { copyOf, locators, type Copy, type Row } from "./quiet.ts";
import { adoptUsers } from "./users.ts";
import type { Sold, World } from "./world.ts";
import { EVENTS } from "../../../src/registry/events/event-tables.ts";

/** Each alone; another thing that D1 keeps of licenses is one line more. */
const CHECKS: readonly ((world: World) => Promise<void>)[] = [
  licensesAgree,
  rowsAgree,
  keysAgree,
  activationsAgree,
  activationsShown,
  eventsAgree,
  usersAgree,
  expectFacetsTrue,
];

export async function agree(world: World): Promise<void> {
  for (const check of CHECKS) await check(world);
}

/** KEY-2, ID-4: the key that a license has opens it, and no key that it had does. Gives birth. */
export async function keysOpen(world: World, which: "born" | "all"): Promise<void> {
  for (const license of world.sold) {
    const isBorn = (await copyOf(locatorOf(license.id) ?? ""))?.license["id"] === license.id;
    if (which === "all" || isBorn) await open(world, license, "probe");
    await tryOldKeys(world, license);
  }
}

/** MGMT-2: lists and single reads show the same, and what was answered. */
async function licensesAgree(world: World): Promise<void> {
  const listed = (await everyPage(world, "/licenses")).filter(({ productId }) => productId === world.productId);
  for (const row of listed) {
    adoptUnanswered(world, row);
    const one = await world.v3("GET", `/licenses/${String(row.id)}`);
    // Kept in memory until the next change, so that a renewal writes one row (LEASE-6).
    expect({ ...one.body, lastUsedAt: null }).toEqual({ ...row, lastUsedAt: null });
  }
  world.maybeSold.clear();
  for (const license of world.sold) look(license, await world.v3("GET", `/licenses/${license.id}`));
  const ids = living(world).map(({ license }) => license.id);
  expect(listed.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
}

/** One whose creation got no answer is there wholly, references and all. */
function adoptUnanswered(world: World, row: Json): void {
  if (world.sold.some(({ id }) => id === row.id)) return;
  const facts = world.maybeSold.get(String(row.externalReference));
  if (facts === undefined) throw new Contradiction(`nobody created ${String(row.id)}`);
  const end = facts.days === 0 ? null : Date.parse(String(row.createdAt)) + facts.days * DAY;
  adopt(world, row, { ...facts, end });
}

/** MGMT-2: each column of D1's row is what the object holds; a license that has no object has no fence. */
async function rowsAgree(world: World): Promise<void> {
  const rows = await rowsOf("SELECT * FROM licenses WHERE product_id = ?1", world.productId);
  const copies = (await Promise.all((await locators(world)).map(copyOf))).filter((copy) => copy !== null);
  for (const copy of copies) {
    const row = rows.find(({ id }) => id === copy.license.id);
    expect(row).toMatchObject(projectionOf(copy));
  }
  const held = new Set(copies.map(({ license }) => license.id));
  for (const { id, fence } of rows) if (!held.has(id ?? null)) expect({ id, fence }).toEqual({ id, fence: 0 });
}

function projectionOf({ license, tally }: Copy): Row {
  const terms = readTerms(String(license.terms));
  return {
    id: license.id ?? null,
    key: license.key ?? null,
    revision: license.revision ?? null,
    terms: license.terms ?? null,
    fence: tally.fence ?? null,
    total_activations: tally.activations_taken ?? null,
    total_deactivations: tally.deactivations ?? null,
    product_id: terms.productId,
    user_id: terms.user?.id ?? null,
    expires_at: licenseEnd(terms.end),
    created_at: terms.createdAt,
    updated_at: terms.updatedAt,
    stuck_events: 0,
  };
}

/** KEY-2, REF-1: taken are the keys that licenses have and were born with; references stay; nothing is reserved. */
async function keysAgree(world: World): Promise<void> {
  const keys = await rowsOf("SELECT key, license_id AS id FROM license_keys WHERE key LIKE ?1", `${world.name}-%`);
  const expected = living(world).flatMap(({ license: { id, birthKey }, facts }) =>
    [...new Set([facts.key, birthKey])].map((key) => ({ key, id })),
  );
  expect(sorted(keys)).toEqual(sorted(expected));
  const references = await rowsOf(
    "SELECT reference, license_id AS id FROM external_references WHERE reference LIKE ?1",
    `${world.name}-%`,
  );
  expect(sorted(references)).toEqual(sorted(world.sold.map(({ id, reference }) => ({ reference, id }))));
  expect(await rowsOf("SELECT * FROM license_references WHERE ?1 <> ''", world.name)).toEqual([]);
}

/** LEASE-6, DEL-1: D1 shows the activations that the object holds, and these are the ones that answer. */
async function activationsAgree(world: World): Promise<void> {
  for (const { id, believed, sessions } of world.sold) {
    const copy = await copyOf(locatorOf(id) ?? "");
    const held = copy?.license.id === id ? copy.activations : [];
    const shown = await rowsOf(
      "SELECT id, created_at, lease_expires_at AS lease_end FROM activations WHERE license_id = ?1 ORDER BY id",
      id,
    );
    expect(shown).toEqual(held);
    for (const session of sessions) {
      const isLive = await answers(world, session);
      if (session.state !== "unknown")
        expect({ id: session.id, isLive }).toEqual({ id: session.id, isLive: session.state === "live" });
      expect({ id: session.id, isLive }).toEqual({
        id: session.id,
        isLive: shown.some((row) => row.id === session.id),
      });
      session.state = isLive === true ? "live" : "ended";
    }
    if (!isThere(believed)) expect(shown).toEqual([]);
  }
}

/** MGMT-2: `/v3` lists the activations of a license as it shows each of them. */
async function activationsShown(world: World): Promise<void> {
  for (const { id } of world.sold) {
    const listed = await everyPage(world, `/activations?licenseId=${id}`);
    const shown = await rowsOf("SELECT id FROM activations WHERE license_id = ?1", id);
    expect(listed.map((row) => row.id).toSorted()).toEqual(shown.map((row) => row.id).toSorted());
    for (const row of listed) expect((await world.v3("GET", `/activations/${String(row.id)}`)).body).toEqual(row);
  }
}

/**
 * EVT-2: every event of a license is logged once, none is left out, and the last one of a deleted license tells of
 * that.
 */
async function eventsAgree(world: World): Promise<void> {
  for (const { id, believed } of world.sold) {
    const events = await rowsOf(`SELECT sequence, type FROM ${EVENTS} WHERE subject_id = ?1 ORDER BY sequence`, id);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index));
    expect(events[0]?.type).toBe("license.created");
    const copy = await copyOf(locatorOf(id) ?? "");
    if (copy?.license.id === id) expect(events.length - 1).toBe(copy.tally.event_seq);
    else expect(events.some(({ type }) => type === "license.deleted")).toBe(!isThere(believed));
  }
}

/** SNAP-1, REF-1: a license shows its user as the user is. */
async function usersAgree(world: World): Promise<void> {
  const listed = await everyPage(world, "/users");
  adoptUsers(world, listed);
  for (const person of world.people) {
    const one = await world.v3("GET", `/users/${person.id}`);
    const row = listed.find(({ id }) => id === person.id);
    expect(one.status === 200 ? one.body : undefined).toEqual(row);
  }
  for (const { license, facts } of living(world)) {
    const { body } = await world.v3("GET", `/licenses/${license.id}`);
    const user = listed.find(({ id }) => id === facts.userId);
    expect((body.user as Json | null)?.email).toBe(user?.email);
    expect(user === undefined).toBe(facts.userId === null);
  }
}

async function everyPage(world: World, path: string): Promise<readonly Json[]> {
  const rows: Json[] = [];
  for (let next: string | null = `${path}${path.includes("?") ? "&" : "?"}limit=50`; next !== null;) {
    const page = await world.v3("GET", next);
    rows.push(...(page.body as unknown as Json[]));
    next = /<\/v3([^>]+)>; rel="next"/.exec(page.headers.get("Link") ?? "")?.[1] ?? null;
  }
  return rows;
}

function living({ sold }: World): readonly { readonly license: Sold; readonly facts: Facts }[] {
  return sold.flatMap((license) => license.believed.flatMap((facts) => (facts === null ? [] : [{ license, facts }])));
}

async function rowsOf(query: string, value: string): Promise<readonly Row[]> {
  return (await env.DB.prepare(query).bind(value).all<Row>()).results;
}

function sorted(rows: readonly object[]): readonly string[] {
  return rows.map((row) => JSON.stringify(row)).toSorted();
}
