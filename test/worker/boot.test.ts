import { env, exports } from "cloudflare:workers";
import { expect, it } from "vitest";

it("CFG-2: serves, on tables that are there", async () => {
  const answer = await exports.default.fetch("http://leasehold.test/health");
  expect(answer.status).toBe(200);
  const rows = await env.DB.prepare("SELECT name FROM sqlite_master WHERE name='licenses'").all();
  expect(rows.results.length).toBe(1);
});
