/** ERR-2 on /v3: whatever stands at whichever member, the answer is no 500. */

import { expect, it } from "vitest";
import { created, license, v3, type Json } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";

const VALUES: readonly unknown[] = [
  true,
  0,
  -1,
  0.5,
  1e308,
  2 ** 53,
  "",
  " ",
  "x",
  "__proto__",
  "9".repeat(1000),
  "9999-12-31T23:59:59.999999999Z",
  "P100Y",
  [],
  [[]],
  [{}],
  ["x"],
  {},
  { key: {} },
];

it("ERR-2: wrongly typed members of every body are 400 or taken, never 500", async () => {
  const resource = await license();
  const members = [
    ...Object.keys(resource),
    "subscriptionStartTrigger",
    "userId",
    "licenseTemplateId",
    "from",
    "renewalReference",
  ];
  for (const member of members) {
    for (const value of VALUES) {
      const body = { productId: resource.productId, [member]: value };
      const answer = await v3("POST", "/licenses", { body });
      expect([member, value, answer.status]).toEqual([member, value, expect.toBeOneOf([200, 201, 400, 409])]);
      if (answer.status >= 400)
        await problemOf(answer, answer.status, answer.status === 409 ? "ALREADY_EXISTS" : "INVALID_REQUEST");
    }
  }
}, 60_000);

it("ERR-2: the same for changes, renewals, products, tokens and webhooks", async () => {
  const resource = await license({ validity: 60 });
  const hook = { url: "http://127.0.0.1:9/", events: ["*"] };
  const webhook = await created("/webhooks", { name: "n", ...hook });
  const calls: readonly (readonly [string, string, readonly string[]])[] = [
    [
      "PATCH",
      `/licenses/${resource.id}`,
      [
        "key",
        "revoked",
        "metadata",
        "licensedProductIds",
        "subscriptionInterval",
        "effectiveDate",
        "allowedActivations",
        "expiresAt",
        "leaseDuration",
        "serverSyncInterval",
      ],
    ],
    ["POST", `/licenses/${resource.id}/renew`, ["from", "renewalReference"]],
    ["POST", "/products", ["name", "displayName", "description", "metadata", "tokenAlgorithm", "licenseTemplateId"]],
    ["POST", "/personal-access-tokens", ["name", "scopes", "expiresAt"]],
    ["POST", "/webhooks", ["name", "url", "token", "enabled", "active", "events", "format"]],
    ["PATCH", `/webhooks/${webhook.id}`, [...Object.keys(webhook), "token"]],
    ["POST", `/webhooks/${webhook.id}/rotate-secret`, ["token"]],
  ];
  for (const [method, path, members] of calls) {
    for (const member of members) {
      for (const value of VALUES) {
        const rest: Json = method === "POST" ? { name: "n", scopes: ["tag:read"], ...hook } : {};
        const { status } = await v3(method, path, { body: { ...rest, [member]: value } });
        expect([path, member, value, status]).toEqual([path, member, value, expect.toBeOneOf([200, 201, 400, 409])]);
      }
    }
  }
}, 60_000);

it("ERR-2: bodies that are no JSON object, too deep, too large or of another type", async () => {
  for (const body of [
    "",
    " ",
    "null",
    "7",
    '"x"',
    "[]",
    "{",
    `${"[".repeat(9999)}`,
    `{"a":${"[".repeat(99)}${"]".repeat(99)}}`,
  ]) {
    const answer = await v3("POST", "/licenses", { body });
    await problemOf(answer, 400, "INVALID_REQUEST");
  }
  const half = '{"productId":"\\ud800"}';
  await problemOf(await v3("POST", "/licenses", { body: half }), 400, "INVALID_REQUEST");
  const large = JSON.stringify({ notes: "x".repeat(1_048_576) });
  await problemOf(await v3("POST", "/licenses", { body: large }), 413, "BODY_TOO_LARGE");
  const form = { body: "a=b", headers: { "Content-Type": "application/x-www-form-urlencoded" } };
  await problemOf(await v3("POST", "/licenses", form), 415, "UNSUPPORTED_MEDIA_TYPE");
});
