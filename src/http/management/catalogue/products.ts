/** `/v3/products` (PROD-1). */

import type { Context } from "hono";
import { changeProduct, productEntityTag } from "../../../operations/catalogue/change-product.ts";
import { createOnce } from "../../../operations/create-once.ts";
import { createProduct } from "../../../operations/catalogue/create-product.ts";
import { removeProduct } from "../../../operations/catalogue/remove-product.ts";
import { productList } from "../../../registry/rows/catalogue-fields.ts";
import { listProducts, productById, type Product } from "../../../registry/rows/products.ts";
import { jsonBody } from "../../body.ts";
import { MANAGEMENT_BODY_BYTES } from "../../limits.ts";
import { validBody } from "../../validate.ts";
import { byId, holding, reading } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { answerOne, conditionalCaller } from "../resource/entity-tag-headers.ts";
import { repetitionOf } from "../resource/idempotency.ts";
import { answerFound, listQuery, validList } from "../list/paging.ts";
import { newProduct, productChange, productCreation, productPatch, productResource } from "./product-wire.ts";
import { there, uuidInPath, valueOf } from "../resource/refusals.ts";
import { Hono } from "../../hono.ts";

const body = jsonBody(MANAGEMENT_BODY_BYTES);
const query = listQuery(["createdAt", "updatedAt", "name"], { list: productList });
const one = reading("product:read", byId(productById));

export const products = new Hono<ManagementEnv>()
  .post("/", holding("product:write"), body, validBody(productCreation), async (c) => {
    const wanted = newProduct(c.req.valid("json"));
    const { deployment, caller, now } = c.var;
    const product = valueOf(
      await createOnce<Product>(deployment, await repetitionOf(c), now, (keep) =>
        createProduct(deployment, wanted, caller, now, keep),
      ),
    );
    return await answer(c, product, 201, { Location: `/v3/products/${product.id}` });
  })
  .get("/", holding("product:read"), validList("product", query), async (c) => {
    const asked = c.req.valid("query");
    const found = await listProducts(c.var.deployment.db, asked, asked.wanted, c.var.now);
    return answerFound(c, "product", asked, found, productResource);
  })
  .get("/:id", one.middleware, async (c) => {
    return await answer(c, there(one.found(c)));
  })
  .patch("/:id", holding("product:write"), body, validBody(productPatch), async (c) => {
    const id = uuidInPath(c);
    const change = productChange(c.req.valid("json"));
    const product = there(
      valueOf(await changeProduct(c.var.deployment, id, change, await conditionalCaller(c), c.var.now)),
    );
    return await answer(c, product);
  })
  .delete("/:id", holding("product:write"), async (c) => {
    const id = uuidInPath(c);
    there(valueOf(await removeProduct(c.var.deployment, id, await conditionalCaller(c), c.var.now)));
    return c.body(null, 204);
  });

async function answer(
  c: Context<ManagementEnv>,
  product: Product,
  status: 200 | 201 = 200,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return answerOne(c, "product", productResource(product), await productEntityTag(product), { status, headers });
}
