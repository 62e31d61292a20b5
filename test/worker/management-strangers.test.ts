/** What nobody was let in for leaves no trace, and what no list has is refused by whatever name. */

import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { bindingsWith, ROOT_SECRET } from "../support/bindings.ts";
import { created, fullToken, v3 } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";

const LISTS = [
  "/licenses",
  "/activations",
  "/products",
  "/users",
  "/tags",
  "/license-templates",
  "/license-policies",
  "/trial-policies",
  "/trial-activations",
  "/personal-access-tokens",
  "/event-logs",
  "/webhooks",
  "/webhook-event-logs",
  "/licenses/export",
  "/activations/export",
  "/users/export",
];

it("MGMT-1: every list and export refuses what it has not, by whatever name", async () => {
  for (const list of LISTS) {
    for (const name of [
      "prototype",
      "__proto__",
      "%5F_proto__",
      "constructor",
      "toString",
      "__proto__[eq]",
      "hasOwnProperty",
    ]) {
      const problem = await problemOf(await v3("GET", `${list}?${name}=1`), 400, "INVALID_REQUEST");
      expect([list, name, pointersOf(problem)]).toEqual([list, name, [`/${decodeURIComponent(name)}`]]);
    }
  }
});

it("EVT-3: only an admitted change hands over what waits, whatever else is asked", async () => {
  const token = await fullToken();
  const app = createApp(deploymentOpener());
  const warned = vi.spyOn(console, "warn");
  const call = async (method: string, authorization: string | null, body?: object) => {
    const context = createExecutionContext();
    const request = new Request("http://leasehold.test/v3/tags", {
      method,
      headers: {
        "Content-Type": "application/json",
        ...(authorization === null ? {} : { Authorization: `Bearer ${authorization}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await app.fetch(request, bindingsWith({ ROOT_SECRET, ENVIRONMENT: "development" }), context);
    await waitOnExecutionContext(context);
    return answer.status;
  };
  const waiting = async () => (await env.DB.prepare("SELECT COUNT(*) AS n FROM outbox").first<{ n: number }>())?.n;
  await created("/tags", { name: "first" });
  await env.DB.exec(
    "INSERT INTO outbox (id, event, due_at, tries) SELECT 'waits', body, 0, 0 FROM (SELECT '{}' AS body)",
  );
  expect(await call("OPTIONS", null)).toBe(204);
  expect(await call("OPTIONS", token)).toBe(204);
  expect(await call("GET", token)).toBe(200);
  expect(await call("HEAD", token)).toBe(200);
  expect(await call("POST", null, { name: "second" })).toBe(401);
  expect(await call("POST", token, {})).toBe(400);
  expect(await waiting()).toBe(1);
  expect(warned).not.toHaveBeenCalled();
  warned.mockRestore();
  expect(await call("POST", token, { name: "second" })).toBe(201);
});
