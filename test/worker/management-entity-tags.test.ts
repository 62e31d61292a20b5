/**
 * The catalogue: `ETag` of every answer that shows one resource, and `If-Match` in the statement of the change
 * (MGMT-3).
 */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Caller, ConditionalCall } from "../../src/domain/license/calls.ts";
import { valueOf } from "../../src/http/management/resource/refusals.ts";
import { ATTEMPTS } from "../../src/operations/attempts.ts";
import { changeWebhook, webhookEntityTag } from "../../src/operations/webhook/change-webhook.ts";
import { announceWebhookStatus } from "../../src/registry/rows/webhook-status.ts";
import { findWebhook } from "../../src/registry/rows/webhooks.ts";
import { deleteIf, expectUntouched, patchIf, readTagged, STALE, tagOf } from "../support/entity-tags.ts";
import { created, jsonOf, license, mint, read, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { deployment } from "../support/shop.ts";

let made = 0;
const email = () => `tagged.${(made += 1)}@example.test`;
const WEBHOOK = { url: "http://127.0.0.1:9/hooks", events: ["license.created"] };

/** Each with what it takes to create one, a member that PATCH accepts besides, and a change that its rules refuse. */
const RESOURCES = [
  {
    path: "/products",
    scope: "product",
    body: () => ({ name: "made" }),
    text: "name",
    others: [{ description: "d" }, { metadata: [{ key: "k", value: "v" }] }],
    refused: { tokenAlgorithm: "RS256" },
  },
  {
    path: "/users",
    scope: "user",
    body: () => ({ email: email() }),
    text: "company",
    others: [{ firstName: "f" }, { email: "another@example.test" }, { metadata: [{ key: "k", value: "v" }] }],
    refused: { name: "somebody else" },
  },
  {
    path: "/license-templates",
    scope: "licenseTemplate",
    body: () => ({ name: "made" }),
    text: "name",
    others: [{ allowedActivations: 5 }, { subscriptionInterval: "P1Y" }, { keyPattern: "[A-Z]{20}" }],
    refused: { validity: 60, subscriptionInterval: "P1Y" },
  },
  {
    path: "/trial-policies",
    scope: "trialPolicy",
    body: () => ({ name: "made", trialLength: 60 }),
    text: "name",
    others: [{ trialLength: 61 }, { userLocked: true }, { allowedCountries: ["DE"] }],
    refused: { createdAt: "2020-01-01T00:00:00Z" },
  },
  {
    path: "/personal-access-tokens",
    scope: "personalAccessToken",
    body: () => ({ name: "made", scopes: ["license:read"] }),
    text: "name",
    others: [{ revoked: true }],
    refused: { scopes: ["license:write"] },
  },
  {
    path: "/webhooks",
    scope: "webhook",
    body: () => ({ ...WEBHOOK, name: "made" }),
    text: "name",
    others: [
      { enabled: false },
      { events: ["*"] },
      { format: "cloudevents" },
      { token: "another one token of a test" },
    ],
    refused: { createdAt: "2020-01-01T00:00:00Z" },
  },
] as const;

describe.each(RESOURCES)("$path", ({ path, scope, body, text, others, refused }) => {
  async function make(): Promise<{ readonly one: string; readonly id: unknown; readonly tag: string }> {
    const answer = await v3("POST", path, { body: body() });
    const tag = tagOf(answer);
    const { id } = await jsonOf(answer, 201);
    return { one: `${path}/${id}`, id, tag };
  }

  it("MGMT-3: POST, GET and a PATCH that changes nothing answer one tag; every member that PATCH accepts changes it", async () => {
    const { one, tag } = await make();
    expect((await readTagged(one)).tag).toBe(tag);
    expect(tagOf(await v3("PATCH", one, { body: {} }))).toBe(tag);
    expect((await v3("GET", path)).headers.has("ETag")).toBe(false);
    const tags = [tag];
    for (const change of [{ [text]: "changed" }, ...others]) {
      const changed = tagOf(await v3("PATCH", one, { body: change }));
      expect((await readTagged(one)).tag).toBe(changed);
      tags.push(changed);
    }
    expect(new Set(tags).size).toBe(tags.length);
  });

  it("MGMT-3: with the tag a PATCH is made, with an old one it is 412 and nothing happens", async () => {
    const { one, id, tag } = await make();
    const changed = await patchIf(one, tag, { [text]: "changed" });
    expect(tagOf(changed)).not.toBe(tag);
    expect(await jsonOf(changed, 200)).toMatchObject({ [text]: "changed" });
    await expectUntouched(one, id, () => patchIf(one, tag, { [text]: "stale" }));
    await expectUntouched(one, id, () => patchIf(one, tag, {}));
    await expectUntouched(one, id, () => patchIf(one, tag, refused));
    const current = (await readTagged(one)).tag;
    await problemOf(await patchIf(one, current, refused), 400, "INVALID_REQUEST");
    expect((await readTagged(one)).tag).toBe(current);
  });

  it("MGMT-3: any state, one of several tags, never a weak one; anything else is 400", async () => {
    const { one, id, tag } = await make();
    expect((await patchIf(one, "*", { [text]: "1" })).status).toBe(200);
    const current = (await readTagged(one)).tag;
    expect(current).not.toBe(tag);
    expect((await patchIf(one, `${tag}, ${current}`, { [text]: "2" })).status).toBe(200);
    const weak = `W/${(await readTagged(one)).tag}`;
    await expectUntouched(one, id, () => patchIf(one, weak, { [text]: "3" }));
    const problem = await problemOf(await patchIf(one, tag.slice(1), { [text]: "4" }), 400, "INVALID_REQUEST");
    expect(pointersOf(problem)).toEqual([""]);
    expect(await read(one)).toMatchObject({ [text]: "2" });
  });

  it("MGMT-3: it comes after 401, 403 and 404", async () => {
    const { one, id } = await make();
    const asked = { body: { [text]: "x" }, headers: { "If-Match": STALE } };
    await problemOf(await v3("PATCH", one, { ...asked, token: null }), 401, "UNAUTHORIZED");
    const other = await mint(["eventLog:read"]);
    await problemOf(await v3("PATCH", one, { ...asked, token: other }), 403, "FORBIDDEN");
    const writer = await mint([`${scope}:write`]);
    await problemOf(await v3("PATCH", one, { ...asked, token: writer }), 412, "PRECONDITION_FAILED");
    const gone = `${path}/${String(id).slice(0, -12)}000000000000`;
    for (const ifMatch of ["*", STALE]) {
      await problemOf(await patchIf(gone, ifMatch, { [text]: "x" }), 404, "NOT_FOUND");
      await problemOf(await deleteIf(gone, ifMatch), 404, "NOT_FOUND");
    }
  });

  it("MGMT-3: of changes with one tag exactly one is made", async () => {
    const { one, tag } = await make();
    const answers = await Promise.all(["a", "b", "c"].map((value) => patchIf(one, tag, { [text]: value })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412, 412]);
    const winner = answers.find(({ status }) => status === 200);
    expect((await readTagged(one)).tag).toBe(winner?.headers.get("ETag"));
  });

  it("MGMT-3: without a condition changes in the same moment are all made, one after the other", async () => {
    const { one } = await make();
    const [first] = others;
    const answers = await Promise.all([first, { [text]: "b" }].map((change) => v3("PATCH", one, { body: change })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const { token: _, ...shown } = first as Json;
    expect(await read(one)).toMatchObject({
      ...shown,
      ...("metadata" in shown ? { metadata: [expect.objectContaining({ key: "k" })] } : {}),
      [text]: "b",
    });
  });

  it("MGMT-3: DELETE with an old tag is 412 and deletes nothing; of two with the tag one is made", async () => {
    const { one, id, tag } = await make();
    const current = tagOf(await v3("PATCH", one, { body: { [text]: "changed" } }));
    await expectUntouched(one, id, () => deleteIf(one, tag));
    await expectUntouched(one, id, () => deleteIf(one, `W/${current}`));
    const answers = await Promise.all([deleteIf(one, current), deleteIf(one, current)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 404]);
    const again = (await make()).one;
    const raced = (await readTagged(again)).tag;
    const both = await Promise.all([deleteIf(again, raced), patchIf(again, raced, { [text]: "kept" })]);
    expect([
      [204, 404],
      [412, 200],
    ]).toContainEqual(both.map(({ status }) => status));
  });
});

describe("users", () => {
  it("MGMT-3, DEL-1: a deletion with an old tag takes the user off no license", async () => {
    const person = await created("/users", { email: email() });
    const held = await license({ userId: person.id });
    await problemOf(await deleteIf(`/users/${person.id}?detach=true`, STALE), 412, "PRECONDITION_FAILED");
    expect(await read(`/licenses/${held.id}`)).toEqual(held);
    const { tag } = await readTagged(`/users/${person.id}`);
    await problemOf(await deleteIf(`/users/${person.id}`, tag), 409, "IN_USE");
    expect((await deleteIf(`/users/${person.id}?detach=true`, tag)).status).toBe(204);
    expect(await read(`/licenses/${held.id}`)).toMatchObject({ user: null });
  });

  it("MGMT-3, REF-1: an old tag is told of before an e-mail that is taken", async () => {
    const [one, other] = [await created("/users", { email: email() }), await created("/users", { email: email() })];
    const path = `/users/${one.id}`;
    await expectUntouched(path, one.id, () => patchIf(path, STALE, { email: other.email }));
    await problemOf(await patchIf(path, "*", { email: other.email }), 409, "ALREADY_EXISTS");
  });
});

describe("access tokens", () => {
  it("MGMT-3: using one does not change its tag", async () => {
    const { token, ...resource } = await created("/personal-access-tokens", { name: "t", scopes: ["product:read"] });
    const path = `/personal-access-tokens/${resource.id}`;
    const { tag } = await readTagged(path);
    expect((await v3("GET", "/products", { token: String(token) })).status).toBe(200);
    await env.DB.prepare("UPDATE access_tokens SET last_used_at = 1 WHERE id = ?").bind(resource.id).run();
    expect((await readTagged(path)).tag).toBe(tag);
    expect((await patchIf(path, tag, { name: "used" })).status).toBe(200);
  });
});

const SHOP: Caller = { actor: { type: "system", id: "cron" }, requestId: "test" };

/** D1, with something else done right before each batch. */
function interrupted(before: () => Promise<unknown>): D1Database {
  return new Proxy(env.DB, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return delayed(name === "batch", member.bind(target) as (...given: unknown[]) => unknown, before);
    },
  });
}

function delayed(isBatch: boolean, member: (...given: unknown[]) => unknown, before: () => Promise<unknown>) {
  if (!isBatch) return member;
  return async (...given: unknown[]) => {
    await before();
    return await member(...given);
  };
}

describe("webhooks", () => {
  async function webhook(): Promise<string> {
    return String((await created("/webhooks", { ...WEBHOOK, name: "hook" })).id);
  }

  async function changing(id: string, call: ConditionalCall, before: () => Promise<unknown>) {
    const stores = { ...(await deployment()), db: interrupted(before) };
    return await changeWebhook(stores, id, { name: "changed", fixed: {} }, call, Date.now(), () => null);
  }

  async function tag(id: string): Promise<string> {
    const found = await findWebhook(env.DB, id);
    if (found === null) throw new Error("there is such a webhook");
    return await webhookEntityTag(found);
  }

  /** Its object found out about the receiver; once. */
  function announcing(webhookId: string, goneUrl: string | null): () => Promise<void> {
    let done = false;
    return async () => {
      if (done) return;
      done = true;
      const health = { status: "suspended", reason: "failing" } as const;
      const change = { webhookId, health, goneUrl, suspensions: [], eventId: crypto.randomUUID(), now: Date.now() };
      expect(await announceWebhookStatus(env.DB, change)).toBe(true);
    };
  }

  it("MGMT-3, HOOK-2: what its object finds out meanwhile fails no PATCH, and is kept", async () => {
    const id = await webhook();
    const call = { ...SHOP, ifMatch: [await tag(id)] };
    expect(await changing(id, call, announcing(id, null))).toMatchObject({ ok: true });
    expect(await read(`/webhooks/${id}`)).toMatchObject({ name: "changed", status: "suspended", enabled: true });
  });

  it("MGMT-3, HOOK-2: one that was disabled meanwhile is not as it was", async () => {
    const id = await webhook();
    const call = { ...SHOP, ifMatch: [await tag(id)] };
    const refused = { ok: false, refusal: { code: "precondition-failed" } };
    expect(await changing(id, call, announcing(id, WEBHOOK.url))).toEqual(refused);
    expect(await read(`/webhooks/${id}`)).toMatchObject({ name: "hook", enabled: false });
  });

  it("MGMT-3: a change that is outrun time after time is told to come again, and by what", async () => {
    const id = await webhook();
    let outrun = 0;
    const result = await changing(id, SHOP, async () => {
      outrun += 1;
      await env.DB.prepare("UPDATE webhooks SET updated_at = updated_at + 1 WHERE id = ?").bind(id).run();
    });
    expect([result, outrun]).toEqual([{ ok: false, refusal: { code: "overloaded", what: "webhook" } }, ATTEMPTS]);
    expect(() => valueOf(result)).toThrow(/for one webhook/);
    expect(await read(`/webhooks/${id}`)).toMatchObject({ name: "hook" });
  });

  it("MGMT-3, HOOK-1: another token changes the tag, however it came; the same one does not", async () => {
    const { token, id } = await created("/webhooks", { ...WEBHOOK, name: "hook" });
    const path = `/webhooks/${id}`;
    const before = (await readTagged(path)).tag;
    expect(tagOf(await v3("PATCH", path, { body: { token } }))).toBe(before);
    expect((await v3("POST", `${path}/rotate-secret`, { body: {} })).status).toBe(200);
    expect((await readTagged(path)).tag).not.toBe(before);
    await expectUntouched(path, id, () => patchIf(path, before, { name: "stale" }));
  });
});
