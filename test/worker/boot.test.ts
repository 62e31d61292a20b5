import { env, exports } from "cloudflare:workers";
import { expect, it } from "vitest";

it("serves", async () => {
  const answer = await exports.default.fetch("http://leasehold.test/");
  expect(answer.status).toBe(200);
  const rows = await env.DB.prepare("SELECT name FROM sqlite_master WHERE name='licenses'").all();
  expect(rows.results.length).toBe(1);
});
