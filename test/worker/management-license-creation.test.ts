/** What a creation of a license refuses, and when it answers one that exists (LIC-3, KEY-2, ID-4). */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { created, jsonOf, license, listOf, productId, read, rowCounts, v3, type Json } from "../support/management.ts";
import { handedOver } from "../support/objects.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { activated, deployment } from "../support/shop.ts";

describe("what a creation refuses", () => {
  it("400 with a pointer, and nothing is written", async () => {
    const product = await productId();
    const before = await rowCounts();
    const cases: readonly (readonly [Json, readonly string[]])[] = [
      [{ productId: undefined }, ["/productId"]],
      [{ productId: "x" }, ["/productId"]],
      [{ productId: "0199f6a0-0000-7000-8000-00000000beef" }, ["/productId"]],
      [{ licensedProductIds: [product, "0199f6a0-0000-7000-8000-00000000beef"] }, ["/licensedProductIds/1"]],
      [{ licensedProductIds: [] }, ["/licensedProductIds"]],
      [{ type: "floating" }, ["/type"]],
      [{ key: "a\tb" }, ["/key"]],
      [{ key: "x".repeat(257) }, ["/key"]],
      [{ key: 7 }, ["/key"]],
      [{ validity: -1 }, ["/validity"]],
      [{ validity: 1.5 }, ["/validity"]],
      [{ validity: 1, subscriptionInterval: "P1Y" }, ["/subscriptionInterval"]],
      ...["P", "1Y", "P1.5Y", "-P1D", "P-1D", "P1Y1Y", "P1DT", "p1d", "P1H", "P101Y", `P${"9".repeat(400)}Y`].map(
        (subscriptionInterval): readonly [Json, readonly string[]] => [
          { subscriptionInterval },
          ["/subscriptionInterval"],
        ],
      ),
      [{ createdAt: "2999-01-01T00:00:00Z" }, ["/createdAt"]],
      [{ expiresAt: "2024-02-30T00:00:00Z" }, ["/expiresAt"]],
      [{ expiresAt: "2024-02-01" }, ["/expiresAt"]],
      [{ effectiveDate: 0 }, ["/effectiveDate"]],
      [{ expirationStrategy: "rolling", type: "hosted-floating" }, ["/expirationStrategy"]],
      [{ expirationStrategy: "delayed", subscriptionStartTrigger: "creation" }, ["/subscriptionStartTrigger"]],
      [{ allowedActivations: -2 }, ["/allowedActivations"]],
      [{ allowedActivations: "3" }, ["/allowedActivations"]],
      [{ allowedActivations: 1e300 }, ["/allowedActivations"]],
      [{ allowedClockOffset: 59 }, ["/allowedClockOffset"]],
      [{ revoked: "true" }, ["/revoked"]],
      [{ region: "moon" }, ["/region"]],
      [{ externalReference: "" }, ["/externalReference"]],
      [{ externalReference: "x".repeat(256) }, ["/externalReference"]],
      [{ notes: "x".repeat(4097) }, ["/notes"]],
      [{ metadata: [{ key: "", value: "" }] }, ["/metadata/0/key"]],
      [{ metadata: Array.from({ length: 50 }, (_, at) => ({ key: `${at}`, value: "é".repeat(4096) })) }, ["/metadata"]],
      [{ seatRelease: "after-token", serverSyncGracePeriod: -1 }, ["/seatRelease"]],
      [{ leaseGracePeriod: 86_401 }, ["/leaseGracePeriod"]],
      [{ allowedCountries: ["DE", "UK"] }, ["/allowedCountries/1"]],
      [
        { disallowedIpAddresses: ["010.0.0.1"], allowedIpRange: "::1" },
        ["/allowedIpRange", "/disallowedIpAddresses/0"],
      ],
      [{ seatRelease: "after-token", leaseGracePeriod: 2_592_001 }, ["/leaseGracePeriod"]],
    ];
    for (const [members, pointers] of cases) {
      const problem = await problemOf(
        await v3("POST", "/licenses", { body: { productId: product, ...members } }),
        400,
        "INVALID_REQUEST",
      );
      expect([members, [...new Set(pointersOf(problem))]]).toEqual([members, pointers]);
    }
    expect(await rowCounts()).toEqual(before);
  });

  it("a member whose rule is not built yet takes its default and nothing else", async () => {
    const product = await productId();
    const others: Json = {
      userId: "0199f6a0-0000-7000-8000-00000000beef",
      entitlementSetId: "0199f6a0-0000-7000-8000-00000000beef",
      licenseTemplateId: "0199f6a0-0000-7000-8000-00000000beef",
      maintenancePolicyId: "0199f6a0-0000-7000-8000-00000000beef",
      additionalUserIds: ["x"],
    };
    for (const [member, value] of Object.entries(others)) {
      const answer = await v3("POST", "/licenses", { body: { productId: product, [member]: value } });
      expect(pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))).toEqual([`/${member}`]);
    }
    const resource = await created("/licenses", { productId: product });
    const defaults = Object.fromEntries(Object.keys(others).map((member) => [member, resource[member] ?? null]));
    expect((await v3("POST", "/licenses", { body: { productId: product, ...defaults } })).status).toBe(201);
  });

  it("KEY-2: a key that is taken is 409 at /key, however it is written", async () => {
    const product = await productId();
    const first = await license({ productId: product, key: "ABCDEF-ABCDEF-ABCDEF-ABCDEF-ABCDEF-ABCDEF" });
    const before = await rowCounts();
    const body = {
      productId: product,
      key: "abcdef-abcdef-abcdef-abcdef-abcdef-abcdef",
      externalReference: "ref-of-taken",
    };
    expect(pointersOf(await problemOf(await v3("POST", "/licenses", { body }), 409, "ALREADY_EXISTS"))).toEqual([
      "/key",
    ]);
    expect(await rowCounts()).toEqual(before);
    expect((await read(`/licenses/${first.id}`)).externalReference).toBeNull();
  });

  it("KEY-2: of many that choose the same key at once, one gets it, and the others leave nothing", async () => {
    const body = { productId: await productId(), key: "wanted by many" };
    const before = await rowCounts();
    const answers = await Promise.all(Array.from({ length: 8 }, async () => await v3("POST", "/licenses", { body })));
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
    const one = (name: string) => Number(before[name]) + 1;
    const after = { licenses: one("licenses"), license_keys: one("license_keys"), events: one("events") };
    expect(await rowCounts()).toEqual({ ...before, ...after });
  });

  it("ID-4: a chosen key whose locator is another license's is 409", async () => {
    const product = await productId();
    const locator = await (await deployment()).locator("chosen");
    const neighbour = `${locator.slice(0, 8)}-${locator.slice(8, 12)}-8${locator.slice(12)}-8000-000000000000`;
    await env.DB.prepare(
      "INSERT INTO licenses (id, key, product_id, fence, revision, terms, created_at, updated_at) VALUES (?, 'other', ?, 0, 1, '{}', 0, 0)",
    )
      .bind(neighbour, product)
      .run();
    const answer = await v3("POST", "/licenses", { body: { productId: product, key: "chosen" } });
    expect(pointersOf(await problemOf(answer, 409, "ALREADY_EXISTS"))).toEqual(["/key"]);
    expect(await env.DB.prepare("SELECT 1 FROM license_keys WHERE key = 'chosen'").first()).toBeNull();
    await env.DB.prepare("DELETE FROM licenses WHERE id = ?").bind(neighbour).run();
    expect((await v3("POST", "/licenses", { body: { productId: product, key: "chosen" } })).status).toBe(201);
  });
});

describe("keys as people type and paste them", () => {
  const patch = async ({ id }: Json, key: string) => await v3("PATCH", `/licenses/${id}`, { body: { key } });
  const refused = async (answer: Response) => pointersOf(await problemOf(answer, 409, "ALREADY_EXISTS"));

  it("KEY-3: are stored as they are read, found by activation, filters and search, and 409 where their upper case is another's", async () => {
    const made = await license();
    const key = String(made.key);
    const dashless = key.replaceAll("-", "");
    const { sessionId } = await activated(key);
    const asPasted = [
      "\u200b" + key.replaceAll("-", "\u2013") + "\n",
      dashless.toLowerCase(),
      dashless.replaceAll("0", "O"),
    ];
    for (const pasted of asPasted) {
      expect((await activated(pasted)).sessionId).toBe(sessionId);
      const asked = encodeURIComponent(pasted);
      for (const query of [`key=${asked}`, `key[in][]=nobody&key[in][]=${asked}`, `search=${asked}`]) {
        expect([pasted, query, (await listOf(await v3("GET", `/licenses?${query}`))).map(({ id }) => id)]).toEqual([
          pasted,
          query,
          [made.id],
        ]);
      }
    }

    const chosen = await license({
      productId: made.productId,
      key: "\u200b ACME-typed\u00ad \u2060",
      allowedActivations: 0,
    });
    expect(chosen.key).toBe("ACME-typed");
    const shouted = await license({ productId: made.productId, key: "ACME-TYPED", allowedActivations: 0 });
    const idsOf = async (query: string) => (await listOf(await v3("GET", query))).map(({ id }) => id);
    for (const [typed, found] of [
      ["ACME-typed", chosen],
      ["ACME-TYPED", shouted],
      ["acme-Typed", shouted],
    ] as const) {
      const device = `device of ${typed}`;
      const session = await activated(typed, device);
      expect([typed, (await read(`/activations/${session.sessionId}`)).licenseId]).toEqual([typed, found.id]);
      expect([typed, await idsOf(`/licenses?key=${typed}`)]).toEqual([typed, [found.id]]);
      await handedOver();
      expect(await idsOf(`/activations?license.key=${typed}&licenseId=${found.id}`)).toContain(session.sessionId);
    }

    const before = await rowCounts();
    for (const taken of ["Acme-Typed", "acme-typed\u200b", "ACME-typed", asPasted[1]]) {
      expect(await refused(await v3("POST", "/licenses", { body: { productId: made.productId, key: taken } }))).toEqual(
        ["/key"],
      );
      if (taken !== "ACME-typed") expect(await refused(await patch(chosen, String(taken)))).toEqual(["/key"]);
    }
    expect(await rowCounts()).toEqual(before);
    expect((await jsonOf(await patch(shouted, " Acme-Typed\u200b"), 200)).key).toBe("Acme-Typed");
  });
});

describe("external references", () => {
  it("LIC-3: creating again answers 200 and the existing license, and creates nothing", async () => {
    const body = { productId: await productId(), externalReference: "order-1", allowedActivations: 3 };
    const first = await created("/licenses", body);
    const before = await rowCounts();
    const again = await v3("POST", "/licenses", { body: { ...body, allowedActivations: 9 } });
    expect(await jsonOf(again, 200)).toEqual(first);
    expect(await rowCounts()).toEqual(before);
  });

  it("LIC-3: also where the tag and the template that it names are gone by then", async () => {
    const tag = await created("/tags", { name: "launch" });
    const template = await created("/license-templates", { name: "once", allowedActivations: 7 });
    const body = { productId: await productId(), externalReference: "order-3", tags: ["launch"] };
    const named = { ...body, licenseTemplateId: template.id };
    const first = await created("/licenses", named);
    expect((await v3("DELETE", `/tags/${tag.id}`)).status).toBe(204);
    expect((await v3("DELETE", `/license-templates/${template.id}`)).status).toBe(204);
    const again = await jsonOf(await v3("POST", "/licenses", { body: named }), 200);
    expect([again.id, again.allowedActivations, again.tags]).toEqual([first.id, 7, []]);
    expect((await v3("POST", "/licenses", { body: { ...named, externalReference: "order-4" } })).status).toBe(400);
  });

  it("LIC-3: many at once make one license", async () => {
    const body = { productId: await productId(), externalReference: "order-2" };
    const answers = await Promise.all(Array.from({ length: 8 }, async () => await v3("POST", "/licenses", { body })));
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    const ids = new Set(
      (await Promise.all(answers.map(async (answer) => ((await answer.json()) as Json).id))).values(),
    );
    expect(ids.size).toBe(1);
  });
});
