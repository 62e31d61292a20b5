/** Products over /v3 (PROD-1). */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { created, jsonOf, listOf, read, v3 } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";

const TEXTS = ["description", "legalNotice", "copyright", "providerUrl", "providerEmail"] as const;

describe("products", () => {
  it("PROD-1: every member, the five texts of the activation document empty and never null", async () => {
    const product = await created("/products", { name: "Editor" });
    expect(product).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      updatedAt: product.createdAt,
      name: "Editor",
      displayName: "Editor",
      licenseTemplateId: null,
      trialPolicyId: null,
      tokenAlgorithm: "ES256",
      metadata: [],
      ...Object.fromEntries(TEXTS.map((text) => [text, ""])),
    });
    expect(await read(`/products/${product.id}`)).toEqual(product);
    expect(await read(`/products/${String(product.id).toUpperCase()}`)).toEqual(product);
    expect(await listOf(await v3("GET", "/products?limit=100"))).toContainEqual(product);
    const nulls = Object.fromEntries(TEXTS.map((text) => [text, null]));
    expect(await created("/products", { name: "N", ...nulls })).toMatchObject({ description: "", providerEmail: "" });
  });

  it("TOK-4: a product is born with a signing key and one in reserve, of its algorithm", async () => {
    for (const tokenAlgorithm of ["ES256", "Ed25519", "RS256"]) {
      const { id } = await created("/products", { name: "Signed", tokenAlgorithm });
      const keys = env.DB.prepare(
        "SELECT algorithm, status, private_key FROM signing_keys WHERE product_id = ? ORDER BY status",
      ).bind(id);
      expect((await keys.all()).results).toEqual([
        { algorithm: tokenAlgorithm, status: "active", private_key: expect.any(String) },
        { algorithm: tokenAlgorithm, status: "published", private_key: expect.any(String) },
      ]);
    }
  });

  it("IN-1: a PATCH changes what it names, keeps metadata by key, and ignores unknown members and null", async () => {
    const product = await created("/products", {
      name: "P",
      metadata: [
        { key: "a", value: "1" },
        { key: "b", value: "2", visible: true },
      ],
    });
    const [a, b] = product.metadata as { id: string; createdAt: string }[];
    expect(b).toMatchObject({ visible: true, viewPermissions: ["activation"] });
    const patched = await jsonOf(
      await v3("PATCH", `/products/${product.id}`, {
        body: {
          name: null,
          legalNotice: "© Acme",
          color: "red",
          metadata: [
            { key: "b", value: "3", viewPermissions: ["user"] },
            { key: "c", value: "4" },
          ],
        },
      }),
      200,
    );
    expect(patched).toMatchObject({ name: "P", legalNotice: "© Acme", createdAt: product.createdAt });
    expect(patched.metadata).toEqual([
      { ...b, value: "3", visible: false, viewPermissions: ["user"], updatedAt: patched.updatedAt },
      expect.objectContaining({ key: "c", value: "4" }),
    ]);
    expect(JSON.stringify(patched)).not.toContain(String(a?.id));
    expect(patched).not.toHaveProperty("color");
    expect(await read(`/products/${product.id}`)).toEqual(patched);
    expect(await jsonOf(await v3("PATCH", `/products/${product.id}`), 200)).toEqual(patched);
  });

  it("IN-2: read-only members are ignored if equal, else 400 at that member", async () => {
    const product = await created("/products", { name: "P" });
    const same = await jsonOf(await v3("PATCH", `/products/${product.id}`, { body: product }), 200);
    expect(same).toEqual(product);
    for (const [member, value] of [
      ["id", "0199f6a0-0000-7000-8000-000000000000"],
      ["createdAt", "2020-01-01T00:00:00Z"],
      ["tokenAlgorithm", "RS256"],
      ["licenseTemplateId", "0199f6a0-0000-7000-8000-000000000000"],
    ] as const) {
      const body = { name: "Q", [member]: value };
      const problem = await problemOf(await v3("PATCH", `/products/${product.id}`, { body }), 400, "INVALID_REQUEST");
      expect(pointersOf(problem)).toEqual([`/${member}`]);
    }
    expect(await read(`/products/${product.id}`)).toEqual(product);
  });

  it("points at what is wrong, and writes nothing", async () => {
    const count = async () => await env.DB.prepare("SELECT count(*) AS n FROM products").first("n");
    const before = await count();
    const items = (n: number) => Array.from({ length: n }, (_, at) => ({ key: `k${at}`, value: "v" }));
    const cases: readonly (readonly [unknown, readonly string[]])[] = [
      [{}, ["/name"]],
      [{ name: 1 }, ["/name"]],
      [{ name: "" }, ["/name"]],
      [{ name: "a", description: "x".repeat(4097) }, ["/description"]],
      [{ name: "a", tokenAlgorithm: "HS256" }, ["/tokenAlgorithm"]],
      [{ name: "a", licenseTemplateId: "x" }, ["/licenseTemplateId"]],
      [{ name: "a", trialPolicyId: "x" }, ["/trialPolicyId"]],
      [{ name: "a", metadata: items(51) }, ["/metadata"]],
      [{ name: "a", metadata: [{ key: "k" }] }, ["/metadata/0/value"]],
      [{ name: "a", metadata: [...items(2), { key: "k0", value: "" }] }, ["/metadata/2/key"]],
      [
        { name: "a", metadata: [{ key: "k", value: "v", viewPermissions: ["world"] }] },
        ["/metadata/0/viewPermissions/0"],
      ],
      ["[]", [""]],
      ["{", [""]],
      ['{"name":"a\\u0000"}', ["/name"]],
    ];
    for (const [body, pointers] of cases) {
      expect(pointersOf(await problemOf(await v3("POST", "/products", { body }), 400, "INVALID_REQUEST"))).toEqual(
        pointers,
      );
    }
    expect(await count()).toBe(before);
  });

  it("ERR-3: unknown and malformed ids answer the same 404, and wrong methods 405", async () => {
    for (const id of ["0199f6a0-0000-7000-8000-000000000000", "x", "%00"]) {
      for (const method of ["GET", "PATCH"]) await problemOf(await v3(method, `/products/${id}`), 404, "NOT_FOUND");
    }
    const wrong = await v3("PUT", "/products/0199f6a0-0000-7000-8000-000000000000");
    expect(wrong.headers.get("Allow")).toContain("PATCH");
    await problemOf(wrong, 405, "METHOD_NOT_ALLOWED");
    await problemOf(await v3("GET", "/nothing"), 404, "NOT_FOUND");
  });

  it("MGMT-3: three changes in the same moment all hold", async () => {
    const { id } = await created("/products", { name: "P" });
    const change = async (body: object) => await jsonOf(await v3("PATCH", `/products/${id}`, { body }), 200);
    const all = { description: "d", copyright: "c", legalNotice: "l" };
    await Promise.all(Object.entries(all).map(([member, value]) => change({ [member]: value })));
    expect(await read(`/products/${id}`)).toMatchObject(all);
  });
});
