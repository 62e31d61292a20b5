/** Changes of one row of the catalogue in the same moment: every one of them comes through (MGMT-3). */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { created, jsonOf, read, v3, type Json } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

const AT_ONCE = 20;
const HOOK = { url: "https://receiver.example.test/", events: ["license.created"] };

const KINDS = [
  { path: "/products", event: "product", member: "name", body: { name: "before" } },
  { path: "/license-templates", event: "licenseTemplate", member: "name", body: { name: "before" } },
  { path: "/trial-policies", event: "trialPolicy", member: "name", body: { name: "before", trialLength: 60 } },
  { path: "/tags", event: "tag", member: "name", body: { name: "before" } },
  { path: "/users", event: "user", member: "firstName", body: { email: "busy@example.test", firstName: "before" } },
  {
    path: "/personal-access-tokens",
    event: "personalAccessToken",
    member: "name",
    body: { name: "before", scopes: ["tag:read"] },
  },
  { path: "/webhooks", event: "webhook", member: "name", body: { ...HOOK, name: "before" } },
] as const;

/** Of one resource, oldest first. */
async function eventsOf(id: string, type: string): Promise<readonly Json[]> {
  const rows = await env.DB.prepare(
    `SELECT id, event ->> '$.changes' AS changes FROM outbox WHERE event ->> '$.subjectId' = ?1 AND event ->> '$.type' = ?2
     UNION SELECT id, body ->> '$.changes' AS changes FROM ${EVENTS} WHERE subject_id = ?1 AND type = ?2`,
  )
    .bind(id, type)
    .all<{ id: string; changes: string }>();
  return rows.results.map(({ changes }) => JSON.parse(changes) as Json);
}

describe.each(KINDS)("$path", ({ path, event, member, body }) => {
  it("MGMT-3: of 20 changes at once all are made, each upon the one before and with its event", async () => {
    const before = await created(path, body);
    const id = String(before.id);
    const values = Array.from({ length: AT_ONCE }, (_, index) => `value ${index}`);
    const answers = await Promise.all(
      values.map(async (value) => await v3("PATCH", `${path}/${id}`, { body: { [member]: value } })),
    );
    const shown = await Promise.all(answers.map(async (answer) => await jsonOf(answer, 200)));
    expect(shown.map((resource) => resource[member])).toEqual(values);
    expect(new Set(shown.map(({ updatedAt }) => updatedAt)).size).toBe(AT_ONCE);
    const last = shown.toSorted((one, other) => (String(one.updatedAt) < String(other.updatedAt) ? -1 : 1)).at(-1);
    expect(await read(`${path}/${id}`)).toEqual(last);

    const events = await eventsOf(id, `${event}.updated`);
    expect(events.length).toBe(AT_ONCE);
    // The log leaves people's names out.
    if (event === "user") return;
    const changes = events.map((change) => change[member] as Json);
    expect(changes.map(({ after }) => after).toSorted()).toEqual([...values].toSorted());
    const left = new Set(["before", ...values].filter((value) => value !== last?.[member]));
    expect(new Set(changes.map((change) => change.before))).toEqual(left);
  });

  it("MGMT-3: of changes and one removal at once none is told to come again", async () => {
    const id = String(
      (await created(path, { ...body, ...(path === "/users" ? { email: "gone@example.test" } : { name: "gone" }) })).id,
    );
    const calls = Array.from({ length: AT_ONCE }, async (_, index) =>
      index === 10
        ? await v3("DELETE", `${path}/${id}`)
        : await v3("PATCH", `${path}/${id}`, { body: { [member]: `value ${index} gone` } }),
    );
    const answers = await Promise.all(calls);
    expect(answers[10]?.status).toBe(204);
    for (const answer of answers.filter(({ status }) => status !== 200 && status !== 204)) {
      await problemOf(answer, 404, "NOT_FOUND");
    }
    await problemOf(await v3("GET", `${path}/${id}`), 404, "NOT_FOUND");
    expect((await eventsOf(id, `${event}.deleted`)).length).toBe(1);
  });
});
