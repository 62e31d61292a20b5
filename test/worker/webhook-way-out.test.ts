/** HOOK-5: a webhook is a way out for data, so whoever opens one has to hold the scopes of what it sends. */

import { describe, expect, it, vi } from "vitest";
import { created, jsonOf, listOf, mint, v3, type Json } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";
import { newReceiver } from "../support/receivers.ts";

const BODY = { name: "shop", url: "http://127.0.0.1:9/hooks" };
const EVERYTHING = [
  ...["license:read", "activation:read", "user:read", "product:read", "licenseTemplate:read", "tag:read"],
  ...["trialPolicy:read", "trialActivation:read", "maintenancePolicy:read"],
  ...["feature:read", "entitlementSet:read"],
  ...["personalAccessToken:write", "webhook:read"],
];

async function webhook(members: Json = {}): Promise<string> {
  return String((await created("/webhooks", { ...BODY, events: ["license.*"], ...members })).id);
}

async function forbidden(answer: Response, ...scopes: readonly string[]): Promise<void> {
  const problem = await problemOf(answer, 403, "FORBIDDEN");
  for (const scope of EVERYTHING)
    expect([scope, String(problem.detail).includes(scope)]).toEqual([scope, scopes.includes(scope)]);
}

describe("a webhook is opened", () => {
  it("HOOK-5: by who may read all that its patterns cover, and people where those resources show them", async () => {
    const cases: readonly (readonly [patterns: readonly string[], needed: readonly string[]])[] = [
      [["*"], EVERYTHING],
      [["license.*"], ["license:read", "user:read"]],
      [
        ["license.created", "tag.updated"],
        ["license:read", "user:read", "tag:read"],
      ],
      [["activation.lease-expired"], ["activation:read", "user:read"]],
      [["user.*"], ["user:read"]],
      [["product.*"], ["product:read"]],
      [["licenseTemplate.*"], ["licenseTemplate:read"]],
      [["maintenancePolicy.*"], ["maintenancePolicy:read"]],
      [
        ["feature.*", "entitlementSet.*"],
        ["feature:read", "entitlementSet:read"],
      ],
      [["trialPolicy.*"], ["trialPolicy:read"]],
      [["trialActivation.*"], ["trialActivation:read"]],
      [["personalAccessToken.*"], ["personalAccessToken:write"]],
      [["webhook.*"], ["webhook:read"]],
    ];
    for (const [events, needed] of cases) {
      const body = { ...BODY, events, enabled: false };
      const token = await mint(["webhook:write"]);
      await forbidden(await v3("POST", "/webhooks", { token, body }), ...needed);
      for (const left of needed) {
        const some = await mint(["webhook:write", ...needed.filter((scope) => scope !== left)]);
        await forbidden(await v3("POST", "/webhooks", { token: some, body }), left);
      }
      const all = await mint(["webhook:write", ...needed]);
      const made = await jsonOf(await v3("POST", "/webhooks", { token: all, body }), 201);
      expect((await v3("DELETE", `/webhooks/${made.id}`, { token })).status).toBe(204);
    }
  });

  it("HOOK-5: led elsewhere, enabled or given another token by nobody else, and nothing of it changes", async () => {
    const id = await webhook({ enabled: false });
    const token = await mint(["webhook:write", "license:read"]);
    const before = await jsonOf(await v3("GET", `/webhooks/${id}`), 200);
    for (const body of [
      { url: "http://127.0.0.1:9/mine" },
      { enabled: true },
      { token: "a token of sixteen characters" },
      { format: "cloudevents" },
      { events: ["license.created"] },
      // Narrower patterns do not open what waits by those of before.
      { events: ["tag.*"], url: "http://127.0.0.1:9/mine" },
    ]) {
      const answer = await v3("PATCH", `/webhooks/${id}`, { token, body });
      const lacking = body.events?.[0] === "tag.*" ? ["user:read", "tag:read"] : ["user:read"];
      await forbidden(answer, ...lacking);
    }
    const known = "known to its receiver";
    await jsonOf(await v3("PATCH", `/webhooks/${id}`, { body: { token: known } }), 200);
    // Else a guess that is right would be told from one that is not.
    await forbidden(await v3("PATCH", `/webhooks/${id}`, { token, body: { token: known } }), "user:read");
    await forbidden(await v3("POST", `/webhooks/${id}/rotate-secret`, { token, body: {} }), "user:read");
    await forbidden(await v3("POST", `/webhooks/${id}/replay`, { token, body: {} }), "user:read");
    expect(await jsonOf(await v3("GET", `/webhooks/${id}`), 200)).toEqual({ ...before, updatedAt: expect.anything() });
  });

  it("HOOK-5: switched off, renamed and deleted by webhook:write alone, also with what it has already", async () => {
    const id = await webhook();
    const token = await mint(["webhook:write"]);
    const body = { ...BODY, name: "renamed", events: ["license.*"], format: "json", enabled: false };
    const changed = await jsonOf(await v3("PATCH", `/webhooks/${id}`, { token, body }), 200);
    expect(changed).toMatchObject({ name: "renamed", enabled: false });
    expect((await v3("DELETE", `/webhooks/${id}`, { token })).status).toBe(204);
  });
});

describe("what a receiver answers", () => {
  it("HOOK-5: is shown to who may be sent all that, and to others by its length", async () => {
    const receiver = await newReceiver();
    const echo = 'Zaphodina Beeblebrox has the key "TRILLIAN';
    await receiver.follow({ otherwise: { do: "answer", status: 200, body: echo } });
    const id = await webhook({ url: receiver.url });
    const [reader, writer] = [await mint(["webhook:read"]), await mint(["webhook:write"])];
    const fired = await jsonOf(await v3("POST", `/webhooks/${id}/test-fire`, { token: writer }), 200);
    expect(fired).toMatchObject({ statusCode: 200, response: { body: null, length: echo.length } });
    const [one] = await listOf(await v3("GET", `/webhook-event-logs?webhookId=${id}`, { token: reader }));
    expect(one).toMatchObject({ id: fired.id, response: { body: null, length: echo.length } });
    const path = `/webhook-event-logs/${fired.id}`;
    expect(await jsonOf(await v3("GET", path, { token: reader }), 200)).toEqual(one);
    const whole = await mint(["webhook:read", "license:read", "user:read"]);
    const shown = await jsonOf(await v3("GET", path, { token: whole }), 200);
    expect(shown).toEqual({ ...one, response: { body: echo, length: echo.length } });
    await forbidden(await v3("POST", `${path}/replay`, { token: writer }), "license:read", "user:read", "webhook:read");
  });

  it("HOOK-5: is not replayed once the webhook no longer wants the event", async () => {
    const receiver = await newReceiver();
    const id = await webhook({ url: receiver.url, events: ["tag.*"] });
    await created("/tags", { name: "wanted once" });
    const [attempt] = await vi.waitUntil(async () => {
      const attempts = await listOf(await v3("GET", `/webhook-event-logs?webhookId=${id}`));
      return attempts.length > 0 ? attempts : null;
    });
    const path = `/webhook-event-logs/${attempt?.id}/replay`;
    expect(await jsonOf(await v3("POST", path), 202)).toEqual({ replayed: 1 });
    await receiver.received(2);
    await jsonOf(await v3("PATCH", `/webhooks/${id}`, { body: { events: ["product.*"] } }), 200);
    expect(await jsonOf(await v3("POST", path), 202)).toEqual({ replayed: 0 });
  });
});
