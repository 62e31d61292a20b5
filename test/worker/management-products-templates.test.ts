/** A product's license template (PROD-1, REF-1). */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { created, jsonOf, read, rowCounts, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";

async function patch(id: unknown, body: Json): Promise<Response> {
  return await v3("PATCH", `/products/${id}`, { body });
}

describe("the license template of a product", () => {
  it("REF-1: is given at creation or by PATCH, and null or empty takes it off", async () => {
    const template = await created("/license-templates", { name: "T", validity: 60 });
    const product = await created("/products", { name: "P", licenseTemplateId: String(template.id).toUpperCase() });
    expect(product.licenseTemplateId).toBe(template.id);
    expect(await read(`/products/${product.id}`)).toEqual(product);
    expect(await jsonOf(await patch(product.id, product), 200)).toEqual(product);
    for (const none of [null, ""]) {
      expect(await jsonOf(await patch(product.id, { licenseTemplateId: none }), 200)).toMatchObject({
        licenseTemplateId: null,
      });
      const back = await jsonOf(await patch(product.id, { licenseTemplateId: template.id }), 200);
      expect(back).toMatchObject({ licenseTemplateId: template.id });
    }
    expect(await jsonOf(await patch(product.id, { name: "Q" }), 200)).toMatchObject({ licenseTemplateId: template.id });
  });

  it("REF-1: an unknown one is 400, and nothing is written, no signing key either", async () => {
    const product = await created("/products", { name: "P" });
    const before = await rowCounts();
    for (const licenseTemplateId of [crypto.randomUUID(), "x"]) {
      const posted = await v3("POST", "/products", { body: { name: "Q", licenseTemplateId } });
      expect(pointersOf(await problemOf(posted, 400, "INVALID_REQUEST"))).toEqual(["/licenseTemplateId"]);
      const patched = await patch(product.id, { name: "Q", licenseTemplateId });
      expect(pointersOf(await problemOf(patched, 400, "INVALID_REQUEST"))).toEqual(["/licenseTemplateId"]);
    }
    expect(await rowCounts()).toEqual(before);
    expect(await read(`/products/${product.id}`)).toEqual(product);
  });

  it("REF-1: in the moment of the template's end, a product has it or is refused, and never refers to nothing", async () => {
    for (let round = 0; round < 5; round += 1) {
      const { id } = await created("/license-templates", { name: "T" });
      const product = await created("/products", { name: "P" });
      const [deleted, patched, made] = await Promise.all([
        v3("DELETE", `/license-templates/${id}`),
        patch(product.id, { licenseTemplateId: id }),
        v3("POST", "/products", { body: { name: "Q", licenseTemplateId: id } }),
      ]);
      const isGone = deleted.status === 204;
      expect([deleted.status, patched.status === 200 || made.status === 201]).toEqual([isGone ? 204 : 409, !isGone]);
      const dangling = env.DB.prepare(
        "SELECT count(*) AS n FROM products WHERE license_template_id NOT IN (SELECT id FROM license_templates)",
      );
      expect(await dangling.first("n")).toBe(0);
    }
  });
});
