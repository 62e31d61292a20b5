/** Texts of strangers that look like something and are nothing: 400 at their member. */

import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import { created, v3 } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";

it("FP-1: a fingerprint of nothing but white space or format characters is 400", async () => {
  for (const path of ["license", "jwt"]) {
    for (const fingerprint of ["", " ", "\t\n", "\u200B", "\uFEFF \u2060", "\u00A0", "\u2028", "\u0001"]) {
      const answer = await exports.default.fetch(`http://leasehold.test/api/v1/activations/${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ activationCode: "AAAAAA-BBBBBB-CCCCCC-DDDDDD-EEEEEE-FFFFFF", fingerprint }),
      });
      expect(pointersOf(await problemOf(answer, 400, "invalid-request"))).toEqual(["/fingerprint"]);
    }
  }
});

it("ERR-1: an address with what cannot be seen, or mailto:, is 400 at creation and change", async () => {
  const user = await created("/users", { email: "anna@example.com" });
  const wrong = ["an\u200Bna@example.com", "anna@exam\u00ADple.com", "mailto:anna@example.com", "MAILTO:a@b.c"];
  for (const email of [...wrong, "\uFEFFanna@example.com", "anna\u0007@example.com", "an na@example.com"]) {
    for (const answer of [
      await v3("POST", "/users", { body: { email } }),
      await v3("PATCH", `/users/${String(user["id"])}`, { body: { email } }),
    ]) {
      expect([email, pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))]).toEqual([email, ["/email"]]);
    }
  }
});

it("HOOK-1: a webhook's token that is none is 400, at creation, change and rotation", async () => {
  const hook = { name: "shop", url: "http://127.0.0.1:9/", events: ["*"] };
  const webhook = await created("/webhooks", hook);
  for (const token of ["s", " ".repeat(20), `v1,whsec_${"A".repeat(43)}=`, `WHSEC_${"A".repeat(43)}=`]) {
    for (const answer of [
      await v3("POST", "/webhooks", { body: { ...hook, token } }),
      await v3("PATCH", `/webhooks/${String(webhook["id"])}`, { body: { token } }),
      await v3("POST", `/webhooks/${String(webhook["id"])}/rotate-secret`, { body: { token } }),
    ]) {
      expect([token, pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))]).toEqual([token, ["/token"]]);
    }
  }
});
