/** What every part of the torture needs first: an access token and a product. */

import { Api, text } from "./api.ts";
import { ROOT_SECRET, type Runtime } from "./runtime.ts";

export interface Prepared {
  readonly token: string;
  readonly productId: string;
}

export async function prepare(runtime: Runtime): Promise<Prepared> {
  const body = { name: "torture", scopes: ["*"] };
  const root = new Api(runtime, ROOT_SECRET);
  const token = text(await root.surely({ method: "POST", path: "/v3/personal-access-tokens", body }), "token");
  const product = { name: "torture", displayName: "Torture" };
  const created = await new Api(runtime, token).surely({ method: "POST", path: "/v3/products", body: product });
  return { token, productId: text(created, "id") };
}
